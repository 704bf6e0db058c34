//! Whether a folder holds what claque wrote into it: what its seal says, or, of an older folder without one, what its facts say.

use std::path::Path;

use claque_stats::{Distribution, DocumentsSummary, Reason, ReasonId, Summary, Validity};

use crate::{
    error::StoreError,
    files,
    seal::{Found, SUMMARY},
    verdict::SavedVerdict,
};

/// Figures that no fact has: they cannot be computed anew once they were changed.
const UNFACTUAL: [&str; 2] = ["schedule_lag", "generator_gap"];

/// Whether a folder holds what claque wrote into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Integrity {
    /// Everything is as it was written, or it is still being written.
    #[default]
    Whole,
    /// An older claque wrote it, which sealed nothing. Where it has facts, its figures are what those come to.
    Unsealed,
    /// Something is not what was written: nothing can be concluded from it.
    Changed(Changes),
}

/// Of what a file of JSON tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run of listeners.
    #[default]
    Run,
    /// One that did not keep everybody's facts.
    Sampled,
    /// A run over documents.
    Documents,
    /// A search for a capacity.
    Capacity,
    /// A search for the cheapest setting.
    Tune,
    /// A suite.
    Suite,
}

impl Kind {
    /// The kind of a run of listeners that kept these facts.
    pub(crate) const fn of_listeners(facts_kept: Option<&String>) -> Self {
        if facts_kept.is_none() { Self::Run } else { Self::Sampled }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Run | Self::Sampled | Self::Documents => files::RUN,
            Self::Capacity => files::CAPACITY,
            Self::Tune => files::TUNE,
            Self::Suite => files::SUITE,
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Run | Self::Sampled | Self::Documents => "run",
            Self::Capacity | Self::Tune => "search",
            Self::Suite => "suite",
        }
    }
}

/// What is not as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Whose file of JSON has the keys.
    kind: Kind,
    /// Of its keys, those with another value: `seed`, `summary.startup_time`.
    keys: Vec<String>,
    /// Other files that are not those which were written.
    files: Vec<String>,
    /// Files that are not there.
    gone: Vec<String>,
    /// Of a suite or a search: its runs that are other ones, or gone.
    runs: FoundRuns,
    /// Figures, in an older folder, of which the facts say something else.
    figures: Vec<String>,
}

/// What is not as it was among the runs of a suite or a search, by the names of their folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundRuns {
    /// Others lie there now.
    pub(crate) others: Vec<String>,
    /// Nothing lies there now.
    pub(crate) gone: Vec<String>,
    /// Those that were made lie there, and are not as they were written.
    pub(crate) changed: Vec<ChangedRun>,
}

/// A run of a suite or a search that was changed since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedRun {
    /// The name of its folder.
    pub(crate) folder: String,
    /// What is not as it was written.
    pub(crate) what: String,
    /// Whether nothing was changed but figures that its facts give anew.
    pub(crate) can_be_mended: bool,
}

impl StoreError {
    /// Whether what is kept is not what was written: changed, mixed up, or so that it cannot be read any more.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        let parents = [files::SUITE, files::CAPACITY, files::TUNE];
        let is_parent = |path: &Path| parents.iter().any(|name| path.ends_with(name));
        let is_json = |path: &Path| path.ends_with(files::RUN) || is_parent(path);
        let is_sealed = |path: &Path| is_json(path) || files::FACTS.iter().any(|name| path.ends_with(name));
        matches!(self, Self::Changed { .. })
            || matches!(self, Self::Damaged { path, .. } if is_sealed(path))
            || matches!(self, Self::NoFormatVersion { path } if is_json(path))
            || matches!(self, Self::OtherKind { path, .. } if is_parent(path))
    }

    /// Whether the run is whole and has not what was asked for: it is of another sort, or did not keep all facts.
    #[must_use]
    pub fn is_of_another_sort(&self) -> bool {
        matches!(self, Self::OtherKind { .. } | Self::FactsNotKept { .. }) && !self.is_changed()
    }
}

impl Integrity {
    /// What a seal found in the file `json` and beside it; none where there is no seal.
    pub(crate) fn of(found: Option<Found>, kind: Kind) -> Self {
        match found {
            None => Self::Unsealed,
            Some(found) if found == Found::default() => Self::Whole,
            Some(Found { keys, files, gone }) => {
                Self::Changed(Changes { kind, keys, files, gone, ..Changes::default() })
            }
        }
    }

