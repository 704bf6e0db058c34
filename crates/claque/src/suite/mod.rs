//! Many runs from one plan: each made by the driver of its verb, written down, and told together.
//!
//! `claque_run::suite` says in which order, and writes down what has been made; [`baseline`] holds the whole against another suite, and
//! [`against`] two that are there.

pub(crate) mod against;
mod baseline;

use std::process::ExitCode;

use anyhow::Context as _;
use claque_report::suite::{PlannedRun, SuiteComparison, SuiteFigures, gather, one_run};
use claque_run::{
    RunResult,
    interrupts::Interrupts,
    suite::{Job, SuiteBook, Work, estimate},
};
use claque_store::{SuiteFolder, finished::Finished};

use crate::{
    config::{OnRegression, PageChoice, SuiteDeed, SuiteSettings, Verbosity},
    exit::{INVALID, LEFT, MISSED, REGRESSION, USAGE},
    find,
    live::Live,
    report, talk,
};

/// Makes the runs of the suite, tells of them together, and leaves a suite that can go on if it is stopped.
///
/// # Errors
/// claque cannot go on, or something that was named is not there. What was made until then stays.
pub(crate) async fn run(mut settings: SuiteSettings) -> anyhow::Result<ExitCode> {
    if settings.what == SuiteDeed::Told {
        tell_plan(&settings)?;
        return Ok(ExitCode::SUCCESS);
    }
    let interrupts =
        Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
    // Found before anything is run, and before `latest` is this very suite.
    let other = match &settings.against {
        Some(name) => Some((name.clone(), baseline::find(name, &settings.order.dir)?)),
        None => None,
    };
    if let (OnRegression::Fail, Some((_, other))) = (settings.regression, &other) {
        baseline::all_enough(&settings.order.scenarios, other)?;
    }
    let resume = settings.resume.as_ref().map(|name| find::suite(name, &settings.order.dir)).transpose()?;
    let (book, warning) = SuiteBook::open(&settings.order, resume)?;
    warning.iter().for_each(|warning| talk::say(warning));
    // Of what is varied the table is wanted, and no page of each run.
    let (talk, page) = match settings.what {
        SuiteDeed::Varied => (Verbosity::Quiet, PageChoice::LeftOut),
        SuiteDeed::Made | SuiteDeed::Told => (settings.output.talk, settings.output.page),
    };
    let mut suite = Suite { book, interrupts, talk, page };
    let jobs = std::mem::take(&mut settings.order.jobs);
    let end = suite.make(jobs, &settings).await;
    if end.is_err() {
        suite.book.discard_if_empty();
    }
    if settings.what != SuiteDeed::Varied && !suite.book.is_finished() && suite.book.dir.exists() {
        talk::say(&format!("the suite goes on with --resume {}", suite.book.dir.display()));
    }
    match end? {
        End::Left => Ok(ExitCode::from(LEFT)),
        // The run that it refused is saved, and INVALID.
        End::Refused => Ok(ExitCode::from(INVALID)),
        End::Stopped => {
            tell(&suite.book, &settings, None)?;
            Ok(ExitCode::from(INVALID))
        }
        End::Through => finish(&suite.book, &settings, other.as_ref()),
    }
}

/// Prints the runs in their order, each with its seed and the time it takes if nobody waits.
fn tell_plan(settings: &SuiteSettings) -> anyhow::Result<()> {
    let jobs: Vec<_> = settings.order.jobs.iter().collect();
    let total = estimate::total(&jobs, settings.order.rest());
    let runs: Vec<_> = jobs
        .iter()
        .map(|job| PlannedRun {
            scenario: &settings.order.scenarios[job.planned.scenario].name,
            repeat: job.planned.repeat,
            seed: job.planned.seed,
            listening: job.listening(),
        })
        .collect();
    report::suite::print_plan(&settings.order.name, &runs, total, settings.output.format)
}

/// Tells of a suite that came to its end.
fn finish(
    book: &SuiteBook,
    settings: &SuiteSettings,
    other: Option<&(String, SuiteFolder)>,
) -> anyhow::Result<ExitCode> {
    let against =
        other.map(|(name, other)| baseline::compare(book, name, other, &settings.terms)).transpose()?;
    let told = tell(book, settings, against.as_ref())?;
    if let Some(name) = &settings.baseline {
        if told.has_invalid() {
            talk::say(&format!(
                "not named {name}: a suite with INVALID runs is no baseline; what they measured is not the service"
            ));
        } else {
            book.name_baseline(name)?;
        }
    }
    Ok(exit_code(&told, against.as_ref(), settings.regression))
}

/// Prints the suite, and writes its page and the files that were asked for.
fn tell<'a>(
    book: &'a SuiteBook,
    settings: &SuiteSettings,
    against: Option<&SuiteComparison>,
) -> anyhow::Result<SuiteFigures<'a>> {
    let told = gather(&book.dir, &book.manifest);
    report::suite::tell(&told, against, &settings.output)?;
    Ok(told)
}

