//! How many can listen at once: runs of one search, made by the driver of their kind, written down, and told together.
//!
//! [`claque_stats::capacity`] says which run is wanted next and what all of them come to; [`book`] keeps them in a folder, so that a
//! search goes on where it was; [`probe`] makes one run, [`drain`] waits until a service has recovered from it, and [`networks`] makes runs
//! that failed again without the networks of listeners.

pub(crate) mod against;
pub(crate) mod book;
mod drain;
pub(crate) mod facts;
mod networks;
mod probe;
pub(crate) mod resume;

use std::process::ExitCode;

use anyhow::Context as _;
use claque_report::{capacity::one_probe, words::one_line};
use claque_run::interrupts::Interrupts;
use claque_stats::capacity::{Answer, Evidence, Length, Next, ProbeOrder, ProbeTrust, Search, SearchEnding};
use claque_store::ProbeRow;

pub(crate) use self::probe::evidence_of;
use self::{
    book::Book,
    drain::{Drain, Drained},
    probe::ProbeResult,
};
use crate::{
    config::{CapacitySettings, ProbeWork, UsageError, Verbosity},
    exit::{INVALID, LEFT, MISSED},
    report, talk,
};

/// A search of claque's own gateway on sockets is over by then, in seconds, unless somebody gives it another time.
const ANSWER_WITHIN_S: f64 = 600.0;

/// Searches, tells of it, and leaves a folder in which the search goes on if it is stopped.
///
/// # Errors
/// claque cannot go on, or something that was named is not there. What was made until then stays.
pub(crate) async fn run(mut settings: CapacitySettings) -> anyhow::Result<ExitCode> {
    let interrupts =
        Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
    let is_own = matches!(settings.work, ProbeWork::Real(_)) && !settings.work.is_foreign();
    if is_own {
        settings.terms.most_s.get_or_insert(ANSWER_WITHIN_S);
    }
    let mut book = Book::open(&settings)?;
    settings.work.keep_in(&book.0.dir);
    let mut search = Search::new(settings.terms.clone(), settings.objectives.len());
    for probe in &book.0.manifest.probes {
        search.add(probe.evidence.clone());
    }
    if let Some(words) =
        finished_before(&settings, &search).filter(|_| settings.output.talk == Verbosity::Normal)
    {
        talk::say(&words);
    }
    let ended = look(&mut settings, &mut search, &mut book, &interrupts).await;
    let ending = match ended {
        Ok(Some(ending)) => ending,
        Ok(None) => {
            book.discard_if_empty();
            say_how_to_go_on(&book);
            return Ok(ExitCode::from(LEFT));
        }
        Err(error) => {
            book.discard_if_empty();
            say_how_to_go_on(&book);
            return Err(error);
        }
    };
    let answer = Answer::of(&search, &settings.objectives, ending);
    let Some(answer) = networks::told_apart(&mut settings, &search, answer, &mut book, &interrupts).await?
    else {
        say_how_to_go_on(&book);
        return Ok(ExitCode::from(LEFT));
    };
    let code = exit_code(&answer.ending);
    if answer.ending == SearchEnding::Stopped {
        say_how_to_go_on(&book);
    }
    book.end(answer)?;
    // Of a service that was not reached there is an answer to tell, and nothing to keep.
    book.discard_if_empty();
    report::capacity::tell(&book.0, &settings.output)?;
    Ok(code)
}

/// That a search which is gone on with has nothing left to find, if so, and what would make it look further.
fn finished_before(settings: &CapacitySettings, search: &Search) -> Option<String> {
    let name = settings.resume.as_ref()?;
    let Next::Done(ending) = search.next() else { return None };
    let what = match ending {
        SearchEnding::Found | SearchEnding::AtLeast | SearchEnding::NothingHolds => {
            "is finished: no run is made, and this is what it found. A new search, without --resume and with another --seed, looks again"
        }
        SearchEnding::Untrusted(_) => {
            "has ended without an answer, for its runs do not measure the service: no run is made. Begin a new one without --resume"
        }
        SearchEnding::Undecided(_) if settings.terms.most_s.is_some() => {
            "has ended undecided: no run is made. A longer --max-time lets it go on"
        }
        SearchEnding::Undecided(_) => "has ended undecided: no run is made. Begin a new one without --resume",
        SearchEnding::Stopped => return None,
    };
    Some(format!("the search {} {what}", one_line(name)))
}