    /// A suite or a search, by what a seal found in its file and what lies in the folders of its runs.
    pub(crate) fn of_parent(found: Option<Found>, runs: FoundRuns, kind: Kind) -> Self {
        match Self::of(found, kind) {
            whole @ (Self::Whole | Self::Unsealed) if runs == FoundRuns::default() => whole,
            Self::Whole | Self::Unsealed => Self::Changed(Changes { kind, runs, ..Changes::default() }),
            Self::Changed(changes) => Self::Changed(Changes { runs, ..changes }),
        }
    }

    /// An older folder of a run, by the figures of which its facts say something else.
    pub(crate) fn of_figures(figures: Vec<&'static str>, kind: Kind) -> Self {
        if figures.is_empty() {
            Self::Unsealed
        } else {
            let figures = figures.into_iter().map(str::to_owned).collect();
            Self::Changed(Changes { kind, figures, ..Changes::default() })
        }
    }

    /// A folder whose seal was taken out.
    pub(crate) fn without_its_seal(kind: Kind) -> Self {
        Self::Changed(Changes { kind, keys: vec![crate::seal::KEY.to_owned()], ..Changes::default() })
    }

    /// A search whose file says something else than its runs, of these parts of it.
    #[must_use]
    pub fn of_search(parts: Vec<String>) -> Self {
        Self::Changed(Changes { kind: Kind::Capacity, figures: parts, ..Changes::default() })
    }

    /// What is not as it was written, if anything.
    #[must_use]
    pub const fn changes(&self) -> Option<&Changes> {
        match self {
            Self::Whole | Self::Unsealed => None,
            Self::Changed(changes) => Some(changes),
        }
    }

    /// Nothing may be concluded from what was changed.
    ///
    /// # Errors
    /// Something was.
    pub fn refuse(&self, dir: &Path) -> Result<(), StoreError> {
        let changed =
            |changes: &Changes| StoreError::Changed { path: dir.to_owned(), what: changes.to_string() };
        self.changes().map_or(Ok(()), |changes| Err(changed(changes)))
    }

    /// The verdict of a run in which this was found.
    pub(crate) fn judge(&self, verdict: Option<SavedVerdict>) -> Option<SavedVerdict> {
        let Some(changes) = self.changes() else { return verdict };
        let (mut reasons, notes) = verdict.map(|saved| (saved.reasons, saved.notes)).unwrap_or_default();
        reasons.push(changes.reason());
        Some(SavedVerdict { valid: false, validity: Some(Validity::Invalid), reasons, notes })
    }
}

impl Changes {
    /// Why nothing can be concluded.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason { id: ReasonId::FactsDiffer, text: self.to_string() }
    }

    /// Whether files are gone on which the rest rests.
    #[must_use]
    pub fn has_files_gone(&self) -> bool {
        !self.gone.is_empty()
    }

    /// Whether nothing was changed but figures that the facts give anew.
    #[must_use]
    pub fn can_be_mended(&self) -> bool {
        let is_computed = |key: &String| {
            key.strip_prefix(SUMMARY)
                .and_then(|key| key.strip_prefix('.'))
                .is_some_and(|figure| !UNFACTUAL.contains(&figure))
        };
        self.kind == Kind::Run
            && self.files.is_empty()
            && self.gone.is_empty()
            && self.figures.is_empty()
            && self.keys.iter().all(is_computed)
    }

    /// Whether the file of a suite or a search is what was written and each of its runs is in its place, but some of those were changed.
    #[must_use]
    pub fn is_within_runs(&self) -> bool {
        let Self { kind: _, keys, files, gone, runs, figures } = self;
        let is_own = [keys, files, gone, figures].into_iter().any(|names| !names.is_empty());
        !is_own && runs.others.is_empty() && runs.gone.is_empty() && !runs.changed.is_empty()
    }

    /// Why nothing can be concluded from the run of a suite or a search in the folder of this name, if it was changed itself.
    #[must_use]
    pub fn reason_of_run(&self, folder: &str) -> Option<Reason> {
        let run = self.runs.changed.iter().find(|run| run.folder == folder)?;
        Some(Reason { id: ReasonId::FactsDiffer, text: format!("facts differ: {}", run.what) })
    }

    /// What is not as it was, as a clause: "run.json was changed in seed".
    pub(crate) fn what(&self) -> String {
        let Self { kind, keys, files, gone, runs, figures } = self;
        let json = kind.file();
        if !figures.is_empty() {
            return format!("{json} says something else of {} than the facts beside it do", listed(figures));
        }
        let is_or_are = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
        let mut parts = Vec::new();
        if !keys.is_empty() {
            parts.push(format!("{json} was changed in {}", listed(keys)));
        }
        if !files.is_empty() {
            let what = if files.len() == 1 { "not the file that was" } else { "not the files that were" };
            parts.push(format!("{} {} {what} written with it", listed(files), is_or_are(files)));
        }
        if !gone.is_empty() {
            parts.push(format!("{} {} gone", listed(gone), is_or_are(gone)));
        }
        parts.extend(runs.what());
        parts.join(", ")
    }

    /// Whether it is an older folder in which nobody can tell what was changed, the file or the facts.
    #[must_use]
    pub fn is_of_figures(&self) -> bool {
        !self.figures.is_empty()
    }
}

