//! Asking one source once.

use claque_wire::metrics::{Metrics, read_text};
use hyper::{
    HeaderMap,
    header::{ACCEPT, HeaderValue},
};

use super::{
    CommandLine, EVERY, EVERY_COMMAND, MOST_BYTES, MOST_SERIES, ScrapeSource, command, process::Process,
};
use crate::service::{ConnectionChoice, HttpClient, Network, Target, bare};

use claque_core::time::Duration;

/// What servers of metrics are asked for: OpenMetrics where they have it, else Prometheus' text.
const WANTED: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.7,*/*;q=0.1";

/// Where metrics lie if nobody says so.
const PATH: &str = "/metrics";

/// Characters of a failure's words that are kept.
const LONGEST_WORDS: usize = 300;

/// A source that can be asked.
#[derive(Debug)]
pub(super) enum Source {
    Page {
        url: String,
        client: Box<HttpClient>,
    },
    Command(CommandLine),
    Process(Process),
    /// It is not there.
    None(&'static str),
}

impl Source {
    /// To be used on the scraper's runtime only.
    pub(super) fn open(source: &ScrapeSource, gateway: Option<&Target>, network: &Network) -> Self {
        let page = |target: &Target| {
            let url = if target.has_path() {
                target.as_str().to_owned()
            } else {
                format!("{}{PATH}", target.as_str())
            };
            Self::Page { url, client: Box::new(HttpClient::new(network, None)) }
        };
        match source {
            ScrapeSource::Page(target) => page(target),
            ScrapeSource::EmbeddedGateway => gateway.map_or(Self::None("there is no embedded gateway"), page),
            ScrapeSource::Command(line) => Self::Command(line.clone()),
            ScrapeSource::Process(pid) => Self::Process(Process::new(*pid)),
        }
    }

    pub(super) const fn every(&self) -> Duration {
        match self {
            Self::Page { .. } | Self::Process(_) | Self::None(_) => EVERY,
            Self::Command(_) => EVERY_COMMAND,
        }
    }

    /// Asks, and waits for the answer, which has its bound in time and bytes.
    ///
    /// # Errors
    /// Says why there is none with figures.
    pub(super) async fn ask(&mut self) -> Result<Metrics, String> {
        let answer = match self {
            Self::Page { url, client } => fetch(url, client).await,
            Self::Command(line) => command::run(line).await,
            Self::Process(process) => process.look(),
            Self::None(why) => Err((*why).to_owned()),
        };
        answer.map_err(|why| {
            why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_WORDS).collect()
        })
    }
}

async fn fetch(url: &str, client: &HttpClient) -> Result<Metrics, String> {
    // The words are of the client that speaks to services.
    let words = |failure: claque_core::event::Failure| failure.text.replace("--base-url", "--scrape");
    let mut request = bare(hyper::Method::GET, url).map_err(words)?;
    let wanted: HeaderMap = [(ACCEPT, HeaderValue::from_static(WANTED))].into_iter().collect();
    request.headers_mut().extend(wanted);
    let answer = client.call_for(ConnectionChoice::Kept, request, MOST_BYTES).await.map_err(words)?;
    if answer.status.is_redirection() {
        return Err(format!(
            "it sends us elsewhere ({}), where nobody is asked; type that address",
            answer.status
        ));
    }
    if !answer.status.is_success() {
        return Err(format!("it answers {}", answer.status));
    }
    read_text(&String::from_utf8_lossy(&answer.body), MOST_SERIES).map_err(|why| why.to_string())
}
