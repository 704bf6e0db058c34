//! Programs of others that tests start: where they are, and servers that say their address first.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a server may take to say its address: a voice is loaded meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a variable of `cargo xtask test` names; none, told loudly, where the tests were started without it.
#[expect(clippy::print_stderr, reason = "whoever skips a test is to know")]
pub(crate) fn named_by(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        eprintln!(
            "SKIPPED: {variable} is not set; `cargo xtask test` installs what this test needs and sets it"
        );
    }
    path
}

/// A file beside the tests, in the folder of clients and servers.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// A server that was started, and ends with the test.
pub(crate) struct StartedServer {
    process: Child,
    base_url: String,
}

impl StartedServer {
    /// Starts a program whose first line on stdout is its address; none if it ends, or is silent for a minute.
    pub(crate) fn start(command: &mut Command) -> Option<Self> {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        // Reads on to the end, so that the server can always write.
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line).or(Ok::<_, ()>(())))
        });
        let first = told.recv_timeout(PATIENCE).ok();
        let mut server = Self { process, base_url: String::new() };
        server.base_url = first?;
        Some(server)
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for StartedServer {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _waited = self.process.wait();
    }
}
