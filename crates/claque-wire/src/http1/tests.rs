use proptest::prelude::*;

use super::*;

/// Reads an answer that comes in pieces of `size` bytes. Gives its status, its body, what is left, and the reader.
fn read(mut bytes: &[u8], size: usize) -> Result<(u16, Vec<u8>, usize, Response), HttpError> {
    let mut response = Response::new();
    let (mut status, mut body) = (0, Vec::new());
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        let mut left = piece;
        while let Some(part) = response.next(&mut left)? {
            match part {
                Part::Head { status: said } => status = said,
                Part::Body(content) => body.extend_from_slice(content),
                Part::End => return Ok((status, body, left.len() + rest.len(), response)),
            }
        }
        bytes = rest;
    }
    response.end()?;
    Ok((status, body, 0, response))
}

/// The same, in pieces of every size.
fn read_all_ways(bytes: &[u8]) -> Result<(u16, Vec<u8>, usize, bool), HttpError> {
    let mut known = None;
    for size in 1..=bytes.len() {
        let read = read(bytes, size)
            .map(|(status, body, left, response)| (status, body, left, response.keeps_alive()));
        assert_eq!(*known.get_or_insert_with(|| read.clone()), read, "in pieces of {size} bytes");
    }
    known.expect("the answer is not empty")
}

#[test]
fn a_request_is_written_as_rfc_9112_has_it() {
    let mut out = Vec::new();
    write_get("/a?b=c", "tts.example:8000", &[("authorization", "Bearer x")], &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "GET /a?b=c HTTP/1.1\r\nhost: tts.example:8000\r\nauthorization: Bearer x\r\n\r\n");
}

#[test]
fn a_request_with_a_body_tells_its_length() {
    let mut out = Vec::new();
    write_post("/a", "tts.example", &[("accept", "*/*")], b"{}", &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "POST /a HTTP/1.1\r\nhost: tts.example\r\naccept: */*\r\ncontent-length: 2\r\n\r\n{}");
}

#[test]
fn fields_that_are_wanted_are_kept_and_no_others() {
    let mut response = Response::with_fields(&["content-type", "retry-after"]);
    let mut bytes: &[u8] =
        b"HTTP/1.1 429 no\r\nContent-Type:  a/b;c \r\nx: y\r\ncontent-type: second\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(response.next(&mut bytes), Ok(Some(Part::Head { status: 429 })));
    let kept = ["content-type", "retry-after", "x"].map(|name| response.field(name));
    assert_eq!(kept, [Some("a/b;c"), None, None]);
}

#[test]
fn a_body_of_known_length_ends_there_and_leaves_the_rest_alone() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1";
    assert_eq!(read_all_ways(answer), Ok((200, b"hello".to_vec(), 8, true)));
    assert_eq!(read_all_ways(b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"), Ok((404, vec![], 0, true)));
}

#[test]
fn chunks_are_joined_and_extensions_and_trailers_passed_over() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\
        4\r\nWiki\r\n5;name=value\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nexpires: never\r\n\r\nnext";
    assert_eq!(read_all_ways(answer), Ok((200, b"Wikipedia in\r\n\r\nchunks.".to_vec(), 4, true)));
}

/// Reads the body of a chunked answer that comes in pieces of `size` bytes, small chunks the short way. Gives whether it is whole.
fn read_small_chunks(mut bytes: &[u8], size: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let (mut response, mut body) = (Response::new(), Vec::new());
    while !bytes.is_empty() {
        let (mut piece, rest) = bytes.split_at(size.min(bytes.len()));
        while let Some(part) = response.next(&mut piece)? {
            if let Part::Body(content) = part {
                body.extend_from_slice(content);
                response.take_small_chunks(&mut piece, &mut body);
            }
        }
        bytes = rest;
    }
    Ok((body, response.is_over()))
}

proptest! {
    #[test]
    fn small_chunks_are_read_the_short_way_as_the_long_way(
        sizes in proptest::collection::vec(1_usize..20, 1..60),
        odd in proptest::option::of((0_usize..60, 0_usize..3)),
        piece in 1_usize..600,
    ) {
        let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        let mut content = Vec::new();
        for (number, size) in sizes.iter().enumerate() {
            // Content that looks like framing is content.
            let chunk: Vec<u8> = b"\r\n1\r\n0\r\n\r\n".iter().copied().cycle().skip(number).take(*size).collect();
            let end = match odd {
                Some((at, kind)) if at == number => ["\r\n;x", "x", "\n"][kind],
                _ => "\r\n",
            };
            answer.extend(format!("{size:x}\r\n").into_bytes());
            answer.extend(&chunk);
            answer.extend(end.as_bytes());
            content.extend(chunk);
        }
        answer.extend(b"0\r\n\r\n");
        let short = read_small_chunks(&answer, piece);
        let long = read(&answer, piece).map(|(_, body, _, response)| (body, response.is_over()));
        prop_assert_eq!(&short, &long);
        if odd.is_none_or(|(at, _)| at >= sizes.len()) {
            prop_assert_eq!(short, Ok((content, true)));
        }
    }
}

