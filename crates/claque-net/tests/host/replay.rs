//! Says to a host what was said to a real server, and compares what comes back.

use std::collections::{BTreeMap, BTreeSet};

use claque_net::host::Host;

use crate::{
    ordered::Ordered,
    stage::{Reply, Socket, call},
};

/// A recording on its way through a host.
pub(crate) struct Replay<'a> {
    host: &'a Host,
    lines: Vec<Ordered>,
    at: usize,
    /// What stands in the recording for something of this run: ids, hashes, addresses, secrets.
    pub(crate) names: BTreeMap<String, String>,
    answer: Option<Reply>,
    sockets: BTreeMap<String, Open>,
    /// Which connection speaks for a document; `first` for any other.
    pub(crate) speakers: BTreeMap<String, String>,
    pub(crate) tokens: BTreeMap<String, String>,
    tolerated: BTreeSet<&'static str>,
}

struct Open {
    socket: Socket,
    /// Messages that came and were not asked about yet, each with its number.
    heard: Vec<(usize, Ordered)>,
    count: usize,
    /// Number of the last message whose order is fixed.
    in_order: Option<usize>,
}

/// One difference that is no fault: where it may be, and how to tell it from one that is.
pub(crate) struct Tolerance {
    pub(crate) member: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) fits: fn(&Ordered, &Ordered) -> bool,
}

impl<'a> Replay<'a> {
    pub(crate) fn new(host: &'a Host, recording: &str) -> Self {
        Self {
            host,
            lines: recording.lines().map(Ordered::parse).collect(),
            at: 0,
            names: BTreeMap::new(),
            answer: None,
            sockets: BTreeMap::new(),
            speakers: BTreeMap::new(),
            tokens: BTreeMap::new(),
            tolerated: BTreeSet::new(),
        }
    }

    /// Replays to the end.
    pub(crate) async fn run(&mut self, table: &[Tolerance]) {
        self.run_to(self.lines.len(), table).await;
    }

    /// Replays up to that line.
    pub(crate) async fn run_to(&mut self, line: usize, table: &[Tolerance]) {
        while self.at < line {
            let record = self.lines[self.at].clone();
            self.at += 1;
            let place = format!("line {}", self.at);
            match record.text("event") {
                "http_request" => self.ask(&record).await,
                "http_response" => self.compare_answer(&place, &record, table),
                "ws_send" => self.say(&record).await,
                "ws_recv" => self.compare_message(&place, &record, table).await,
                "ws_refused" => {
                    let refused = Socket::open(self.host, record.text("query")).await.err();
                    let status = refused.map(|status| status.as_u16().to_string());
                    assert_eq!(status, record.member("status").map(Ordered::to_json), "{place}");
                }
                "note" if record.text("text").starts_with("another user") => {
                    self.tokens.insert("first".to_owned(), "OTHER_TOKEN".to_owned());
                    self.sockets.remove("first");
                }
                // Silence is what `finish` looks for; sockets are opened when they are needed.
                "timeout" | "note" | "ws_open" | "ws_close_by_client" => {}
                other => panic!("{place}: unknown event {other}"),
            }
        }
    }

    /// Messages that the recording does not have, of all connections. An answer that is sure to come shows that
    /// nothing else is on its way.
    pub(crate) async fn finish(mut self) -> Vec<Ordered> {
        let mut left = Vec::new();
        for open in self.sockets.values_mut() {
            open.socket.say(r#"{"type":"the end"}"#).await;
            loop {
                let message = Ordered::parse(&open.socket.text().await);
                if message.text("error") == "Unknown message type: the end" {
                    break;
                }
                left.push(message);
            }
            left.extend(open.heard.drain(..).map(|(_, message)| message));
        }
        left
    }

    /// Members in which something was tolerated.
    pub(crate) fn tolerated(&self) -> &BTreeSet<&'static str> {
        &self.tolerated
    }

    async fn ask(&mut self, record: &Ordered) {
        let record = self.translated(record);
        let headers = record.member("headers").map(Ordered::texts).unwrap_or_default();
        let body =
            record.member("json").map(Ordered::to_json).filter(|body| body != "null").unwrap_or_default();
        let (method, path) = (record.text("method"), record.text("path"));
        self.answer = Some(call(self.host, method, path, &headers, body).await);
    }

    fn compare_answer(&mut self, place: &str, record: &Ordered, table: &[Tolerance]) {
        let answer = self.answer.take().expect("an answer follows a request");
        let status = record.member("status").map(Ordered::to_json);
        assert_eq!(Some(answer.status.as_u16().to_string()), status, "{place}: {:?}", answer.body);
        if let Some(Ordered::Members(headers)) = record.member("headers") {
            let recorded: BTreeMap<_, _> =
                headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
            for name in ["content-type", "cache-control", "retry-after"] {
                let value = answer.header(name).map(|value| Ordered::Text(value.to_owned()));
                assert_eq!(value.as_ref(), recorded.get(name).copied(), "{place}: {name}");
            }
            let length = answer.body.len().to_string();
            assert_eq!(
                answer.header("content-length"),
                recorded.get("content-length").map(|_| length.as_str()),
                "{place}"
            );
        }
        match record.member("body").expect("a body") {
            Ordered::Text(text) => assert_eq!(answer.body, text.as_bytes(), "{place}"),
            // Bytes that are no JSON.
            Ordered::Plain(_) => assert!(answer.body.starts_with(b"OggS"), "{place}"),
            body @ (Ordered::List(_) | Ordered::Members(_)) => {
                let got = Ordered::parse(str::from_utf8(&answer.body).unwrap());
                self.compare(place, "", body, &got, table);
            }
        }
    }

