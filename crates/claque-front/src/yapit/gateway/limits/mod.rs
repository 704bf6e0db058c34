//! Rate limits: windows that open with the first call in them.

mod config;

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant};
use claque_gateway::UserId;

pub use self::config::{Counting, RateLimit, RestLimits, SynthesisLimit};
use super::{era::Era, refusal::Refusal};

/// A REST call, as far as limits tell calls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// `POST /api/v1/documents/text`.
    CreateDocument,
    /// `GET /api/v1/documents/{id}/blocks`.
    Blocks,
    /// `DELETE /api/v1/documents/{id}`.
    DeleteDocument,
    /// `GET /api/v1/documents`.
    Documents,
    /// `GET /api/v1/models`.
    Models,
    /// `GET /api/v1/audio/{variant}`.
    Audio,
    /// `POST /api/v1/users/anonymous-session`.
    AnonymousSession,
    /// `POST /api/v1/documents/prepare/upload`.
    PrepareUpload,
    /// `POST /api/v1/documents/document`.
    CreateExtraction,
    /// `POST /api/v1/documents/extraction/status`.
    ExtractionStatus,
    /// `POST /api/v1/documents/extraction/cancel`.
    CancelExtraction,
}

/// One open window.
#[derive(Clone, Copy, Debug)]
struct Window {
    opened_at: Instant,
    count: u64,
}

/// Windows of many keys under limits given at each call. Closed windows are swept now and then.
#[derive(Clone, Debug)]
pub(crate) struct Windows<K> {
    open: BTreeMap<K, Window>,
    sweep_at: usize,
}

impl<K: Ord> Windows<K> {
    /// Windows are looked through for closed ones when there are this many, and at every doubling.
    const SWEEP_AT: usize = 1_024;

    pub(crate) const fn new() -> Self {
        Self { open: BTreeMap::new(), sweep_at: Self::SWEEP_AT }
    }

    /// Counts `amount` for `key`, refused or not, as a counter that is raised before it is read does.
    ///
    /// # Errors
    /// The time until the window closes, when it holds more than the limit.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        key: K,
        amount: u32,
        limit: RateLimit,
    ) -> Result<(), Duration> {
        if self.open.len() >= self.sweep_at {
            self.open.retain(|_, window| now.since(window.opened_at) < limit.window);
            self.sweep_at = (self.open.len() * 2).max(Self::SWEEP_AT);
        }
        let window = self.open.entry(key).or_insert(Window { opened_at: now, count: 0 });
        if now.since(window.opened_at) >= limit.window {
            *window = Window { opened_at: now, count: 0 };
        }
        window.count += u64::from(amount);
        if window.count > u64::from(limit.count) {
            return Err((window.opened_at + limit.window).since(now));
        }
        Ok(())
    }
}

/// Characters made into audio, per user.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    limit: Option<u64>,
    used: BTreeMap<UserId, u64>,
}

impl Usage {
    pub(crate) const fn new(limit: Option<u64>) -> Self {
        Self { limit, used: BTreeMap::new() }
    }

    /// Whether everybody may have as much as they like.
    pub(crate) const fn is_unlimited(&self) -> bool {
        self.limit.is_none()
    }

    /// Whether `user` may have `chars` more; counted if so.
    pub(crate) fn take(&mut self, user: &UserId, chars: u32) -> bool {
        let Some(limit) = self.limit else { return true };
        let used = self.used.entry(user.clone()).or_default();
        let wanted = used.saturating_add(u64::from(chars));
        if wanted > limit {
            return false;
        }
        *used = wanted;
        true
    }
}

/// The limits on REST calls, per address and route. One set of windows for each limit.
#[derive(Clone, Debug)]
pub(crate) struct RestGate {
    limits: Option<RestLimits>,
    era: Era,
    create: Vec<Windows<String>>,
    upload: Vec<Windows<String>>,
    extract: Vec<Windows<String>>,
    other: Vec<Windows<(Route, String)>>,
}

