//! The HTTP client: kept-alive connections, TLS, and errors as failures.

use std::{error::Error as StdError, io, net::IpAddr};

use bytes::Bytes;
use claque_core::event::{Failure, FailureClass, FailureScope, Phase};
use claque_core::time::Duration;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, LOCATION},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{AlertDescription, ClientConfig, InvalidMessage};

use super::{
    connect::Connector,
    network::Network,
    proxy::Route,
    proxy_trouble::ProxyTrouble,
    target::{Origin, redirected},
    trust,
};
use crate::shortage::Shortage;

/// Idle connections are dropped after this, sooner than common servers and proxies do (60 s and more), so that a
/// request seldom meets a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(50);

/// Idle connections kept at most, per pool: more than a thousand fetches a second need.
const MAX_IDLE: usize = 1_024;

/// Bytes read from a connection at a time. Every connection holds a buffer of this size, also while it is idle; left to
/// itself the library lets it grow with the bodies, to hundreds of KiB each.
const READ_BUFFER: usize = 16 << 10;

/// Longest body of a REST answer that is read: a list of 500,000 characters of blocks fits many times.
const MAX_REST_BODY: usize = 16 << 20;

/// Characters of a redirect's path that are told.
const LONGEST_LEAD: usize = 100;

/// A pool of connections. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: Pool,
    /// Keeps no connection: each request has one of its own.
    fresh: Pool,
    /// What each request carries besides.
    headers: HeaderMap,
    network: Network,
}

type Pool = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// Which connection a request goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionChoice {
    /// One that is kept, if there is one. The server may be closing it at this very moment.
    Kept,
    /// A new one: for what must not be sent twice (RFC 9110 section 9.2.2), and for what was lost on a kept one.
    Fresh,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// What the body is said to be.
    pub(crate) content_type: Option<String>,
    /// Where a redirect leads, without a query, which may hold secrets.
    pub(crate) leads_to: Option<RedirectTarget>,
    pub(crate) body: Bytes,
}

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedirectTarget {
    /// Who answers there; none where it is who sent us away.
    pub(crate) origin: Option<Origin>,
    pub(crate) path: String,
}

impl RedirectTarget {
    fn of(location: &str, asked: &Uri) -> Option<Self> {
        let is_scheme =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let scheme =
            location.trim().split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        if scheme.is_some_and(|scheme| !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())) {
            return None;
        }
        let from = Origin::of(asked)?;
        let to: Uri = redirected(&from, asked.path(), location).parse().ok()?;
        let origin = Origin::of(&to)?;
        let path = to.path().chars().take(LONGEST_LEAD).collect();
        Some(Self { origin: (origin != from).then_some(origin), path })
    }
}

