//! Recordings of real servers, wherever they are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_wire::openai::Dialect;
use serde_json::Value;

/// Names the folder of recordings.
const VARIABLE: &str = "CLAQUE_WIRE_TRUTH";
/// Where they lie beside a checkout.
const BESIDE: [&str; 2] = ["../../../shared/truth/wire", "../../../../shared/truth/wire"];
/// The few that are kept here.
const KEPT: &str = "tests/data/openai-speech";

/// Who was recorded, and which dialect that is.
const SERVERS: [(&str, &str); 5] = [
    ("fastkokoro", "fastkokoro"),
    ("fastkokoro-stream", "fastkokoro"),
    ("openedai-speech", "openedai-speech"),
    ("openedai-speech-new-piper", "openedai-speech"),
    ("wyoming-openai-gateway", "wyoming-openai"),
];

/// One request and its answer.
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) server: &'static str,
    pub(crate) dialect: &'static Dialect,
    pub(crate) request: String,
    pub(crate) head: Vec<u8>,
    /// Everything behind the head, chunk framing included; what there is of it.
    pub(crate) raw: Vec<u8>,
    /// Sizes of the reads that `raw` came in.
    pub(crate) reads: Vec<usize>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) body_file: Option<String>,
    pub(crate) end: String,
}

/// What ffmpeg made of a body.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub(crate) codec: String,
    pub(crate) rate: u32,
    pub(crate) samples: u64,
}

#[expect(clippy::print_stderr, reason = "a test that checks less than it could has to say so")]
pub(crate) fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let beside = BESIDE.iter().map(|path| here.join(path));
    let full = named.into_iter().chain(beside).map(|folder| folder.join("openai"));
    full.into_iter().find(|folder| folder.join("bodies.tsv").is_file()).unwrap_or_else(|| {
        eprintln!(
            "NOT ALL RECORDINGS OF REAL SERVERS ARE REPLAYED: no folder with them was found; {VARIABLE} names it. \
             A few that are kept in {KEPT} are."
        );
        here.join(KEPT)
    })
}

pub(crate) fn exchanges() -> Vec<Exchange> {
    let folder = folder();
    let mut exchanges = Vec::new();
    for (server, dialect) in SERVERS {
        let dialect = Dialect::named(dialect).expect("it is in the table");
        let text =
            fs::read_to_string(folder.join(format!("{server}.jsonl"))).expect("it is part of the folder");
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).expect("a line is JSON");
            if record["kind"] == "exchange" {
                exchanges.push(exchange(&folder, server, dialect, &record));
            }
        }
    }
    assert!(!exchanges.is_empty(), "there is something to replay in {}", folder.display());
    exchanges
}

/// What came over whole connections; none where only a few recordings are.
pub(crate) fn connections() -> Vec<(&'static Dialect, Vec<u8>)> {
    let folder = folder();
    let mut connections = Vec::new();
    for server in ["openedai-speech", "wyoming-openai-gateway"] {
        let Ok(text) = fs::read_to_string(folder.join(format!("manners-{server}.jsonl"))) else { continue };
        let name = SERVERS.into_iter().find(|(known, _)| *known == server).expect("it is in the list").1;
        let dialect = Dialect::named(name).expect("it is in the table");
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).expect("a line is JSON");
            if let Some(file) = record["in_file"].as_str() {
                connections.push((dialect, fs::read(folder.join(file)).expect("it is kept")));
            }
        }
    }
    connections
}

/// What ffmpeg made of a body, where it was asked.
pub(crate) fn decoded(file: &str) -> Option<Decoded> {
    let table = fs::read_to_string(folder().join("bodies.tsv")).expect("it is part of the folder");
    let row = table.lines().find(|row| row.starts_with(file))?;
    let mut cells = row.split('\t').skip(2);
    let mut next = || cells.next().expect("a row has its cells").to_owned();
    let (codec, rate, _channels, samples) = (next(), next(), next(), next());
    let number = |text: String| text.parse().expect("a number");
    Some(Decoded { codec, rate: u32::try_from(number(rate)).expect("a rate"), samples: number(samples) })
}

fn exchange(folder: &Path, server: &'static str, dialect: &'static Dialect, record: &Value) -> Exchange {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let body_file = record["body_file"].as_str().map(str::to_owned);
    let body = match (&body_file, record["body_text"].as_str()) {
        (Some(file), _) => Some(fs::read(folder.join(file)).expect("the body is kept")),
        (None, Some(text)) => Some(text.as_bytes().to_vec()),
        (None, None) => None,
    };
    // Heads are written as Latin-1.
    let head =
        text(&record["head"]).chars().map(|byte| u8::try_from(u32::from(byte)).expect("Latin-1")).collect();
    let first = record["body_not_kept"]["first_hex"].as_str().map(unhex).unwrap_or_default();
    let content = body.clone().unwrap_or(first);
    let frames = sizes(&record["chunk_frames"], |frame| &frame[1]);
    let reads =
        sizes(&record["reads"], |read| if read["raw_n"].is_null() { &read["n"] } else { &read["raw_n"] });
    let is_chunked = text(&record["head"]).to_lowercase().contains("transfer-encoding: chunked");
    let raw = if is_chunked { chunked(&content, &frames) } else { content };
    Exchange {
        name: format!("{server}: {}", text(&record["case"])),
        server,
        dialect,
        request: text(&record["request"]["text"]),
        head,
        raw,
        reads,
        body,
        body_file: body_file.map(|file| file.trim_start_matches("bodies/").to_owned()),
        end: text(&record["end"]),
    }
}

fn sizes(list: &Value, size: impl Fn(&Value) -> &Value) -> Vec<usize> {
    let number = |entry: &Value| usize::try_from(size(entry).as_u64().expect("a size")).expect("it is short");
    list.as_array().map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

/// The body as it was framed: `size`, line, bytes, line.
fn chunked(mut body: &[u8], frames: &[usize]) -> Vec<u8> {
    let mut raw = Vec::new();
    for size in frames {
        raw.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        let (chunk, rest) = body.split_at((*size).min(body.len()));
        raw.extend_from_slice(chunk);
        if chunk.len() < *size {
            return raw;
        }
        raw.extend_from_slice(b"\r\n");
        body = rest;
    }
    raw
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).expect("hex")).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
}
