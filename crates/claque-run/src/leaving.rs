//! What is said when a run is asked to stop, and when it is left at once: only what is so at that moment.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
};

use crate::{
    interrupts::Interrupts,
    watcher::{News, Watcher},
};

/// How far a run has come, as far as stopping it is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunPhase {
    /// Nothing is made, and nothing would be saved.
    #[default]
    Nothing,
    /// Things are made for it; a run that has not begun is not saved.
    Preparing,
    /// It is measured, and would be saved.
    Measuring,
    /// It is saved. What is left is to clear away.
    Clearing,
}

/// The course of a run.
#[derive(Debug, Default)]
pub(crate) struct RunCourse {
    reached: Cell<RunPhase>,
    folder: RefCell<PathBuf>,
}

/// What a stop has to see to on the service besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CleanupKind {
    /// Nothing: nothing is there, all of it stays on purpose, or it ends with this process.
    Nothing,
    /// Documents are deleted.
    Documents,
    /// Extractions are called off, and their documents deleted.
    Extractions,
}

impl RunCourse {
    /// Things are made for the run of this folder.
    pub(crate) fn prepare(&self, folder: &Path) {
        folder.clone_into(&mut self.folder.borrow_mut());
        self.reached.set(RunPhase::Preparing);
    }

    /// It goes on from here.
    pub(crate) fn reach(&self, reached: RunPhase) {
        self.reached.set(reached);
    }

    /// What to say to the first wish to stop.
    pub(crate) fn stopping(&self, clears: CleanupKind) -> String {
        let clearing = match clears {
            CleanupKind::Nothing => None,
            CleanupKind::Documents => Some("deleting its documents"),
            CleanupKind::Extractions => Some("calling its extractions off and deleting its documents"),
        };
        let does = match (self.reached.get(), clearing) {
            (RunPhase::Nothing, _) => "nothing was made yet, and nothing is saved".to_owned(),
            (RunPhase::Preparing, None) => "the run has not begun, and is not saved".to_owned(),
            (RunPhase::Preparing, Some(clearing)) => {
                format!("{clearing}; the run has not begun, and is not saved")
            }
            (RunPhase::Measuring, None) => "saving the run".to_owned(),
            (RunPhase::Measuring, Some(clearing)) => format!("saving the run, and {clearing}"),
            (RunPhase::Clearing, None) => "the run is saved".to_owned(),
            (RunPhase::Clearing, Some(clearing)) => format!("the run is saved; {clearing}"),
        };
        format!("stopping: {does}; once more to leave at once")
    }

    /// What to say when it was left at once, and `left` stays on the service.
    pub(crate) fn left(&self, left: &[String]) -> Vec<String> {
        let folder = self.folder.borrow();
        let folder = folder.display();
        let what = match self.reached.get() {
            RunPhase::Nothing => "nothing was made, and nothing is saved".to_owned(),
            RunPhase::Preparing => format!("{folder} stays as a partial run, which had not begun"),
            RunPhase::Measuring => format!("{folder} stays readable as a partial run"),
            RunPhase::Clearing => format!("the run is saved in {folder}"),
        };
        let advice = if left.is_empty() {
            String::new()
        } else {
            format!("; `claque cleanup {folder}` deletes what is left behind")
        };
        let lines = left.iter().map(|what| format!("left behind on the service: {what}"));
        lines.chain([format!("left at once: {what}{advice}")]).collect()
    }
}

/// Waits for the second interrupt, and says after the first what comes of it, and that there can be a second.
pub(crate) async fn twice(interrupts: &Interrupts, watcher: &dyn Watcher, stopping: impl Fn() -> String) {
    interrupts.reached(1).await;
    watcher.say(&stopping());
    watcher.on_news(News::Stopping);
    interrupts.reached(2).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_to_be_saved_deleted_or_left_that_is_not() {
        let course = RunCourse::default();
        let again = "; once more to leave at once";
        let says =
            |clears, words: &str| assert_eq!(course.stopping(clears), format!("stopping: {words}{again}"));
        says(CleanupKind::Nothing, "nothing was made yet, and nothing is saved");
        assert_eq!(course.left(&[]), ["left at once: nothing was made, and nothing is saved"]);
        course.prepare(Path::new("results/one"));
        says(CleanupKind::Nothing, "the run has not begun, and is not saved");
        says(CleanupKind::Documents, "deleting its documents; the run has not begun, and is not saved");
        course.reach(RunPhase::Measuring);
        says(CleanupKind::Nothing, "saving the run");
        says(CleanupKind::Documents, "saving the run, and deleting its documents");
        assert_eq!(course.left(&[]), ["left at once: results/one stays readable as a partial run"]);
        course.reach(RunPhase::Clearing);
        says(CleanupKind::Documents, "the run is saved; deleting its documents");
        assert_eq!(
            course.left(&["document a".to_owned()]),
            [
                "left behind on the service: document a",
                "left at once: the run is saved in results/one; `claque cleanup results/one` deletes what is left behind"
            ]
        );
    }
}