impl HttpClient {
    /// Makes an empty pool, of connections from `source` if one is given. It must be used on one runtime only.
    pub(crate) fn new(network: &Network, source: Option<IpAddr>) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(network.tls()))
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(network.clone(), source));
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_read_buf_exact_size(READ_BUFFER);
        let client = builder.build(connector.clone());
        let fresh = builder.pool_max_idle_per_host(0).build(connector);
        Self { client, fresh, headers: network.headers().to_map(), network: network.clone() }
    }

    /// Sends a request and waits for the head of the answer.
    async fn send(
        &self,
        over: ConnectionChoice,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failure> {
        request.headers_mut().extend(self.headers.clone());
        let pool = match over {
            ConnectionChoice::Kept => &self.client,
            ConnectionChoice::Fresh => &self.fresh,
        };
        let asked = request.uri().clone();
        pool.request(request).await.map_err(|error| {
            let phase = if error.is_connect() { Phase::Dial } else { Phase::BeforeAudio };
            let failure = failure_of(&error, phase);
            match Origin::of(&asked) {
                Some(origin) => self.explained(failure, &error, &origin),
                None => failure,
            }
        })
    }

    /// A failure in the words that help: what is known of the way tells apart what looks alike on it.
    fn explained(&self, failure: Failure, error: &(dyn StdError + 'static), to: &Origin) -> Failure {
        let ended = |kind| innermost_io(error).is_some_and(|io| io.kind() == kind);
        if failure.phase == Phase::Dial
            && (ended(io::ErrorKind::UnexpectedEof) || ended(io::ErrorKind::ConnectionReset))
            && let Ok(Route::Through(proxy)) = self.network.route(to)
        {
            let io = proxy.ended(to);
            return failure_of(&io, Phase::Dial);
        }
        if !to.tls && failure.class == FailureClass::Protocol {
            let text = format!(
                "what answers is no HTTP ({}); if TLS is spoken there, type https:// in --base-url",
                failure.text
            );
            return Failure { text, ..failure };
        }
        let is_cut = ended(io::ErrorKind::UnexpectedEof)
            || ended(io::ErrorKind::ConnectionReset)
            || innermost_hyper(error).is_some_and(hyper::Error::is_incomplete_message);
        if !to.tls && failure.phase == Phase::BeforeAudio && is_cut {
            let text = format!(
                "the connection was closed without an answer ({}); if TLS is spoken there, type https:// in --base-url",
                failure.text
            );
            return Failure { text, ..failure };
        }
        failure
    }

    /// A failure that names the proxy it came through.
    fn by_way_of(&self, failure: Failure, to: &Uri) -> Failure {
        match Origin::of(to).map(|origin| self.network.route(&origin)) {
            Some(Ok(Route::Through(proxy)))
                if failure.code.is_none() && !ProxyTrouble::is_behind(&failure) =>
            {
                Failure { text: format!("{}, {}", failure.text, proxy.way()), ..failure }
            }
            _ => failure,
        }
    }

    /// Sends a request with a JSON body, or without one, and reads the whole answer, within the network's bound.
    pub(crate) async fn call(
        &self,
        over: ConnectionChoice,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Failure> {
        self.call_for(over, request, MAX_REST_BODY).await
    }

    /// The same with an answer of at most `most` bytes.
    pub(crate) async fn call_for(
        &self,
        over: ConnectionChoice,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, Failure> {
        let call = format!("{} {}", request.method(), request.uri().path());
        let asked = request.uri().clone();
        let answered = self.network.within_bound(call, self.exchange(over, request, most)).await;
        answered.map_err(|failure| self.by_way_of(failure, &asked))
    }

    async fn exchange(
        &self,
        over: ConnectionChoice,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, Failure> {
        let asked = request.uri().clone();
        let response = self.send(over, request).await?;
        let status = response.status();
        let location = response.headers().get(LOCATION).filter(|_| status.is_redirection());
        let leads_to = location.and_then(|to| to.to_str().ok()).and_then(|to| RedirectTarget::of(to, &asked));
        let seconds =
            response.headers().get(hyper::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = seconds.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let body = Limited::new(response.into_body(), most)
            .collect()
            .await
            .map_err(|error| {
                too_long(&*error, most).unwrap_or_else(|| failure_of(&*error, Phase::BeforeAudio))
            })?
            .to_bytes();
        Ok(Answer { status, retry_after, content_type, leads_to, body })
    }
}

/// The failure of an answer that is longer than any that is waited for.
fn too_long(error: &(dyn std::error::Error + 'static), most: usize) -> Option<Failure> {
    let text = format!(
        "the answer is longer than {} MiB, which no answer of such a service is; look at what answers at that address",
        most >> 20
    );
    error.is::<LengthLimitError>().then_some(Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Protocol,
        code: None,
        text,
        kills: FailureScope::Session,
    })
}

/// The failure a network error is: what went wrong, in the words of the innermost cause.
pub(crate) fn failure_of(error: &(dyn StdError + 'static), phase: Phase) -> Failure {
    let mut innermost = error;
    let mut class = FailureClass::Transport;
    let mut words = None;
    loop {
        if let Some(shortage) = Shortage::behind(innermost) {
            return shortage.failure(phase);
        }
        if let Some(trouble) = ProxyTrouble::behind(innermost) {
            return trouble.failure();
        }
        if let Some(io) = innermost.downcast_ref::<io::Error>() {
            words = words.or_else(|| io_words(io, phase));
        }
        if let Some(tls) = innermost.downcast_ref::<rustls::Error>() {
            words = Some(tls_words(tls));
        }
        if innermost
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_parse() || error.is_parse_too_large())
        {
            class = FailureClass::Protocol;
        }
        let inner_io = innermost.downcast_ref::<io::Error>().and_then(|io| io.get_ref());
        match inner_io.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| innermost.source()) {
            Some(source) => innermost = source,
            None => break,
        }
    }
    let text = words.unwrap_or_else(|| innermost.to_string());
    Failure { phase, class, code: None, text, kills: FailureScope::Session }
}

/// The system's error at the bottom of another, if it is one.
fn innermost_io<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>();
        found = io.or(found);
        let inner = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
        next = inner.or_else(|| error.source());
    }
    found
}

/// The HTTP library's error behind another, if it is one.
fn innermost_hyper<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a hyper::Error> {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.filter_map(|error| error.downcast_ref()).last()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "foreign enums: the others speak for themselves")]
fn tls_words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => trust::words_of(why),
        // The first byte of each record is a type (RFC 8446 section 5.1), and no letter is one.
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "TLS failed: what answers does not speak it; if it is plain HTTP, type http:// in --base-url"
                .to_owned()
        }
        rustls::Error::AlertReceived(alert) => {
            let advice = match alert {
                AlertDescription::CertificateRequired => "; it asks who we are: give --client-cert",
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::AccessDenied => {
                    "; it does not take our certificate, or the lack of one: check --client-cert"
                }
                AlertDescription::HandshakeFailure => {
                    "; it may ask for a certificate of ours: --client-cert gives one"
                }
                _ => "",
            };
            format!("TLS failed: the server ended it ({alert:?}){advice}")
        }
        other => format!("TLS failed: {other}"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: the others speak for themselves")]
fn io_words(error: &io::Error, phase: Phase) -> Option<String> {
    match error.kind() {
        // TCP alone cannot end before it began: somebody there does not speak TLS.
        io::ErrorKind::UnexpectedEof if phase == Phase::Dial => {
            Some("TLS failed: the server ended the connection during the handshake".to_owned())
        }
        io::ErrorKind::ConnectionRefused => {
            Some("connection refused: nothing listens at this address".to_owned())
        }
        io::ErrorKind::ConnectionReset => Some("the server reset the connection".to_owned()),
        io::ErrorKind::UnexpectedEof => Some("the connection ended in the middle of an answer".to_owned()),
        _ if error.to_string().contains("failed to lookup address") => {
            Some(format!("the host name cannot be resolved ({error})"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_told_by_its_origin_and_path_and_without_its_query() {
        let asked: Uri = "http://tts.example/api/v1/models?a=b".parse().unwrap();
        let lead = RedirectTarget::of("https://tts.example/api/v1/models?token=hush", &asked).unwrap();
        assert_eq!(lead.origin.map(|origin| origin.to_string()).as_deref(), Some("https://tts.example"));
        assert_eq!(lead.path, "/api/v1/models");
        let lead = RedirectTarget::of("/login?next=/", &asked).unwrap();
        assert_eq!((lead.origin, lead.path.as_str()), (None, "/login"));
        let lead = RedirectTarget::of(&format!("/{}", "a".repeat(10_000)), &asked).unwrap();
        assert_eq!(lead.path.len(), LONGEST_LEAD);
        assert_eq!(RedirectTarget::of("mailto:me@x.example", &asked), None);
    }

    #[test]
    fn plain_http_where_tls_was_typed_says_what_to_type() {
        let error = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let failure = failure_of(&error, Phase::Dial);
        assert!(failure.text.ends_with("type http:// in --base-url"), "{failure}");
    }
}
