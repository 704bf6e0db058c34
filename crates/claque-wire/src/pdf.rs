//! How many pages a PDF file has (ISO 32000-2), without understanding the rest of it.
//!
//! The nodes of the page tree say `/Type /Pages` and `/Count`; the root's count is the largest. They lie in the open or
//! in compressed object streams (section 7.5.7). Files that are encrypted that way are not understood.

use memchr::memmem;

/// The signature stands within the first bytes (annex I of older editions, as readers do).
const SIGNATURE_WITHIN: usize = 1_024;
/// Bytes of object streams that are unpacked at most, in all.
const MOST_UNPACKED: usize = 64 << 20;
/// How far around its type a dictionary is looked for.
const MOST_DICTIONARY: usize = 1 << 20;

/// The number of pages; none for what is no PDF or hides its page tree.
#[must_use]
pub fn page_count(file: &[u8]) -> Option<u32> {
    let head = &file[..file.len().min(SIGNATURE_WITHIN)];
    memmem::find(head, b"%PDF-")?;
    let open = Tally::of(file);
    open.pages().or_else(|| {
        let mut packed = Tally::default();
        let mut left = MOST_UNPACKED;
        for stream in object_streams(file) {
            let unpacked = unpack(stream, left);
            left = left.saturating_sub(unpacked.len());
            packed.add(&Tally::of(&unpacked));
        }
        packed.pages()
    })
}

/// What a piece of a file says of pages.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// The largest count of a node of the page tree.
    count: Option<u32>,
    /// Pages themselves.
    leaves: u32,
}

impl Tally {
    fn of(bytes: &[u8]) -> Self {
        let mut tally = Self::default();
        for at in memmem::find_iter(bytes, b"/Type") {
            let value = bytes[at + 5..].trim_ascii_start();
            if let Some(rest) = value.strip_prefix(b"/Pages")
                && ends_name(rest)
            {
                tally.count = tally.count.max(count_near(bytes, at));
            } else if let Some(rest) = value.strip_prefix(b"/Page")
                && ends_name(rest)
            {
                tally.leaves = tally.leaves.saturating_add(1);
            }
        }
        tally
    }

    fn add(&mut self, other: &Self) {
        self.count = self.count.max(other.count);
        self.leaves = self.leaves.saturating_add(other.leaves);
    }

    fn pages(self) -> Option<u32> {
        self.count.or((self.leaves > 0).then_some(self.leaves))
    }
}

/// A name ends at white space or a delimiter (section 7.2.3).
fn ends_name(rest: &[u8]) -> bool {
    rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(byte))
}

/// `/Count` of the dictionary in which `at` lies.
fn count_near(bytes: &[u8], at: usize) -> Option<u32> {
    let start = before(bytes, at);
    let end = after(bytes, at);
    memmem::find_iter(&bytes[start..end], b"/Count").find_map(|found| {
        let digits = bytes[start + found + 6..end].trim_ascii_start();
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        core::str::from_utf8(&digits[..length]).ok()?.parse().ok()
    })
}

/// Where the dictionary around `at` begins.
fn before(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_u32;
    let first = at.saturating_sub(MOST_DICTIONARY);
    let mut place = at;
    while place >= first + 2 {
        match &bytes[place - 2..place] {
            b"<<" if depth == 0 => return place,
            b"<<" => {
                depth -= 1;
                place -= 2;
            }
            b">>" => {
                depth += 1;
                place -= 2;
            }
            _ => place -= 1,
        }
    }
    first
}

/// Where it ends.
fn after(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_u32;
    let last = bytes.len().min(at + MOST_DICTIONARY);
    let mut place = at;
    while place + 2 <= last {
        match &bytes[place..place + 2] {
            b">>" if depth == 0 => return place,
            b">>" => {
                depth -= 1;
                place += 2;
            }
            b"<<" => {
                depth += 1;
                place += 2;
            }
            _ => place += 1,
        }
    }
    last
}

/// The bytes of every object stream, as they are packed.
fn object_streams(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(file, b"/ObjStm").filter_map(|at| {
        let rest = &file[at..];
        let rest = &rest[memmem::find(rest, b"stream")? + 6..];
        // Section 7.3.8.1: the keyword is followed by CR LF or LF.
        let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
        Some(&rest[..memmem::find(rest, b"endstream").unwrap_or(rest.len())])
    })
}

/// What is in a stream, as far as it can be unpacked and is wanted.
fn unpack(stream: &[u8], most: usize) -> Vec<u8> {
    match miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(stream, most) {
        Ok(bytes) => bytes,
        Err(broken) => broken.output,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(objects: &str) -> Vec<u8> {
        let stream = miniz_oxide::deflate::compress_to_vec_zlib(objects.as_bytes(), 6);
        [b"%PDF-1.5\n4 0 obj <</Type/ObjStm/N 2>> stream\r\n".as_slice(), &stream, b"\nendstream endobj"]
            .concat()
    }

    #[test]
    fn the_root_of_the_page_tree_has_the_count() {
        let file =
            b"%PDF-1.7\n1 0 obj <</Type /Pages /Kids [2 0 R] /Resources <</A <<>> >> /Count 7>> endobj\n\
            2 0 obj <</Count 3 /Kids [] /Type/Pages/Parent 1 0 R>> endobj\n\
            3 0 obj <</Type /Outlines /Count 99>> endobj\n4 0 obj <</Type /Page /Parent 2 0 R>> endobj";
        assert_eq!(page_count(file), Some(7));
    }

    #[test]
    fn pages_are_counted_where_nothing_else_says() {
        let file = b"%PDF-1.4\n<</Type/Page>> <</Type /Page/A 1>> <</Type/PageLabel>> <</Type/Pages>>";
        assert_eq!(page_count(file), Some(2));
    }

    #[test]
    fn packed_objects_are_looked_into() {
        assert_eq!(page_count(&packed("1 0 2 9 <</Type/Pages/Count 12>><</Type/Page>>")), Some(12));
    }

    #[test]
    fn what_is_no_pdf_has_no_pages() {
        for file in [&b""[..], b"hello", b"%PDF-1.7 nothing", b"PK\x03\x04/Type /Page"] {
            assert_eq!(page_count(file), None, "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall(bytes: Vec<u8>, text in "[<>/a 0-9]{0,40}(/Type/Pages|/Count 3|/ObjStm stream\n){0,4}[<>]{0,8}") {
            let _any = page_count(&[b"%PDF-".as_slice(), &bytes].concat());
            let _any = page_count(format!("%PDF-{text}").as_bytes());
            let _any = page_count(&packed(&text));
        }
    }
}
