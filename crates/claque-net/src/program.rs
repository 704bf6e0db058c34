//! Programs of others that are started: without keys that are not theirs, and ended with all that they started.

use std::{io, process::ExitStatus};

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Variables that hold keys of claque's own: no program is shown them.
const OUR_KEYS: [&str; 2] = ["CLAQUE_TOKEN", "CLAQUE_ENGINE_API_KEY"];

/// A program in a process group of its own. One that is dropped before it has ended is killed, and so is every process of its group: a
/// shell's children would go on otherwise.
#[derive(Debug)]
pub(crate) struct Program(Child);

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        for key in OUR_KEYS {
            command.env_remove(key);
        }
        #[cfg(unix)]
        command.process_group(0);
        command.kill_on_drop(true).spawn().map(Self)
    }

    /// Its standard streams, where they are pipes and nobody has taken them yet.
    pub(crate) const fn pipes(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// The system cannot tell.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One whose end was waited for has no number any more; another process may have it.
        #[cfg(unix)]
        if let Some(number) = self.0.id().and_then(|number| i32::try_from(number).ok()) {
            use nix::{sys::signal, unistd::Pid};
            // It may just have ended.
            let _ended = signal::killpg(Pid::from_raw(number), signal::Signal::SIGKILL);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, path::Path, process::Stdio, time::Duration};

    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Whether it is there and has not ended.
    fn runs(number: &str) -> bool {
        let stat = fs::read_to_string(Path::new("/proc").join(number).join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
    }

    #[tokio::test]
    async fn what_it_started_ends_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & echo $!; wait"]).stdout(Stdio::piped());
        let mut program = Program::start(&mut command).unwrap();
        let (_, Some(mut stdout), _) = program.pipes() else { panic!("it has an output") };
        let mut told = [0; 16];
        let count = stdout.read(&mut told).await.unwrap();
        let child = String::from_utf8_lossy(&told[..count]).trim().to_owned();
        assert!(runs(&child) && program.is_running());
        drop(program);
        for _ in 0..100 {
            if !runs(&child) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("process {child} goes on");
    }
}
