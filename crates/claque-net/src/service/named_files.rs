//! The files of certificates that the environment names: read up to a bound, for they may be anything.

use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

/// The variable that names a file of certificates, which then stands for all that are trusted.
pub(super) const NAMED: &str = "SSL_CERT_FILE";

/// The variable that names folders of certificates.
const NAMED_FOLDERS: &str = "SSL_CERT_DIR";

/// Longest file of certificates. Those of operating systems have a quarter of a MiB.
const MOST_CERTIFICATES: u64 = 4 << 20;

/// Files of a folder that are looked at. Those of operating systems have some hundred, each twice.
const MOST_FILES: usize = 10_000;

/// The certificates that the environment names, which then stand for all that are trusted; none where it names nothing. What
/// cannot be read is left out, and told by [`problem`] where it matters.
pub(super) fn certificates() -> Option<Vec<CertificateDer<'static>>> {
    let (file, folders) = (std::env::var_os(NAMED), std::env::var_os(NAMED_FOLDERS));
    if file.is_none() && folders.is_none() {
        return None;
    }
    let mut files: Vec<_> = file.map(PathBuf::from).into_iter().collect();
    for folder in folders.iter().flat_map(std::env::split_paths) {
        // Pipes and sockets in a folder are none of those that somebody named.
        files.extend(files_of(&folder).unwrap_or_default().into_iter().filter(|file| file.is_file()));
    }
    let mut found = Vec::new();
    for file in files.iter().filter(|file| endless(file).is_none()) {
        let read = CertificateDer::pem_file_iter(file).into_iter().flatten();
        found.extend(read.map_while(Result::ok));
    }
    // A certificate lies in such folders twice, by its name and by its hash.
    found.sort_by(|a: &CertificateDer<'_>, b| a.as_ref().cmp(b.as_ref()));
    found.dedup();
    Some(found)
}

/// Why what the environment names is no help, if so.
pub(super) fn problem() -> Option<String> {
    unfit().or_else(empty)
}

/// What is in a folder, in order.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut files: Vec<_> = entries.take(MOST_FILES + 1).flatten().map(|entry| entry.path()).collect();
    if files.len() > MOST_FILES {
        return Err(format!("it has more than {MOST_FILES} files"));
    }
    files.sort();
    Ok(files)
}

/// Why what the environment names is not there to trust.
fn unfit() -> Option<String> {
    let file = || {
        let path = PathBuf::from(std::env::var_os(NAMED)?);
        let why = endless(&path).or_else(|| {
            // Opening the pipe that a shell substitutes would wait for somebody who has gone.
            let is_pipe = std::fs::metadata(&path).is_ok_and(|found| is_pipe(found.file_type()));
            if is_pipe { None } else { std::fs::File::open(&path).err().map(|error| error.to_string()) }
        })?;
        Some(format!(
            "{NAMED} names a file that is not there to trust: {} cannot be read: {why}",
            path.display()
        ))
    };
    let folders = || {
        let folders = std::env::var_os(NAMED_FOLDERS)?;
        let trouble = |path: PathBuf| match files_of(&path) {
            Ok(files) => {
                let (path, why) = files.into_iter().find_map(|file| endless(&file).map(|why| (file, why)))?;
                Some(format!("a folder with a file that is not read: {}: {why}", path.display()))
            }
            Err(why) => {
                Some(format!("a folder that is not there to trust: {} cannot be read: {why}", path.display()))
            }
        };
        let trouble = std::env::split_paths(&folders).find_map(trouble)?;
        Some(format!("{NAMED_FOLDERS} names {trouble}"))
    };
    file().or_else(folders)
}

/// Why reading a file might never end, or take all memory.
fn endless(path: &Path) -> Option<String> {
    // Of a link the kind is its own: what a shell substitutes (`<(...)`) is a pipe behind one, and is being written to.
    if std::fs::symlink_metadata(path).is_ok_and(|own| is_pipe(own.file_type())) {
        return Some("it is a pipe that nobody may ever write to".to_owned());
    }
    let found = std::fs::metadata(path).ok()?;
    if !found.is_file() && !found.is_dir() && !is_pipe(found.file_type()) {
        return Some("it is a device and no file".to_owned());
    }
    (found.len() > MOST_CERTIFICATES).then(|| format!("it is longer than {} MiB", MOST_CERTIFICATES >> 20))
}

/// That the named file holds no certificate, if so.
fn empty() -> Option<String> {
    let path = PathBuf::from(std::env::var_os(NAMED)?);
    if !path.is_file() {
        return None;
    }
    let mut found = CertificateDer::pem_file_iter(&path).ok()?;
    (!found.any(|certificate| certificate.is_ok())).then(|| {
        format!(
            "{NAMED} is set and names a file that holds no certificate, which begins with `-----BEGIN CERTIFICATE-----`: {}",
            path.display()
        )
    })
}

#[cfg(unix)]
fn is_pipe(kind: std::fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
const fn is_pipe(_kind: std::fs::FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_for_ever_is_told_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pem");
        std::fs::write(&path, "").unwrap();
        assert_eq!(endless(&path), None);
        std::fs::File::create(&path).unwrap().set_len(MOST_CERTIFICATES + 1).unwrap();
        assert_eq!(endless(&path).unwrap(), "it is longer than 4 MiB");
        if cfg!(unix) {
            assert_eq!(endless(Path::new("/dev/zero")).unwrap(), "it is a device and no file");
            let pipe = folder.path().join("pipe");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            if made.is_ok_and(|status| status.success()) {
                assert_eq!(endless(&pipe).unwrap(), "it is a pipe that nobody may ever write to");
            }
        }
    }

    #[test]
    fn a_file_of_a_folder_that_is_too_long_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long.pem");
        std::fs::File::create(&long).unwrap().set_len(MOST_CERTIFICATES + 1).unwrap();
        std::fs::write(folder.path().join("a.pem"), "none").unwrap();
        let files = files_of(folder.path()).unwrap();
        assert_eq!(files.iter().filter(|file| endless(file).is_some()).collect::<Vec<_>>(), [&long]);
        assert!(files_of(&long).is_err(), "it is no folder");
    }
}