fn say_how_to_go_on(book: &Book) {
    if book.is_empty() {
        return;
    }
    talk::say(&format!(
        "the search goes on by `claque capacity --resume {}`{}",
        book.0.dir.display(),
        again(book)
    ));
}

/// What has to be typed besides, for it is no secret's place to be kept.
fn again(book: &Book) -> String {
    let again = book.0.manifest.asked.as_ref().map(|asked| asked.again.join(", ")).unwrap_or_default();
    if again.is_empty() { again } else { format!(" with {again} as now") }
}

fn exit_code(ending: &SearchEnding) -> ExitCode {
    match ending {
        SearchEnding::Found | SearchEnding::AtLeast => ExitCode::SUCCESS,
        SearchEnding::NothingHolds => ExitCode::from(MISSED),
        SearchEnding::Untrusted(_) | SearchEnding::Undecided(_) | SearchEnding::Stopped => {
            ExitCode::from(INVALID)
        }
    }
}

/// Makes runs until the search ends; none when it was left at once.
async fn look(
    settings: &mut CapacitySettings,
    search: &mut Search,
    book: &mut Book,
    interrupts: &Interrupts,
) -> anyhow::Result<Option<SearchEnding>> {
    let mut drain = Drain::new(settings.work.is_foreign(), settings.terms.most_s);
    loop {
        let order = match search.next() {
            Next::Done(ending) => return Ok(Some(ending)),
            Next::Probe(order) => order,
        };
        match drain.wait(&mut settings.work, interrupts).await? {
            Drained::Ready => {}
            Drained::Left => return Ok(None),
            Drained::Stopped => return Ok(Some(SearchEnding::Stopped)),
            Drained::Never(why) => return Ok(Some(SearchEnding::Undecided(why))),
            Drained::Unreached(why) => return Ok(Some(SearchEnding::Untrusted(why))),
        }
        let is_spoken = settings.output.talk == Verbosity::Normal;
        if is_spoken {
            talk::say(&announced(&order));
        }
        let seed = book.seed_of(&order);
        match probe::make(&mut settings.work, &order, seed, &settings.objectives, interrupts).await? {
            ProbeResult::Made { folder, evidence } => {
                if is_spoken {
                    talk::say(&one_probe(&evidence));
                }
                has_figures(&evidence)?;
                drain.after(&evidence);
                search.add((*evidence).clone());
                book.record(ProbeRow { order, seed, folder, run: None, evidence: *evidence })?;
            }
            ProbeResult::Stopped => return Ok(Some(SearchEnding::Stopped)),
            ProbeResult::Left => return Ok(None),
        }
    }
}

/// That the first run has something of every figure that an objective is about.
fn has_figures(evidence: &Evidence) -> Result<(), UsageError> {
    let is_heard = evidence.worth == ProbeTrust::Valid && evidence.block_s.is_some();
    let missing = evidence.trials.iter().map(|trial| &trial.result).find(|result| result.has_nothing());
    missing.filter(|_| is_heard).map_or(Ok(()), |result| {
        Err(UsageError::new(format!(
            "a run whose audio was delivered and heard has nothing of the figure that the objective `{}` is about, as those of speech that \
             comes in pieces have nothing where blocks come whole; give another",
            result.objective
        )))
    })
}

/// "run 4: 8 listeners, 64 blocks each, starts over 80 s".
fn announced(order: &ProbeOrder) -> String {
    use claque_stats::units::{counted, time};
    let starts =
        if order.users > 1 { format!(", starts over {}", time(order.spread_s * 1e3)) } else { String::new() };
    let short = match order.length {
        Length::Short => ", a short look",
        Length::Full => "",
    };
    format!(
        "run {}: {}, {} each{starts}{short}",
        order.number + 1,
        counted(order.users.into(), "listener"),
        counted(order.blocks.into(), "block")
    )
}

/// Whether the service may need time to recover from what it was asked for.
fn was_too_much(evidence: &Evidence) -> bool {
    !evidence.is_met()
        || evidence.pace.is_some_and(|pace| pace.ratio < 1.0)
        || evidence.worth != ProbeTrust::Valid
}