    async fn say(&mut self, record: &Ordered) {
        let message = self.translated(record.member("message").expect("a message"));
        let speaker = self.speaker(record.member("message").unwrap().text("document_id"));
        // What was no JSON is recorded as text.
        let text = if let Ordered::Text(text) = &message { text.clone() } else { message.to_json() };
        self.open(&speaker).await.socket.say(&text).await;
    }

    /// Finds the message among those that came or come, and compares it.
    async fn compare_message(&mut self, place: &str, record: &Ordered, table: &[Tolerance]) {
        let message = record.member("message").expect("a message").clone();
        let speaker = self.speaker(message.text("document_id"));
        let wanted = key(&message);
        let open = self.open(&speaker).await;
        let found = loop {
            if let Some(index) = open.heard.iter().position(|(_, heard)| key(heard) == wanted) {
                break open.heard.remove(index);
            }
            let heard = Ordered::parse(&open.socket.text().await);
            open.heard.push((open.count, heard));
            open.count += 1;
        };
        // Blocks are made in parallel, so only results have no order of their own.
        if message.text("status") != "cached" {
            assert!(open.in_order.is_none_or(|last| last < found.0), "{place}: out of order");
            open.in_order = Some(found.0);
        }
        self.compare(place, "", &message, &found.1, table);
    }

    async fn open(&mut self, speaker: &str) -> &mut Open {
        if !self.sockets.contains_key(speaker) {
            let token = self.tokens.get(speaker).map_or("ACCESS_TOKEN", String::as_str);
            let socket = Socket::open(self.host, &format!("?token={token}")).await.unwrap();
            let open = Open { socket, heard: Vec::new(), count: 0, in_order: None };
            self.sockets.insert(speaker.to_owned(), open);
        }
        self.sockets.get_mut(speaker).unwrap()
    }

    fn speaker(&self, document: &str) -> String {
        self.speakers.get(document).map_or_else(|| "first".to_owned(), Clone::clone)
    }

    fn compare(&mut self, place: &str, member: &str, recorded: &Ordered, got: &Ordered, table: &[Tolerance]) {
        let place = format!("{place}{}{member}", if member.is_empty() { "" } else { "." });
        match (recorded, got) {
            _ if recorded == got => {}
            (Ordered::Members(recorded), Ordered::Members(got)) => {
                let names = |members: &[(String, Ordered)]| {
                    members.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
                };
                assert_eq!(names(got), names(recorded), "{place}");
                for ((name, recorded), (_, got)) in recorded.iter().zip(got) {
                    self.compare(&place, name, recorded, got, table);
                }
            }
            _ if let Some(rule) = table.iter().find(|rule| rule.member == member) => {
                assert!(
                    (rule.fits)(recorded, got),
                    "{place}: {recorded:?} but {got:?}, beyond \"{}\"",
                    rule.reason
                );
                self.tolerated.insert(rule.member);
            }
            (Ordered::List(recorded), Ordered::List(got)) => {
                assert_eq!(got.len(), recorded.len(), "{place}");
                for (recorded, got) in recorded.iter().zip(got) {
                    self.compare(&place, "", recorded, got, table);
                }
            }
            (Ordered::Text(recorded), Ordered::Text(got)) => self.compare_text(&place, recorded, got),
            _ => panic!("{place}: {recorded:?} but {got:?}"),
        }
    }

    /// Texts are equal once every name has become this run's; a name met for the first time is learned.
    fn compare_text(&mut self, place: &str, recorded: &str, got: &str) {
        let words = |text: &str| {
            let apart = |c: char| !(c.is_ascii_hexdigit() || c == '-');
            text.split(apart).filter(|word| is_name(word)).map(str::to_owned).collect::<Vec<_>>()
        };
        for (theirs, ours) in words(recorded).into_iter().zip(words(got)) {
            let known = self.names.values().any(|known| *known == ours);
            if theirs != ours && !known && !self.names.contains_key(&theirs) {
                assert_eq!(theirs.len(), ours.len(), "{place}");
                self.names.insert(theirs, ours);
            }
        }
        assert_eq!(got, self.translate(recorded), "{place}");
    }

    fn translated(&self, value: &Ordered) -> Ordered {
        value.map_texts(&|text| self.translate(text))
    }

    fn translate(&self, text: &str) -> String {
        /// What is left of an id at the end of an input that is quoted in part.
        const TAIL: usize = 22;
        let whole = |text: String, (theirs, ours): (&String, &String)| text.replace(theirs.as_str(), ours);
        let tail = |text: String, (theirs, ours): (&String, &String)| {
            let of = |name: &String| is_name(name).then(|| name[name.len() - TAIL..].to_owned());
            of(theirs)
                .zip(of(ours))
                .map_or_else(|| text.clone(), |(theirs, ours)| text.replace(&theirs, &ours))
        };
        self.names.iter().fold(self.names.iter().fold(text.to_owned(), whole), tail)
    }
}

/// A UUID or a SHA-256.
fn is_name(word: &str) -> bool {
    let dashes = word.matches('-').count();
    (word.len() == 36 && dashes == 4) || (word.len() == 64 && dashes == 0)
}

/// What a message is about.
fn key(message: &Ordered) -> (String, String, String) {
    let block = message.member("block_idx").map(Ordered::to_json).unwrap_or_default();
    (message.text("type").to_owned(), message.text("status").to_owned(), block)
}
