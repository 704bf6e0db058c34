//! From wishes to documents that are to be extracted.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use claque_core::{
    extraction::{AiTransform, PollPolicy},
    time::Duration,
};
use claque_run::order::{DocumentsPlan, Origin, PaperShape};
use claque_stats::CacheUse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    UsageError, audience, file,
    groups::Group,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::DocumentFlags;

/// The original requirement's document: as long as a book.
const PAGES: i64 = 300;
/// Longest times, in seconds: a day.
const DAY: f64 = 86_400.0;
/// Longer than any wait that a limit on extractions was seen to cause, in seconds.
const TIMEOUT: f64 = 300.0;

/// What was said about documents that are to be extracted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExtractionWishes {
    documents: DocumentTable,
}

/// The `[documents]` table of a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DocumentTable {
    pages: Option<Wish<i64>>,
    concurrent: Option<Wish<i64>>,
    figures_per_page: Option<Wish<i64>>,
    pdf: Option<Wish<Vec<PathBuf>>>,
    use_cached: Option<Wish<bool>>,
    ai_transform: Option<Wish<bool>>,
    poll: Option<Wish<String>>,
}

impl Group for ExtractionWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        for path in self.documents.pdf.iter_mut().flat_map(|wish| &mut wish.value) {
            *path = beside(path);
        }
    }
}

impl Wishes {
    pub(crate) fn lay_documents(&mut self, flags: DocumentFlags) {
        let wishes = &mut self.extraction.documents;
        over(&mut wishes.pages, flags.pages);
        over(&mut wishes.concurrent, flags.concurrent);
        over(&mut wishes.figures_per_page, flags.figures_per_page);
        over(&mut wishes.pdf, (!flags.pdf.is_empty()).then_some(flags.pdf));
        over(&mut wishes.use_cached, flags.use_cached);
        over(
            &mut wishes.ai_transform,
            (flags.ai_transform || flags.no_ai_transform).then_some(flags.ai_transform),
        );
        over(&mut wishes.poll, flags.poll);
        over(&mut self.audience.seed, flags.seed);
        over(&mut self.audience.timeout, flags.timeout);
    }
}

/// Decides on documents.
///
/// # Errors
/// A number is out of range, a file cannot be read or is no PDF, or settings contradict each other.
pub(super) fn plan(wishes: &Wishes, source: &Source) -> Result<DocumentsPlan, UsageError> {
    let own = &wishes.extraction.documents;
    let origin = origin(own, source)?;
    let files = match &origin {
        Origin::Made(_) => 1,
        Origin::Files(files) => i64::try_from(files.len()).unwrap_or(i64::MAX),
    };
    let concurrent = source.within(own.concurrent.as_ref(), "concurrent", 1..=10_000, files)?;
    if let Some(wish) = own.concurrent.as_ref().filter(|_| concurrent < files) {
        let what =
            format!("is {concurrent}, but {files} files are given; give at least as many, or fewer files");
        return Err(source.error(wish, "concurrent", what));
    }
    let timeout = source.within(wishes.audience.timeout.as_ref(), "timeout", 0.001..=DAY, TIMEOUT)?;
    Ok(DocumentsPlan {
        concurrent: number(concurrent),
        origin,
        cache: if is_on(own.use_cached.as_ref()) { CacheUse::Allowed } else { CacheUse::Avoided },
        ai_transform: if is_on(own.ai_transform.as_ref()) { AiTransform::On } else { AiTransform::Off },
        poll: poll(own.poll.as_ref(), source)?,
        patience: Duration::from_secs_f64(timeout),
        seed: audience::seed(wishes),
    })
}

/// What was decided, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, plan: &DocumentsPlan) -> Map<String, Value> {
    let PollPolicy { first, longest, .. } = plan.poll;
    let mut documents = json!({
        "concurrent": plan.concurrent,
        "use_cached": plan.cache == CacheUse::Allowed,
        "ai_transform": plan.ai_transform.as_bool(),
        "poll": format!("{}..{}", first.as_secs_f64(), longest.as_secs_f64()),
    });
    match &plan.origin {
        Origin::Made(shape) => {
            documents["pages"] = shape.pages.into();
            documents["figures_per_page"] = shape.figures_per_page.into();
        }
        Origin::Files(files) => documents["pdf"] = files.iter().map(|(name, _)| name.as_str()).collect(),
    }
    let mut scenario = Map::new();
    scenario.insert("documents".to_owned(), documents);
    scenario.insert("seed".to_owned(), audience::seed_number(wishes).into());
    scenario.insert("timeout".to_owned(), plan.patience.as_secs_f64().into());
    scenario
}

fn origin(own: &DocumentTable, source: &Source) -> Result<Origin, UsageError> {
    let most_figures = i64::from(PaperShape::MOST_FIGURES);
    let Some(files) = &own.pdf else {
        let pages = source.within(own.pages.as_ref(), "pages", 1..=10_000, PAGES)?;
        let figures =
            source.within(own.figures_per_page.as_ref(), "figures_per_page", 0..=most_figures, 1)?;
        let (pages, figures_per_page) = (number(pages), number(figures));
        return Ok(Origin::Made(PaperShape { pages, figures_per_page }));
    };
    for (key, wish) in [("pages", &own.pages), ("figures_per_page", &own.figures_per_page)] {
        if let Some(wish) = wish {
            let pdf = source.name(files.place, "pdf");
            let what = format!("is about made documents, and {pdf} names files; leave one of them out");
            return Err(source.error(wish, key, what));
        }
    }
    if files.value.is_empty() {
        return Err(source.error(files, "pdf", "names no file; give one, or take it out"));
    }
    files.value.iter().map(|path| read(path, files, source)).collect::<Result<_, _>>().map(Origin::Files)
}

