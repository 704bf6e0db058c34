//! Speech of somebody's own Wyoming server: each text is one connection, as the protocol's own clients do it.

use claque_core::time::{Duration, SampleRate};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{
    Recording,
    program::{MAX_AUDIO_BYTES, MAX_WORDS},
};

/// Longest header of an event, and longest data behind it: a list of hundreds of voices is 86 kB.
const MAX_LINE: u64 = 1 << 20;
/// Longest payload of one event.
const MAX_PAYLOAD: u64 = 4 << 20;

/// A server to be asked. Only this address is ever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WyomingEngine {
    /// Name or address.
    pub host: String,
    /// TCP port; servers of piper listen on 10200.
    pub port: u16,
    /// The voice to ask for, the server's own if none is named.
    pub voice: Option<String>,
    /// Longest time for one text. 60 s by default.
    pub timeout: Duration,
}

/// One message of the server.
#[derive(Debug)]
struct Event {
    kind: String,
    data: Value,
    payload: Vec<u8>,
}

impl WyomingEngine {
    /// A server by `HOST:PORT`; an IPv6 address stands in brackets. None for what is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(address) => address.strip_suffix(']')?,
            None if host.contains(':') => return None,
            None => host,
        };
        let is_word =
            !host.is_empty() && !host.contains(|letter: char| letter.is_whitespace() || letter == '/');
        let port = port.parse().ok().filter(|port| *port > 0)?;
        is_word.then(|| Self { host: host.to_owned(), port, voice: None, timeout: Duration::from_secs(60) })
    }

    /// Has a text spoken.
    ///
    /// # Errors
    /// The server's words, or what is wrong with its answer.
    pub(super) async fn speak(&self, text: &str) -> Result<Recording, String> {
        let spoken = timeout(self.timeout, self.exchange(text)).await;
        spoken.unwrap_or_else(|_| Err(format!("the engine took more than {:?}", self.timeout)))
    }

    async fn exchange(&self, text: &str) -> Result<Recording, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|error| format!("failed to reach the engine: {error}"))?;
        let mut stream = BufReader::new(stream);
        let mut data = json!({ "text": text });
        if let Some(voice) = &self.voice {
            data["voice"] = json!({ "name": voice });
        }
        let line = json!({ "type": "synthesize", "data": data }).to_string() + "\n";
        let written = stream.get_mut().write_all(line.as_bytes()).await;
        written.map_err(|error| format!("failed to ask the engine: {error}"))?;
        let mut format = None;
        let mut audio = Vec::new();
        loop {
            let event = read_event(&mut stream).await?;
            match event.kind.as_str() {
                "audio-chunk" => {
                    let here = samples_of(&event.data)?;
                    if *format.get_or_insert(here) != here {
                        return Err("the engine changed its sample rate within one text".to_owned());
                    }
                    audio.extend_from_slice(&event.payload);
                    if u64::try_from(audio.len()).is_ok_and(|length| length > MAX_AUDIO_BYTES) {
                        return Err(format!("the engine made more than {} MiB", MAX_AUDIO_BYTES >> 20));
                    }
                }
                "audio-stop" => break,
                "error" => {
                    let words = event.data["text"].as_str().unwrap_or("no words");
                    return Err(words.chars().take(MAX_WORDS).collect());
                }
                // audio-start, and whatever else a server may say.
                _ => {}
            }
        }
        let (rate, channels) = format.ok_or("the engine made no audio")?;
        let samples = audio.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        Ok(Recording { samples, channels, rate })
    }
}

/// Rate and channels of samples of 16 bits.
fn samples_of(data: &Value) -> Result<(SampleRate, u16), String> {
    let number = |key: &str| data[key].as_u64();
    let rate = number("rate").and_then(|rate| u32::try_from(rate).ok()).and_then(SampleRate::new);
    let channels = number("channels").and_then(|count| u16::try_from(count).ok()).filter(|count| *count > 0);
    match (number("width"), rate, channels) {
        (Some(2), Some(rate), Some(channels)) => Ok((rate, channels)),
        _ => Err(format!("the engine's audio is {data}; samples of 16 bits are understood")),
    }
}

/// Reads a header, the data behind it and the payload behind that.
async fn read_event(stream: &mut BufReader<TcpStream>) -> Result<Event, String> {
    let failed = |error: std::io::Error| format!("failed to read the engine's answer: {error}");
    let mut line = Vec::new();
    (&mut *stream).take(MAX_LINE).read_until(b'\n', &mut line).await.map_err(failed)?;
    if line.last() != Some(&b'\n') {
        return Err("the engine hung up before its audio was whole".to_owned());
    }
    let no_event = |_| "the engine sent what is no event of Wyoming".to_owned();
    let header: Value = serde_json::from_slice(&line).map_err(no_event)?;
    let mut behind = async |key: &str, most: u64| {
        let length = header[key].as_u64().unwrap_or(0);
        if length > most {
            return Err(format!("the engine sent an event of {length} bytes"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        stream.read_exact(&mut bytes).await.map_err(failed)?;
        Ok(bytes)
    };
    let (block, payload) =
        (behind("data_length", MAX_LINE).await?, behind("payload_length", MAX_PAYLOAD).await?);
    let mut data = header["data"].clone();
    if !block.is_empty() {
        // It is laid over what the header holds.
        let block: Value = serde_json::from_slice(&block).map_err(no_event)?;
        match (data.as_object_mut(), block) {
            (Some(data), Value::Object(block)) => data.extend(block),
            (_, block) => data = block,
        }
    }
    Ok(Event { kind: header["type"].as_str().unwrap_or_default().to_owned(), data, payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let parsed = |text: &str| WyomingEngine::parse(text).map(|engine| (engine.host, engine.port));
        assert_eq!(parsed("127.0.0.1:10200"), Some(("127.0.0.1".to_owned(), 10_200)));
        assert_eq!(parsed("[::1]:9"), Some(("::1".to_owned(), 9)));
        for text in ["", "piper", "piper:", ":1", "piper:0", "piper:70000", "::1:9", "tcp://a:1", "[::1:9"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
