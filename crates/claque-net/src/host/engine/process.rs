//! One process that stays up: lines of JSON in; lines of JSON and WAV out.

use std::{
    io,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout, Command},
    time::{sleep, timeout},
};

use super::{
    persistent::PersistentEngine,
    program::{MAX_AUDIO_BYTES, MAX_WORDS},
};
use crate::program::Program;

/// Longest line of an answer, bytes: an error in a few words.
const MAX_LINE: u64 = 64 << 10;
/// Characters of a line that makes no sense that are told.
const SHOWN: usize = 60;
/// How long the last words of a process that ended are waited for.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(50);

/// A process that is ready to speak, or is spoken by.
#[derive(Debug)]
pub(super) struct SpeechProcess {
    program: Program,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// The last line that it wrote on its standard error.
    words: Arc<Mutex<String>>,
    is_usable: bool,
}

/// What is asked.
#[derive(Serialize)]
struct Request<'a> {
    text: &'a str,
    voice: &'a str,
}

/// What is answered: that it is ready, so many bytes of WAV behind the line, or why there are none.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    ready: bool,
    bytes: Option<u64>,
    error: Option<String>,
}

impl SpeechProcess {
    /// Starts a process and waits until it says that it is ready.
    ///
    /// # Errors
    /// Says what the program failed at.
    pub(super) async fn start(engine: &PersistentEngine) -> Result<Self, String> {
        let named = |what: String| format!("{}: {what}", engine.name());
        let mut process = Self::spawn(engine).map_err(|error| named(format!("failed to start: {error}")))?;
        let answered = timeout(engine.start_timeout, process.answer()).await;
        match answered {
            Ok(Ok(Answer { ready: true, .. })) => Ok(process),
            Ok(Ok(Answer { error: Some(error), .. })) => Err(named(cut(&error))),
            Ok(Ok(_)) => Err(named("its first line is not {\"ready\": true}".to_owned())),
            Ok(Err(error)) => Err(named(error)),
            Err(_) => Err(named(format!("was not ready after {:?}, and was stopped", engine.start_timeout))),
        }
    }

    fn spawn(engine: &PersistentEngine) -> io::Result<Self> {
        let mut command = Command::new(&engine.program);
        command.args(&engine.args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = Program::start(&mut command)?;
        let (Some(stdin), Some(stdout), stderr) = program.pipes() else {
            return Err(io::Error::other("it has no standard input or output"));
        };
        let words = Arc::<Mutex<String>>::default();
        if let Some(stderr) = stderr {
            tokio::spawn(keep_last_line(stderr, Arc::clone(&words)));
        }
        Ok(Self { program, stdin, stdout: BufReader::new(stdout), words, is_usable: true })
    }

    /// Has a text spoken, in the time that the engine allows. Gives WAV.
    ///
    /// # Errors
    /// Says what the program failed at. It is of no more use then, unless it was the program that said so.
    pub(super) async fn speak(
        &mut self,
        engine: &PersistentEngine,
        text: &str,
        voice: &str,
    ) -> Result<Vec<u8>, String> {
        // Also where whoever waits for it goes away in between.
        self.is_usable = false;
        let spoken = timeout(engine.timeout, self.exchange(text, voice)).await;
        let spoken =
            spoken.unwrap_or_else(|_| Err(format!("took more than {:?} and was stopped", engine.timeout)));
        spoken.map_err(|error| format!("{}: {error}", engine.name()))
    }

    async fn exchange(&mut self, text: &str, voice: &str) -> Result<Vec<u8>, String> {
        let mut line = serde_json::to_vec(&Request { text, voice }).map_err(|error| error.to_string())?;
        line.push(b'\n');
        // Where it has ended, that is what its answer says.
        let written = match self.stdin.write_all(&line).await {
            Ok(()) => self.stdin.flush().await,
            failed @ Err(_) => failed,
        };
        let Answer { bytes, error, .. } = self.answer().await?;
        written.map_err(|error| format!("failed to hand it a text: {error}"))?;
        let Some(count) = bytes.filter(|_| error.is_none()) else {
            // What may follow behind an error is nobody's.
            self.is_usable = error.is_some() && bytes.is_none();
            return Err(
                error.map_or_else(|| "its answer has neither bytes nor an error".to_owned(), |e| cut(&e))
            );
        };
        if count > MAX_AUDIO_BYTES {
            return Err(format!("made more than {} MiB", MAX_AUDIO_BYTES >> 20));
        }
        let mut audio = Vec::new();
        let read = (&mut self.stdout).take(count).read_to_end(&mut audio).await;
        read.map_err(|error| format!("failed to read its audio: {error}"))?;
        if u64::try_from(audio.len()).ok() != Some(count) {
            return Err(self.end().await);
        }
        self.is_usable = true;
        Ok(audio)
    }

    /// Reads a line.
    async fn answer(&mut self) -> Result<Answer, String> {
        let mut line = Vec::new();
        let read = (&mut self.stdout).take(MAX_LINE).read_until(b'\n', &mut line).await;
        read.map_err(|error| format!("failed to read its answer: {error}"))?;
        if line.is_empty() {
            return Err(self.end().await);
        }
        serde_json::from_slice(&line).map_err(|_| {
            let shown: String = String::from_utf8_lossy(&line).trim_end().chars().take(SHOWN).collect();
            format!("wrote a line that is no answer: {}", shown.escape_debug())
        })
    }

    /// How it ended, in its own words if it had any.
    async fn end(&mut self) -> String {
        let status = timeout(LAST_WORDS, self.program.wait()).await;
        // Its standard error is read beside this.
        sleep(LAST_WORDS).await;
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let how = match status {
            Ok(Ok(status)) => format!("ended with {status}"),
            Ok(Err(_)) | Err(_) => "closed its standard output".to_owned(),
        };
        if words.is_empty() { how } else { format!("{how}: {words}") }
    }

    /// Whether it may be given another text.
    pub(super) const fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Whether it has not ended.
    pub(super) fn is_running(&mut self) -> bool {
        self.program.is_running()
    }
}

fn cut(words: &str) -> String {
    words.chars().take(MAX_WORDS).collect()
}

/// Reads to the end, so that a program that says much is never held up, and keeps the last line that has any words.
async fn keep_last_line(from: impl AsyncRead + Unpin, last: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut lines).take(MAX_LINE).read_until(b'\n', &mut line).await {
        let words = String::from_utf8_lossy(&line);
        let words = words.trim();
        if !words.is_empty() {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = cut(words);
        }
        line.clear();
    }
}