/// In words, with what can be done.
impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let again = format!("restore the folder from a copy, or make the {} again", self.kind.noun());
        let what = self.what();
        if self.is_of_figures() {
            return write!(f, "facts differ: {what}; one of them was changed or is another run's; {again}");
        }
        let remedy = if self.can_be_mended() {
            "the facts are whole, and `claque resummarise` computes that anew".to_owned()
        } else if self.is_within_runs() && self.runs.changed.iter().all(|run| run.can_be_mended) {
            "the facts of its runs are whole, and `claque resummarise` of each of these computes that anew"
                .to_owned()
        } else {
            again
        };
        write!(f, "facts differ: {what}; {remedy}")
    }
}

impl FoundRuns {
    fn what(&self) -> Vec<String> {
        let Self { others, gone, changed } = self;
        let mut parts = Vec::new();
        if !others.is_empty() {
            let what =
                if others.len() == 1 { "holds another run than was" } else { "hold other runs than were" };
            parts.push(format!("{} {what} made for it", listed(others)));
        }
        if !gone.is_empty() {
            let (runs, are) = if gone.len() == 1 { ("its run", "is") } else { ("its runs", "are") };
            parts.push(format!("{runs} {} {are} gone", listed(gone)));
        }
        if let Some(first) = changed.first() {
            let names: Vec<_> = changed.iter().map(|run| &run.folder).collect();
            let (runs, were) = if names.len() == 1 { ("its run", "was") } else { ("its runs", "were") };
            let of = if names.len() == 1 { String::new() } else { format!("of {}: ", short(&first.folder)) };
            parts.push(format!("{runs} {} {were} changed ({of}{})", listed(&names), first.what));
        }
        parts
    }
}

/// Some of many: the names come from a file, and there may be any number of them.
fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 8;
    let mut shown: Vec<_> = names.iter().take(MOST).map(|name| short(name.as_ref())).collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    let last = shown.pop().unwrap_or_default();
    if shown.is_empty() { last } else { format!("{} and {last}", shown.join(", ")) }
}

fn short(name: &str) -> String {
    const MOST_CHARS: usize = 60;
    name.chars().take(MOST_CHARS).collect()
}

/// The figures of which a file says something else than its facts. Only those are looked at whose definition is as old as the file,
/// and that both have.
pub(crate) fn differing(saved: &Summary, found: &Summary) -> Vec<&'static str> {
    let stalls = |one: &Summary| one.underruns.as_ref().map(|stalls| stalls.count);
    named([
        ("startup_time", are_other(saved.startup_time, found.startup_time)),
        ("ttfa", are_other(saved.ttfa, found.ttfa)),
        ("round_trip", are_other(saved.round_trip, found.round_trip)),
        ("stalled_time_pct", is_other(saved.stalled_time_pct, found.stalled_time_pct)),
        ("success_pct", is_other(saved.success_pct, found.success_pct)),
        ("underruns", stalls(saved).zip(stalls(found)).is_some_and(|(a, b)| a != b)),
        ("listeners", saved.listeners.started != found.listeners.started),
        ("blocks", saved.blocks.played != found.blocks.played),
    ])
}

/// The same of a run over documents.
pub(crate) fn differing_documents(saved: &DocumentsSummary, found: &DocumentsSummary) -> Vec<&'static str> {
    named([
        ("prepare_time", are_other(saved.prepare_time, found.prepare_time)),
        ("page_time", are_other(saved.page_time, found.page_time)),
        ("processing_time", are_other(saved.processing_time, found.processing_time)),
        ("success_pct", is_other(saved.success_pct, found.success_pct)),
        ("documents", saved.documents.completed != found.documents.completed),
    ])
}

fn named<const N: usize>(figures: [(&'static str, bool); N]) -> Vec<&'static str> {
    figures.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-3 + 1e-6 * a.abs()
}

fn is_other(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b).is_some_and(|(a, b)| !is_near(a, b))
}

fn are_other(a: Option<Distribution>, b: Option<Distribution>) -> bool {
    a.zip(b).is_some_and(|(a, b)| {
        a.count != b.count
            || !is_near(a.max_ms, b.max_ms)
            || !is_near(a.mean_ms, b.mean_ms)
            || is_other(a.p50_ms, b.p50_ms)
            || is_other(a.p95_ms, b.p95_ms)
    })
}
