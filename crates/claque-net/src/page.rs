//! A page on loopback that is told news: one document, a stream of events, and a second document in the end.
//!
//! Whoever is on this machine may read it, and nobody else: it listens on loopback only and answers no request that was
//! sent to another name, so that no foreign page can have its own name lead here. What is on it is its owner's business.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::mpsc,
    thread::JoinHandle,
};

use bytes::Bytes;
use claque_core::time::Duration;
use futures_util::stream;
use http_body_util::{Either, Full, StreamBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
    http::uri::Authority,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::{oneshot, watch},
    task::{JoinSet, LocalSet},
    time::{sleep, timeout},
};

/// Connections at most; more wait. A browser takes two for a page.
const MAX_CONNECTIONS: usize = 64;
/// Longest time a request may take to come.
const READ_TIME: Duration = Duration::from_secs(10);
/// How long no connection is accepted after the system could not.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long whoever is there has to fetch the last news and the second document.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where the news are, as a stream of server-sent events (HTML standard, section 9.2).
pub const EVENTS: &str = "/events";
/// Where the second document is, once there is one.
pub const REPORT: &str = "/report.html";

/// What is served.
#[derive(Clone, Debug)]
pub struct PageOrder {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The first document, HTML.
    pub page: String,
    /// Its Content-Security-Policy.
    pub policy: String,
}

/// Why a page is not served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The address is not this machine's own.
    #[error(
        "failed to serve a page on {address}: others could read it there; choose a loopback address such as 127.0.0.1:0"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The policy is no header.
    #[error("failed to serve a page: its policy holds what no header may")]
    Policy,
    /// The address cannot be listened on.
    #[error("failed to serve a page on {address}: {source}; choose another port, or 0 for any free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No thread, or no runtime on it.
    #[error("failed to start the thread of a page: {0}; free some memory, or leave the page out")]
    Thread(#[from] io::Error),
}

/// A page that is being served, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct PageServer {
    address: SocketAddr,
    news: watch::Sender<News>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The newest news, and what comes with the last.
#[derive(Clone, Debug, Default)]
struct News {
    data: Bytes,
    last: bool,
    report: Option<Bytes>,
}