/// What cannot be trusted weighs most, as in a run; a comparison that could not be made passes no gate.
fn exit_code(
    told: &SuiteFigures<'_>,
    against: Option<&SuiteComparison>,
    regression: OnRegression,
) -> ExitCode {
    let gate = against.filter(|_| regression == OnRegression::Fail);
    if told.has_invalid() {
        ExitCode::from(INVALID)
    } else if gate.is_some_and(SuiteComparison::is_regression) {
        ExitCode::from(REGRESSION)
    } else if gate.is_some_and(SuiteComparison::is_incomplete) {
        ExitCode::from(USAGE)
    } else if told.has_missed() {
        ExitCode::from(MISSED)
    } else {
        ExitCode::SUCCESS
    }
}

/// How the making of runs ended.
enum End {
    /// All are made.
    Through,
    /// Somebody asked to stop.
    Stopped,
    /// Somebody asked twice.
    Left,
    /// The service would not let a run begin: neither would it let the others.
    Refused,
}

/// A suite that is being made.
struct Suite {
    book: SuiteBook,
    interrupts: Interrupts,
    talk: Verbosity,
    page: PageChoice,
}

/// What came of one run.
enum RunOutcome {
    /// It is saved.
    Saved(Box<Finished>),
    /// It must be made again.
    Not(End),
}

impl Suite {
    async fn make(&mut self, jobs: Vec<Job>, settings: &SuiteSettings) -> anyhow::Result<End> {
        let pending = self.book.pending();
        let all = jobs.len();
        if self.talk == Verbosity::Normal {
            let left: Vec<_> = pending.iter().map(|&place| &jobs[place]).collect();
            talk::say(&estimate::said(all, &left, settings.order.rest()));
        }
        let mut rested = true;
        for (place, job) in jobs.into_iter().enumerate().filter(|(place, _)| pending.contains(place)) {
            if !rested {
                tokio::select! {
                    () = tokio::time::sleep(settings.order.rest()) => {}
                    () = self.interrupts.reached(1) => return Ok(End::Stopped),
                }
            }
            rested = false;
            self.announce(place, all);
            match self.one(place, job.work).await? {
                RunOutcome::Saved(finished) => self.keep(place, &finished)?,
                RunOutcome::Not(end) => return Ok(end),
            }
        }
        Ok(End::Through)
    }

    /// Makes the run in this place.
    async fn one(&self, place: usize, work: Work) -> anyhow::Result<RunOutcome> {
        let repeat_of = Some(self.book.repeat_of(place));
        let saved = match work {
            Work::Real(mut order) => {
                order.results.dir.clone_from(&self.book.dir);
                order.results.repeat_of = repeat_of;
                let live = Live::new(self.talk == Verbosity::Quiet);
                claque_run::perform(&order, &self.interrupts, &live).await
            }
            Work::Virtual(mut order) => {
                order.results.dir.clone_from(&self.book.dir);
                order.results.repeat_of = repeat_of;
                let finished = claque_run::simulate(*order);
                // Signals are counted by a task of this thread, which a simulation keeps busy.
                tokio::task::yield_now().await;
                finished.map(|finished| Some(RunResult { finished, usage: false }))
            }
        };
        match saved {
            Ok(None) => Ok(RunOutcome::Not(End::Left)),
            Ok(Some(_)) if self.interrupts.any() => Ok(RunOutcome::Not(End::Stopped)),
            Ok(Some(RunResult { usage: true, .. })) => Ok(RunOutcome::Not(End::Refused)),
            Ok(Some(RunResult { finished, .. })) => match finished.not_kept {
                Some(why) => anyhow::bail!("failed to keep a run of the suite: {why}"),
                None => Ok(RunOutcome::Saved(Box::new(finished))),
            },
            Err(error) if self.interrupts.any() => {
                talk::say_error(&error.into());
                Ok(RunOutcome::Not(End::Stopped))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&mut self, place: usize, finished: &Finished) -> anyhow::Result<()> {
        self.book.record(place, finished)?;
        if self.talk == Verbosity::Normal {
            talk::say(&one_run(finished));
        }
        // The facts are saved: a page that cannot be written costs nothing but itself.
        if self.page == PageChoice::Written
            && let Err(error) = report::save_page(&finished.folder)
        {
            talk::say_error(&error);
        }
        Ok(())
    }

    fn announce(&self, place: usize, all: usize) {
        let run = &self.book.manifest.runs[place];
        let scenario = self.book.manifest.scenarios.iter().find(|scenario| scenario.name == run.scenario);
        let repeats = scenario.map_or(run.repeat, |scenario| scenario.repeats);
        if self.talk == Verbosity::Normal {
            let (name, repeat) = (&run.scenario, run.repeat);
            talk::say(&format!("run {} of {all}: {name} (repeat {repeat} of {repeats})", place + 1));
        }
    }
}
