//! Services at which this user's own runs have made documents.
//!
//! A journal may lie in a folder that others write to, and its first line names a host. Credentials are sent there only if
//! this list has it, which lies where nobody else can write.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{error::StoreError, files};

/// Name of the list.
const FILE: &str = "services";
/// Services that are remembered at most.
const MOST: usize = 10_000;

/// The list, in a folder of the user's own.
#[derive(Clone, Debug)]
pub struct KnownServices {
    dir: PathBuf,
}

impl KnownServices {
    /// The list in `dir`, which need not exist.
    #[must_use]
    pub const fn in_dir(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Remembers the address of a service for ever. The folder is made so that nobody else can write there.
    ///
    /// # Errors
    /// The folder or the list cannot be written, or others can write there.
    pub fn remember(&self, target: &str) -> Result<(), StoreError> {
        make_private(&self.dir).map_err(|source| StoreError::io("create", &self.dir, source))?;
        let known = self.read()?;
        if known.iter().any(|line| line == target) || known.len() >= MOST || target.contains(['\n', '\r']) {
            return Ok(());
        }
        let path = self.path();
        let mut options = fs::File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|source| StoreError::io("open", &path, source))?;
        file.write_all(format!("{target}\n").as_bytes())
            .map_err(|source| StoreError::io("write", &path, source))
    }

    /// Whether a service is remembered. A list that others can write says nothing.
    #[must_use]
    pub fn knows(&self, target: &str) -> bool {
        self.read().is_ok_and(|known| known.iter().any(|line| line == target))
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    fn read(&self) -> Result<Vec<String>, StoreError> {
        let path = self.path();
        match fs::symlink_metadata(&path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::io("open", &path, source)),
            Ok(found) if !found.is_file() => {
                return Err(StoreError::io("open", &path, io::Error::other("it is no file")));
            }
            Ok(_) => {}
        }
        for place in [&self.dir, &path] {
            check_private(place).map_err(|source| StoreError::io("trust", place, source))?;
        }
        let bytes = files::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
        Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Refuses what another user owns or can write. Whose we are is seen by the owner of a file that we make.
#[cfg(unix)]
fn check_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    /// Rights of the group and of everybody to write.
    const OTHERS_WRITE: u32 = 0o022;
    let found = fs::metadata(path)?;
    let ours = tempfile::tempfile()?.metadata()?.uid();
    if found.uid() != ours || found.mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::other("another user owns it or can write to it"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

/// The folder lies below the user's own, which the system keeps from others.
#[cfg(not(unix))]
fn check_private(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_remembered_once_and_no_other_is_known() {
        let home = tempfile::tempdir().unwrap();
        let known = KnownServices::in_dir(home.path().join("state/claque"));
        assert!(!known.knows("http://tts.example"));
        known.remember("http://tts.example").unwrap();
        known.remember("http://tts.example").unwrap();
        known.remember("http://evil.example\nhttp://other.example").unwrap();
        assert!(known.knows("http://tts.example") && !known.knows("http://other.example"));
        assert_eq!(fs::read_to_string(known.path()).unwrap(), "http://tts.example\n");
    }

    #[test]
    #[cfg(unix)]
    fn a_list_that_others_can_write_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;

        let home = tempfile::tempdir().unwrap();
        let known = KnownServices::in_dir(home.path().join("claque"));
        known.remember("http://tts.example").unwrap();
        for (place, open, shut) in [(known.path(), 0o666, 0o600), (known.dir.clone(), 0o777, 0o700)] {
            fs::set_permissions(&place, fs::Permissions::from_mode(open)).unwrap();
            assert!(!known.knows("http://tts.example"), "{}", place.display());
            assert!(known.remember("http://other.example").is_err());
            fs::set_permissions(&place, fs::Permissions::from_mode(shut)).unwrap();
        }
        assert!(known.knows("http://tts.example"));
        let list = known.path();
        fs::rename(&list, home.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(home.path().join("elsewhere"), &list).unwrap();
        assert!(!known.knows("http://tts.example"), "a link leads anywhere");
    }
}
