//! Figures of others beside an audience: asked from its start to its end. Whatever comes of it, the run goes on.

use claque_net::{Clock, host::Host, scrape::Scraper, service::Target};
use claque_store::SeriesOfRun;

use super::Session;
use crate::{record::Recorder, watcher::Watcher};

/// Whoever asks, if anybody is to be asked.
#[derive(Debug, Default)]
pub(super) struct Scraping(Option<Scraper>);

impl Scraping {
    /// Begins.
    pub(super) fn begin(
        session: &Session<'_>,
        host: Option<&Host>,
        clock: Clock,
        watcher: &dyn Watcher,
    ) -> Self {
        let settings = session.settings;
        if settings.scrape.is_empty() {
            return Self(None);
        }
        let gateway = host.and_then(|host| Target::parse(&host.base_url()).ok());
        let network = (&settings.network, session.network.secrets());
        match Scraper::start(&settings.scrape, gateway.as_ref(), network, clock) {
            Ok(scraper) => Self(Some(scraper)),
            Err(error) => {
                watcher.warn(&format!("nobody is asked for figures: {error}"));
                Self(None)
            }
        }
    }

    /// Tells what has gone wrong since it was last told.
    pub(super) fn tell(&self, watcher: &dyn Watcher) {
        for line in self.0.iter().flat_map(Scraper::news) {
            watcher.warn(&format!("{line}; the run goes on without them"));
        }
    }

    /// Ends it, and keeps what came of it.
    pub(super) fn end(self, recorder: &mut Recorder, watcher: &dyn Watcher) {
        self.tell(watcher);
        if let Some(scraper) = self.0 {
            let (series, sources) = scraper.finish();
            recorder.record_series(SeriesOfRun { series, sources });
        }
    }
}
