//! How many pages a PDF file has, as a reader of such files sees it: deleted pages, object streams, damaged tables of
//! contents and files that a password of their owner's protects included.

use hayro_syntax::Pdf;
use memchr::memmem;

/// The signature stands within the first bytes (annex I of older editions of ISO 32000, as readers do).
const SIGNATURE_WITHIN: usize = 1_024;
/// Bytes of object streams that may be unpacked at most, in all: a thousandfold of what a page takes, for thousands of
/// pages.
const MOST_UNPACKED: usize = 64 << 20;

/// The number of pages; none for what is no PDF, cannot be read without a password, or would unpack to more than 64 MiB
/// of objects.
///
/// It takes time that grows with the file, and nobody promises that a file made for the purpose does not make the reader
/// fall: to be called where that harms nobody.
#[must_use]
pub fn page_count(file: &[u8]) -> Option<u32> {
    let head = &file[..file.len().min(SIGNATURE_WITHIN)];
    memmem::find(head, b"%PDF-")?;
    let mut left = MOST_UNPACKED;
    for stream in object_streams(file) {
        left = left.checked_sub(unpacked_size(stream, left))?;
    }
    let pdf = Pdf::new(file.to_vec()).ok()?;
    u32::try_from(pdf.pages().len()).ok().filter(|&pages| pages > 0)
}

/// The bytes of every object stream, as they are packed (ISO 32000-2, section 7.5.7).
fn object_streams(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(file, b"/ObjStm").filter_map(|at| {
        let rest = &file[at..];
        let rest = &rest[memmem::find(rest, b"stream")? + 6..];
        // Section 7.3.8.1: the keyword is followed by CR LF or LF.
        let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
        Some(&rest[..memmem::find(rest, b"endstream").unwrap_or(rest.len())])
    })
}

/// How many bytes a stream unpacks to, one more than `most` for any that is larger.
fn unpacked_size(stream: &[u8], most: usize) -> usize {
    match miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(stream, most) {
        Ok(bytes) => bytes.len(),
        Err(broken) if broken.status == miniz_oxide::inflate::TINFLStatus::HasMoreOutput => most + 1,
        // Encrypted, or broken: the reader's affair.
        Err(broken) => broken.output.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of so many pages, whose tree is in the open.
    fn file(pages: u32) -> String {
        let kids: String = (0..pages).map(|page| format!("{} 0 R ", page + 3)).collect();
        let leaves: String = (0..pages)
            .map(|page| format!("{} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n", page + 3))
            .collect();
        format!(
            "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
             2 0 obj <</Type/Pages/Kids[{kids}]/Count {pages}>> endobj\n{leaves}\
             trailer <</Root 1 0 R/Size 99>>\n%%EOF"
        )
    }

    #[test]
    fn pages_are_counted_also_where_the_table_of_objects_is_lost() {
        assert_eq!(page_count(file(7).as_bytes()), Some(7));
    }

    #[test]
    fn a_page_that_a_later_version_of_the_file_has_deleted_is_no_page() {
        let update = "\n2 0 obj <</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>> endobj\ntrailer <</Root 1 0 R/Size 99>>\n%%EOF";
        assert_eq!(page_count((file(5) + update).as_bytes()), Some(2));
    }

    #[test]
    fn what_is_no_pdf_has_no_pages() {
        for file in [&b""[..], b"hello", b"%PDF-1.7 nothing", b"PK\x03\x04/Type /Page"] {
            assert_eq!(page_count(file), None, "{file:?}");
        }
    }

    #[test]
    fn a_small_file_that_would_fill_the_memory_is_refused() {
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; MOST_UNPACKED + 1], 6);
        let stream =
            [b"9 0 obj <</Type/ObjStm/N 1>> stream\n".as_slice(), &bomb, b"\nendstream endobj\n"].concat();
        let whole = file(2);
        let at = whole.find("trailer").unwrap();
        let file = [&whole.as_bytes()[..at], &stream, &whole.as_bytes()[at..]].concat();
        assert!(file.len() < 200_000, "{}", file.len());
        assert_eq!(page_count(&file), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall(bytes: Vec<u8>, at: prop::sample::Index, with: Vec<u8>) {
            let _any = page_count(&[b"%PDF-".as_slice(), &bytes].concat());
            let mut damaged = file(3).into_bytes();
            let at = at.index(damaged.len());
            damaged.splice(at..(at + with.len()).min(damaged.len()), with.iter().copied());
            let _any = page_count(&damaged);
        }
    }
}