#[test]
fn a_body_without_a_length_lasts_until_the_connection_ends() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\nwhatever comes";
    assert_eq!(read_all_ways(answer), Ok((200, b"whatever comes".to_vec(), 0, false)));
}

#[test]
fn some_answers_have_no_body_and_some_are_only_on_the_way_to_one() {
    assert_eq!(read_all_ways(b"HTTP/1.1 204 no\r\n\r\nHTTP"), Ok((204, vec![], 4, true)));
    let late = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na";
    assert_eq!(read_all_ways(late), Ok((200, b"a".to_vec(), 0, true)));
}

#[test]
fn a_connection_lives_on_as_its_version_and_its_server_say() {
    for (head, alive) in [
        ("HTTP/1.1 200 OK\r\n", true),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n", false),
        ("HTTP/1.0 200 OK\r\n", false),
        ("HTTP/1.0 200 OK\r\nconnection: foo, Keep-Alive\r\n", true),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\nconnection: keep-alive\r\n", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n", false),
    ] {
        let answer = format!("{head}content-length: 0\r\n\r\n0\r\n\r\n");
        let (_, _, _, response) = read(answer.as_bytes(), 1_000).unwrap();
        assert_eq!(response.keeps_alive(), alive, "{head}");
    }
}

#[test]
fn what_is_no_answer_is_an_error_with_its_place() {
    let of = |answer: &str| read_all_ways(answer.as_bytes()).unwrap_err();
    let ok = "HTTP/1.1 200 OK\r\n";
    assert!(matches!(of("SSH-2.0-OpenSSH\r\n\r\n"), HttpError::NotHttp(_)));
    assert_eq!(of("HTTP/1.1 101 Switch\r\n\r\n"), HttpError::Switched);
    assert_eq!(of(&format!("{ok}content-length: -1\r\n\r\n")), HttpError::Length("-1".to_owned()));
    assert_eq!(of(&format!("{ok}content-length: 4, 5\r\n\r\n")), HttpError::Length("4, 5".to_owned()));
    let encoding = HttpError::Encoding("gzip, chunked".to_owned());
    assert_eq!(of(&format!("{ok}transfer-encoding: gzip, chunked\r\n\r\n")), encoding);
    let in_two = format!("{ok}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n");
    assert_eq!(of(&in_two), HttpError::Encoding("gzip, chunked".to_owned()));
    let chunked = format!("{ok}transfer-encoding: chunked\r\n\r\n");
    assert_eq!(of(&format!("{chunked}xyz\r\n")), HttpError::Chunk("xyz".to_owned()));
    assert_eq!(of(&format!("{chunked}1\r\nab\r\n")), HttpError::Chunk("b".to_owned()));
    assert_eq!(
        of(&format!("{chunked}fffffffffffffffff\r\n")),
        HttpError::Chunk("fffffffffffffffff".to_owned())
    );
    assert_eq!(of(&format!("{ok}content-length: 9\r\n\r\nhello")), HttpError::CutShort);
    assert_eq!(of(&format!("{chunked}5\r\nhello\r\n")), HttpError::CutShort);
    assert_eq!(of("HTTP/1.1 200"), HttpError::CutShort);
    let long = format!("{ok}a: {}\r\n\r\n", "b".repeat(MAX_HEAD));
    assert_eq!(read(long.as_bytes(), 1_000).map(drop).unwrap_err(), HttpError::HeadTooLong);
}

#[test]
fn chunks_of_a_version_that_knows_none_are_read_and_end_the_connection() {
    let answer = b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(read_all_ways(answer), Ok((200, vec![], 0, false)));
}

#[test]
fn the_same_length_twice_is_one_length() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\ncontent-length: 2\r\n\r\nab";
    assert_eq!(read_all_ways(answer), Ok((200, b"ab".to_vec(), 0, true)));
}

#[test]
fn a_request_may_be_sent_again_only_before_an_answer_has_begun() {
    let mut response = Response::new();
    assert!(!response.has_begun());
    assert_eq!(response.next(&mut b"H".as_slice()), Ok(None));
    assert!(response.has_begun());
}

proptest! {
    #[test]
    fn any_chunks_in_any_pieces_are_the_body(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
        size in 1_usize..50,
    ) {
        let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for chunk in &chunks {
            answer.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            answer.extend_from_slice(chunk);
            answer.extend_from_slice(b"\r\n");
        }
        answer.extend_from_slice(b"0\r\n\r\n");
        let (_, body, left, _) = read(&answer, size).unwrap();
        prop_assert_eq!((body, left), (chunks.concat(), 0));
    }

    #[test]
    fn any_bytes_come_to_an_end(
        head in prop::sample::select(vec![
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        size in 1_usize..50,
    ) {
        let whole = [head.as_bytes(), &bytes].concat();
        let by_pieces = read(&whole, size).map(|(status, body, left, _)| (status, body, left));
        let at_once = read(&whole, whole.len().max(1)).map(|(status, body, left, _)| (status, body, left));
        prop_assert_eq!(by_pieces.is_ok(), at_once.is_ok());
    }
}
