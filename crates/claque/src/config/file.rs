//! Files that a user names, read whole and up to a bound: what was typed may be a folder, a device or the wrong file.

use std::{fs, io::Read as _, path::Path};

/// Longest files of settings: scenarios, suites, behaviours and env files.
pub(crate) const MOST_SETTINGS: u64 = 4 << 20;
/// Longest list of accounts.
pub(crate) const MOST_ACCOUNTS: u64 = 64 << 20;
/// Longest text to listen to: a hundred thick books.
pub(crate) const MOST_TEXT: u64 = 64 << 20;
/// Longest document to be extracted.
pub(crate) const MOST_PDF: u64 = 256 << 20;

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// Why it cannot be read, as a sentence's end: "it is a folder".
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    // Of a link the kind is its own: what a shell substitutes (`<(...)`) is a pipe behind one, and is being written to.
    let kind = fs::symlink_metadata(path).map_err(|error| error.to_string())?.file_type();
    if is_pipe(kind) {
        return Err("it is a pipe that nobody may ever write to".to_owned());
    }
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(format!("it is longer than {} MiB", most >> 20));
    }
    Ok(bytes)
}

/// As [`read`], as text. A mark of byte order in front, as some editors write it, is none of the text.
///
/// # Errors
/// As [`read`], and where it is no UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<String, String> {
    let text = String::from_utf8(read(path, most)?).map_err(|error| {
        format!("it is no UTF-8 after {} bytes; save it as UTF-8", error.utf8_error().valid_up_to())
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(unix)]
fn is_pipe(kind: fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
const fn is_pipe(_kind: fs::FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_of_that_length_is_told_and_never_read_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "\u{feff}text").unwrap();
        assert_eq!(read_text(&path, 7).unwrap(), "text");
        assert_eq!(read_text(&path, 6).unwrap_err(), "it is longer than 0 MiB");
        assert_eq!(read_text(folder.path(), 9).unwrap_err(), "it is a folder");
        fs::write(&path, b"ab\xff").unwrap();
        assert_eq!(read_text(&path, 9).unwrap_err(), "it is no UTF-8 after 2 bytes; save it as UTF-8");
        assert!(read_text(&folder.path().join("none"), 9).is_err());
        if cfg!(unix) {
            assert_eq!(read_text(Path::new("/dev/zero"), 1 << 20).unwrap_err(), "it is longer than 1 MiB");
            let pipe = folder.path().join("pipe");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            if made.is_ok_and(|status| status.success()) {
                assert!(read(&pipe, 9).unwrap_err().contains("pipe"));
            }
        }
    }
}
