//! Folders of runs: named by the moment they begin.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use claque_store::UnixNanos;
use jiff::{Timestamp, tz::TimeZone};

use crate::RunError;

/// Makes a folder named by the time, with a suffix if another run has the name.
///
/// # Errors
/// It cannot be made.
pub fn new_folder(parent: &Path, at: UnixNanos) -> Result<PathBuf, RunError> {
    new_folder_called(parent, &folder_name(at))
}

/// Makes a folder of this name, with a suffix if it is taken.
///
/// # Errors
/// It cannot be made, or too many have the name.
pub fn new_folder_called(parent: &Path, name: &str) -> Result<PathBuf, RunError> {
    /// More runs than this do not begin in one second.
    const MOST: u32 = 1_000;
    let failed = |error| RunError::Folder {
        words: format!(
            "failed to create a folder for the run in {}; choose another --output-dir",
            parent.display()
        ),
        source: Some(error),
    };
    fs::create_dir_all(parent).map_err(failed)?;
    for number in 1..=MOST {
        let folder = parent.join(if number == 1 { name.to_owned() } else { format!("{name}-{number}") });
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let words = format!(
        "failed to name a folder for the run: {name} and {MOST} others are taken; choose another --output-dir"
    );
    Err(RunError::Folder { words, source: None })
}

/// UTC, to the second, without signs that some file systems refuse.
pub fn folder_name(at: UnixNanos) -> String {
    let moment = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_the_second_and_none_is_taken_twice() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path().join("deep/below");
        let at = UnixNanos(1_795_564_799_900_000_000);
        let names: Vec<_> = (0..3)
            .map(|_| new_folder(&parent, at).unwrap().file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["2026-11-24T23-59-59Z", "2026-11-24T23-59-59Z-2", "2026-11-24T23-59-59Z-3"]);
    }
}
