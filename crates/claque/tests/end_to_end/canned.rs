//! A server that gives fixed answers, right or wrong, to whatever is asked.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// Documents made so far, by whichever server.
static MADE: AtomicU64 = AtomicU64::new(1);

/// What to answer to requests whose line begins with a text: status line, body. The first that fits counts.
pub(crate) type Answers = &'static [(&'static str, &'static str, &'static str)];

/// Answers that let a run come as far as its WebSockets: one model, and documents of ten blocks.
pub(crate) const MODELS: (&str, &str, &str) = (
    "GET /api/v1/models",
    "200 OK",
    r#"[{"id":1,"slug":"kokoro","name":"Kokoro","voices":[{"id":1,"slug":"af_heart","name":"Heart","lang":"en-us"}]}]"#,
);
pub(crate) const CREATED: (&str, &str, &str) = (
    "POST /api/v1/documents/text",
    "201 Created",
    r#"{"id":"9db4c472-317f-4463-b939-NEW","title":"t","failed_pages":[]}"#,
);
pub(crate) const BLOCKS: (&str, &str, &str) =
    ("GET /api/v1/documents/", "200 OK", r#"[{"idx":0,"text":"One."},{"idx":1,"text":"Two."}]"#);
pub(crate) const DELETED: (&str, &str, &str) = ("DELETE /api/v1/documents/", "204 No Content", "");

/// In place of a status: no answer at all, on an open connection.
pub(crate) const NEVER: &str = "never";

/// Serves until the process ends. Gives the address.
pub(crate) fn serve(answers: Answers) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(&stream, answers));
        }
    });
    address
}

fn converse(stream: &TcpStream, answers: Answers) {
    let mut reader = BufReader::new(stream);
    while let Some(line) = read_request(&mut reader) {
        let fits = answers.iter().find(|(start, ..)| line.starts_with(start));
        let (status, body) =
            fits.map_or(("404 Not Found", r#"{"detail":"Not Found"}"#), |&(_, status, body)| (status, body));
        if status == NEVER {
            continue;
        }
        // No two documents have one id.
        let body = body.replace("NEW", &format!("{:012x}", MADE.fetch_add(1, Ordering::Relaxed)));
        let length = body.len();
        let mut to = stream;
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if to.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The request line, once head and body are read.
pub(crate) fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    Some(read_whole_request(reader)?.0)
}

/// The request line and the body.
pub(crate) fn read_whole_request(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, body))
}