impl RestGate {
    pub(crate) fn new(limits: Option<RestLimits>, era: Era) -> Self {
        Self {
            create: limits.as_ref().map_or_else(Vec::new, |limits| windows(&limits.create_document)),
            upload: limits.as_ref().map_or_else(Vec::new, |limits| windows(&limits.upload)),
            extract: limits.as_ref().map_or_else(Vec::new, |limits| windows(&limits.extract)),
            other: limits.as_ref().map_or_else(Vec::new, |limits| windows(&limits.other)),
            limits,
            era,
        }
    }

    /// # Errors
    /// [`Refusal::RateLimited`] with the first limit that is exceeded.
    pub(crate) fn pass(&mut self, now: Instant, route: Route, address: &str) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else { return Ok(()) };
        let key = address.to_owned();
        let taken = match route {
            Route::CreateDocument => take_all(now, &limits.create_document, &mut self.create, &key),
            Route::PrepareUpload => take_all(now, &limits.upload, &mut self.upload, &key),
            Route::CreateExtraction => take_all(now, &limits.extract, &mut self.extract, &key),
            Route::Blocks
            | Route::DeleteDocument
            | Route::Documents
            | Route::Models
            | Route::Audio
            | Route::AnonymousSession
            | Route::ExtractionStatus
            | Route::CancelExtraction => take_all(now, &limits.other, &mut self.other, &(route, key)),
        };
        let refusal = |(limit, retry_after): (&str, Duration)| Refusal::RateLimited {
            limit: limit.to_owned(),
            era: self.era,
            retry_after,
        };
        taken.map_err(refusal)
    }
}

fn windows<K: Ord>(limits: &[(RateLimit, String)]) -> Vec<Windows<K>> {
    limits.iter().map(|_| Windows::new()).collect()
}

/// # Errors
/// The first limit that is exceeded, and for how long.
fn take_all<'a, K: Ord + Clone>(
    now: Instant,
    limits: &'a [(RateLimit, String)],
    windows: &mut [Windows<K>],
    key: &K,
) -> Result<(), (&'a str, Duration)> {
    for ((limit, text), windows) in limits.iter().zip(windows) {
        windows.take(now, key.clone(), 1, *limit).map_err(|left| (text.as_str(), left))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yapit::gateway::config::GatewayConfig;

    #[test]
    fn the_eleventh_document_of_a_minute_waits_for_the_window_to_close() {
        let mut gate = RestGate::new(GatewayConfig::current().rest_limits, Era::Feb2026);
        for second in 0..10 {
            gate.pass(Instant::from_millis(second * 1_000), Route::CreateDocument, "a").unwrap();
        }
        let refusal = gate.pass(Instant::from_millis(15_000), Route::CreateDocument, "a").unwrap_err();
        assert_eq!(refusal.to_string(), "Rate limit exceeded: 10 per 1 minute");
        let (limit, era, retry_after) = ("10 per 1 minute".to_owned(), Era::Feb2026, Duration::from_secs(45));
        assert_eq!(refusal, Refusal::RateLimited { limit, era, retry_after });
        gate.pass(Instant::from_millis(15_000), Route::CreateDocument, "b").unwrap();
        gate.pass(Instant::from_millis(60_000), Route::CreateDocument, "a").unwrap();
    }

    #[test]
    fn other_routes_have_windows_of_their_own() {
        let mut gate = RestGate::new(GatewayConfig::current().rest_limits, Era::Current);
        for _ in 0..300 {
            gate.pass(Instant::START, Route::Audio, "a").unwrap();
        }
        let refusal = gate.pass(Instant::START, Route::Audio, "a").unwrap_err();
        assert_eq!(refusal.to_string(), "Too many requests. Please wait a moment and try again.");
        gate.pass(Instant::START, Route::Models, "a").unwrap();
        let mut open = RestGate::new(None, Era::Current);
        assert!((0..1_000).all(|_| open.pass(Instant::START, Route::CreateDocument, "a").is_ok()));
    }

    #[test]
    fn windows_that_are_over_are_forgotten() {
        let limit = RateLimit { count: 1, window: Duration::from_secs(1) };
        let mut windows = Windows::new();
        for second in 0..5_000_u64 {
            windows.take(Instant::from_millis(second * 1_000), second, 1, limit).unwrap();
        }
        assert!(windows.open.len() <= 2_048, "{}", windows.open.len());
    }
}