fn read(path: &Path, wish: &Wish<Vec<PathBuf>>, source: &Source) -> Result<(String, Bytes), UsageError> {
    let shown = path.display();
    let content = file::read(path, file::MOST_PDF).map_err(|error| {
        source.error(wish, "pdf", format!("names {shown}, which cannot be read: {error}; check the path"))
    })?;
    // Readers look for the signature within the first 1024 bytes.
    let head = &content[..content.len().min(1_024)];
    if !head.windows(5).any(|bytes| bytes == b"%PDF-") {
        return Err(source.error(wish, "pdf", format!("names {shown}, which is no PDF; give one")));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, content.into()))
}

fn poll(wish: Option<&Wish<String>>, source: &Source) -> Result<PollPolicy, UsageError> {
    let Some(wish) = wish else { return Ok(PollPolicy::STRESS_SCRIPT) };
    let seconds = |text: &str| {
        let number = text.trim().parse::<f64>().ok()?;
        (0.01..=DAY).contains(&number).then(|| Duration::from_secs_f64(number))
    };
    let (first, last) = wish.value.split_once("..").unwrap_or((&wish.value, &wish.value));
    match (seconds(first), seconds(last)) {
        (Some(first), Some(longest)) if first <= longest => {
            Ok(PollPolicy { first, longest, ..PollPolicy::STRESS_SCRIPT })
        }
        _ => {
            let what = format!(
                "is `{}`; give two times in seconds such as 1..5, the first not above the last, or one, from 0.01",
                wish.value
            );
            Err(source.error(wish, "poll", what))
        }
    }
}

fn is_on(wish: Option<&Wish<bool>>) -> bool {
    wish.is_some_and(|wish| wish.value)
}

/// A number that was found to be in a range of positive numbers of 32 bits.
fn number(checked: i64) -> u32 {
    u32::try_from(checked).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(text: &str) -> Result<DocumentsPlan, String> {
        let source = Source { path: "s.toml".into(), text: text.to_owned() };
        let wishes = crate::config::scenario::parse(&source).map_err(|error| error.to_string())?;
        plan(&wishes, &source).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_help() {
        let plan = of("").unwrap();
        assert_eq!(
            plan.shape(),
            claque_stats::DocumentsShape { documents: 1, pages: Some(300), cache: CacheUse::Avoided }
        );
        assert_eq!((plan.poll, plan.ai_transform), (PollPolicy::STRESS_SCRIPT, AiTransform::Off));
    }

    #[test]
    fn polls_are_read_as_a_range_or_a_number() {
        let poll = |text: &str| {
            of(&format!("[documents]\npoll = \"{text}\"")).map(|plan| (plan.poll.first, plan.poll.longest))
        };
        let seconds = Duration::from_secs_f64;
        assert_eq!(poll("0.5..4"), Ok((seconds(0.5), seconds(4.0))));
        assert_eq!(poll(" 2 "), Ok((seconds(2.0), seconds(2.0))));
        for wrong in ["", "5..1", "0", "1..", "x", "1..2..3", "nan"] {
            let error = poll(wrong).unwrap_err();
            assert!(error.starts_with(&format!("s.toml:2: poll is `{wrong}`; give two times")), "{error}");
        }
    }

    #[test]
    fn what_contradicts_or_is_out_of_range_is_refused() {
        for (text, words) in [
            ("[documents]\npages = 0", "s.toml:2: pages is 0; give 1 to 10000"),
            ("[documents]\nfigures_per_page = 7", "s.toml:2: figures_per_page is 7; give 0 to 6"),
            ("[documents]\nconcurrent = 0", "s.toml:2: concurrent is 0; give 1 to 10000"),
            ("[documents]\npdf = []", "s.toml:2: pdf names no file; give one, or take it out"),
            (
                "[documents]\npages = 3\npdf = [\"a.pdf\"]",
                "s.toml:2: pages is about made documents, and s.toml:3: pdf names files; leave one of them out",
            ),
        ] {
            assert_eq!(of(text).unwrap_err(), words);
        }
        let error = of("[documents]\npdf = [\"no/such.pdf\"]").unwrap_err();
        assert!(error.starts_with("s.toml:2: pdf names no/such.pdf, which cannot be read: "), "{error}");
    }

    #[test]
    fn files_are_read_and_must_be_pdfs() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("a.pdf"), folder.path().join("b.pdf"));
        fs::write(&good, "%PDF-1.7").unwrap();
        fs::write(&bad, "hello").unwrap();
        let plan = |files: &[&PathBuf], concurrent: &str| {
            let list: Vec<_> = files.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
            of(&format!("[documents]\npdf = [{}]\n{concurrent}", list.join(", ")))
        };
        let Origin::Files(files) = plan(&[&good], "").unwrap().origin else { panic!("no files") };
        assert_eq!(files, [("a.pdf".to_owned(), Bytes::from_static(b"%PDF-1.7"))]);
        assert_eq!(plan(&[&good, &good], "").unwrap().concurrent, 2);
        assert_eq!(plan(&[&good], "concurrent = 5").unwrap().concurrent, 5);
        assert!(plan(&[&good, &good], "concurrent = 1").unwrap_err().contains("but 2 files are given"));
        assert!(plan(&[&bad], "").unwrap_err().contains("which is no PDF; give one"));
    }
}