impl PageServer {
    /// Serves a page and returns when its port is open.
    ///
    /// # Errors
    /// See [`PageError`].
    pub fn start(order: PageOrder) -> Result<Self, PageError> {
        let PageOrder { bind, page, policy } = order;
        if !bind.ip().is_loopback() {
            return Err(PageError::NotLoopback { address: bind });
        }
        let policy = HeaderValue::from_str(&policy).map_err(|_| PageError::Policy)?;
        let news = watch::Sender::new(News::default());
        let site = Site { page: page.into(), policy, news: news.subscribe(), expected: Cell::new(0) };
        let (stop, stopped) = oneshot::channel();
        let (bound, binding) = mpsc::sync_channel(1);
        let run = move || {
            let (opened, address) = match listen(bind) {
                Ok((runtime, listener, address)) => (Some((runtime, listener)), Ok(address)),
                Err(error) => (None, Err(error)),
            };
            // Whoever starts the page waits for this.
            let _ = bound.send(address);
            if let Some((runtime, listener)) = opened {
                LocalSet::new().block_on(&runtime, serve(listener, Rc::new(site), stopped));
            }
        };
        let thread = std::thread::Builder::new().name("claque-page".to_owned()).spawn(run)?;
        let ended = || PageError::Thread(io::Error::other("the thread ended"));
        let address = binding.recv().map_err(|_| ended())??;
        Ok(Self { address, news, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Tells everybody who looks, now and later, that this is how things stand: one line, such as JSON. Whoever is slow
    /// misses what is out of date.
    pub fn tell(&self, line: String) {
        self.news.send_modify(|news| news.data = line.into());
    }

    /// Tells the last news, with the second document if there is one, and stops when everybody who is there has had both,
    /// or after two seconds.
    pub fn end(self, line: String, report: Option<String>) {
        self.news.send_replace(News { data: line.into(), last: true, report: report.map(Bytes::from) });
        drop(self);
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the page had panicked");
        }
    }
}

/// What a request can ask for.
struct Site {
    page: Bytes,
    policy: HeaderValue,
    news: watch::Receiver<News>,
    /// Readers that have heard the last news and will come for the report, less those who have.
    expected: Cell<i64>,
}

fn listen(bind: SocketAddr) -> Result<(Runtime, TcpListener, SocketAddr), PageError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let open = async {
        let listener = TcpListener::bind(bind).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let opened = runtime.block_on(open).map_err(|source| PageError::Bind { address: bind, source });
    opened.map(|(listener, address)| (runtime, listener, address))
}

async fn serve(listener: TcpListener, site: Rc<Site>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn_local(converse(stream, Rc::clone(&site)));
                }
                Err(error) => {
                    tracing::debug!(%error, "failed to accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    if !site.news.borrow().last {
        return;
    }
    let farewell = async {
        while !connections.is_empty() || site.expected.get() > 0 {
            tokio::select! {
                Ok((stream, _)) = listener.accept() => {
                    connections.spawn_local(converse(stream, Rc::clone(&site)));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    };
    if timeout(FAREWELL, farewell).await.is_err() {
        tracing::debug!("somebody was still reading the page when it ended");
    }
}

/// One request a connection: they are few, and none is left open when the page ends.
async fn converse(stream: TcpStream, site: Rc<Site>) {
    let service = service_fn(|request| {
        let answer = answer(&site, &request);
        async { Ok::<_, Infallible>(answer) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(READ_TIME);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to the page failed");
    }
}

type Answer = Response<Either<Full<Bytes>, EventBody>>;
type EventBody = StreamBody<stream::LocalBoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

fn answer(site: &Rc<Site>, request: &Request<Incoming>) -> Answer {
    if !names_this_machine(request.headers()) {
        return words(StatusCode::FORBIDDEN, "this page answers to a loopback address only\n");
    }
    if request.method() != Method::GET {
        let mut answer = words(StatusCode::METHOD_NOT_ALLOWED, "this page can only be read\n");
        set(&mut answer, ALLOW, HeaderValue::from_static("GET"));
        return answer;
    }
    match request.uri().path() {
        "/" => {
            let mut answer = whole(StatusCode::OK, "text/html; charset=utf-8", site.page.clone());
            set(&mut answer, CONTENT_SECURITY_POLICY, site.policy.clone());
            answer
        }
        EVENTS => dressed(Either::Right(StreamBody::new(events(Rc::clone(site)))), "text/event-stream"),
        REPORT => match site.news.borrow().report.clone() {
            // It brings its own policy.
            Some(report) => {
                site.expected.set(site.expected.get() - 1);
                whole(StatusCode::OK, "text/html; charset=utf-8", report)
            }
            None => words(StatusCode::NOT_FOUND, "the run goes on; its report is not there yet\n"),
        },
        _ => words(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
}

/// Whether a request was sent to a name that only this machine has: a page elsewhere whose name is made to lead here
/// says its own name.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(authority) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let name = authority.host();
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// How things stand at first, and each time they stand differently, up to the last news.
fn events(site: Rc<Site>) -> stream::LocalBoxStream<'static, Result<Frame<Bytes>, Infallible>> {
    let mut news = site.news.clone();
    news.mark_changed();
    Box::pin(stream::unfold(Some((news, site)), |reader| async {
        let (mut news, site) = reader?;
        // An error means that the page is gone.
        news.changed().await.ok()?;
        let News { data, last, report } = news.borrow_and_update().clone();
        let mut event = Vec::with_capacity(data.len() + 32);
        if last {
            event.extend_from_slice(b"event: end\n");
            site.expected.set(site.expected.get() + i64::from(report.is_some()));
        }
        event.extend_from_slice(b"data: ");
        event.extend(data.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        event.extend_from_slice(b"\n\n");
        Some((Ok(Frame::data(Bytes::from(event))), (!last).then_some((news, site))))
    }))
}

fn words(status: StatusCode, words: &'static str) -> Answer {
    whole(status, "text/plain; charset=utf-8", Bytes::from_static(words.as_bytes()))
}

fn whole(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = dressed(Either::Left(Full::new(body)), content_type);
    *answer.status_mut() = status;
    answer
}

fn dressed(body: Either<Full<Bytes>, EventBody>, content_type: &'static str) -> Answer {
    let mut answer = Response::new(body);
    set(&mut answer, CONTENT_TYPE, HeaderValue::from_static(content_type));
    set(&mut answer, CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(&mut answer, REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        let named = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            names_this_machine(&headers)
        };
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.9.9.9", "[::1]:8000"] {
            assert!(named(host), "{host}");
        }
        for host in
            ["tts.example", "127.0.0.1.tts.example:80", "localhost.tts.example", "192.168.0.1", "", "[::2]"]
        {
            assert!(!named(host), "{host}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }

    #[test]
    fn other_addresses_than_loopback_are_refused() {
        let order = PageOrder { bind: ([0, 0, 0, 0], 0).into(), page: String::new(), policy: String::new() };
        let error = PageServer::start(order).unwrap_err();
        assert!(matches!(error, PageError::NotLoopback { .. }), "{error}");
    }
}
