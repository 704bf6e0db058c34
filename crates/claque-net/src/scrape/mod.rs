//! Figures of others beside an audience: metrics of servers, what programs print, and a local process, asked again and again.
//!
//! A [`Scraper`] has a thread and a runtime of its own, so that no lane waits for it. Whatever a source does, the run goes on: what fails is
//! counted, and told once. A host is asked because its address was typed; it is shown no credentials, no headers and no certificate of
//! ours, and where it sends us elsewhere nobody is asked. What is kept is bounded, and what is not kept is counted.

mod asked;
mod command;
mod process;
mod source;

use std::{cell::Cell, collections::BTreeMap, fmt, io, rc::Rc, sync::mpsc, thread::JoinHandle};

use claque_core::{
    series::{Series, SourceReport},
    time::Duration,
};
use tokio::{sync::watch, task::LocalSet};

use self::{asked::Asked, source::Source};
use crate::{
    clock::Clock,
    host::split_words,
    service::{Network, NetworkOrder, Secrets, Target},
};

/// How often a server or a process is asked.
pub const EVERY: Duration = Duration::from_millis(250);

/// How often a program is started: each start costs some milliseconds of a core.
pub const EVERY_COMMAND: Duration = Duration::from_secs(1);

/// Longest wait for an answer.
pub const LONGEST_ANSWER: Duration = Duration::from_secs(2);

/// Most bytes of an answer: twenty times what a node exporter of a large machine sends.
pub const MOST_BYTES: usize = 4 << 20;

/// Most series of a source.
pub const MOST_SERIES: usize = 1_000;

/// Most values of a run. A value that stays takes two, however long it stays.
pub const MOST_VALUES: u64 = 2_000_000;

/// What is asked for figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScrapeSource {
    /// A page with metrics, in Prometheus' or OpenMetrics' text.
    Page(Target),
    /// The page of the embedded gateway.
    EmbeddedGateway,
    /// A program. No shell reads its arguments.
    Command(CommandLine),
    /// A process of this machine.
    Process(u32),
}

impl fmt::Display for ScrapeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(target) => f.write_str(target.as_str()),
            Self::EmbeddedGateway => f.write_str("gateway"),
            Self::Command(command) => f.write_str(command.name()),
            Self::Process(pid) => write!(f, "pid {pid}"),
        }
    }
}

/// A program and its arguments, which may hold keys: they are told to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    program: String,
    args: Vec<String>,
}

impl CommandLine {
    /// Reads a line; none where it is empty or a quote in it is left open.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = split_words(line)?.into_iter();
        Some(Self { program: words.next()?, args: words.collect() })
    }

    /// The program, without its folder.
    fn name(&self) -> &str {
        self.program.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&self.program)
    }
}

impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandLine").field("program", &self.program).finish_non_exhaustive()
    }
}

/// What each source is called: the second of one name has a number.
fn names(sources: &[ScrapeSource]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut named = |source: &ScrapeSource| {
        let name = source.to_string();
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    };
    sources.iter().map(&mut named).collect()
}

/// Asks, until it is finished.
#[derive(Debug)]
pub struct Scraper {
    stop: watch::Sender<bool>,
    thread: JoinHandle<Vec<(Vec<Series>, SourceReport)>>,
    news: mpsc::Receiver<String>,
}

impl Scraper {
    /// Begins to ask every source. `gateway` is where the embedded gateway is, if there is one; `secrets` are taken out of what is told.
    ///
    /// # Errors
    /// The system has no thread or no timer for it.
    pub fn start(
        sources: &[ScrapeSource],
        gateway: Option<&Target>,
        (network, secrets): (&NetworkOrder, &Secrets),
        clock: Clock,
    ) -> io::Result<Self> {
        let network = Network::open(NetworkOrder {
            allowed_hosts: Vec::new(),
            headers: Vec::new(),
            proxies: network.proxies.clone(),
            identity: None,
            certificates: network.certificates,
            call_timeout: LONGEST_ANSWER,
        });
        let (stop, stopped) = watch::channel(false);
        // Each source tells at most one line.
        let (tell, news) = mpsc::sync_channel(sources.len());
        let names = names(sources);
        let (sources, gateway, secrets) = (sources.to_vec(), gateway.cloned(), secrets.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("scrape".to_owned()).spawn(move || {
            let local = LocalSet::new();
            let room = Rc::new(Cell::new(MOST_VALUES));
            let tasks: Vec<_> = sources
                .iter()
                .zip(names)
                .map(|(source, name)| {
                    let asked = Asked::new(name, secrets.clone(), Rc::clone(&room));
                    let source = Source::open(source, gateway.as_ref(), &network);
                    local.spawn_local(asked.fill((source, clock), stopped.clone(), tell.clone()))
                })
                .collect();
            local.block_on(&runtime, async {
                let mut all = Vec::new();
                for task in tasks {
                    // A task that fell has told nothing, and the others' figures are not worth less for it.
                    all.extend(task.await.ok().map(Asked::into_parts));
                }
                all
            })
        })?;
        Ok(Self { stop, thread, news })
    }

    /// What went wrong since this was last asked, a line for a source that failed for the first time.
    pub fn news(&self) -> impl Iterator<Item = String> {
        self.news.try_iter()
    }

    /// Asks no more, and gives what was told.
    #[must_use]
    pub fn finish(self) -> (Vec<Series>, Vec<SourceReport>) {
        self.stop.send_replace(true);
        let Ok(all) = self.thread.join() else {
            tracing::error!("the thread that scrapes had panicked");
            return (Vec::new(), Vec::new());
        };
        let (series, reports): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        (series.concat(), reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_by_its_name_and_what_it_is_given_is_told_nowhere() {
        let lines = ["/usr/bin/curl -H 'Authorization: hush' a", "curl b", "nvidia-smi -q"];
        let sources: Vec<_> =
            lines.iter().map(|line| ScrapeSource::Command(CommandLine::parse(line).unwrap())).collect();
        assert_eq!(names(&sources), ["curl", "curl (2)", "nvidia-smi"]);
        assert!(!format!("{sources:?}").contains("hush"));
    }
}
