//! The terminal as a screen: opened, drawn on, and given back whatever happens.

use std::{
    cell::RefCell,
    io::{self, BufWriter, IsTerminal as _, Stderr},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    cursor::Show,
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};

use super::{
    draw::{self, Paint},
    picture::Picture,
};
use crate::talk;

/// Bytes of one picture on the largest terminals, with their colours: one write each.
const BUFFER: usize = 64 << 10;

/// Whether the terminal is ours at this moment. Of the process: there is one terminal, and a panic on any thread gives
/// it back.
static OPEN: AtomicBool = AtomicBool::new(false);

type StderrTerminal = Terminal<CrosstermBackend<BufWriter<Stderr>>>;

/// The terminal behind stderr, until it is closed or dropped.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: RefCell<StderrTerminal>,
    paint: Paint,
}

impl Screen {
    /// Takes the terminal, or says why not.
    pub(super) fn open() -> Result<Self, String> {
        if !io::stderr().is_terminal() {
            return Err("stderr is no terminal".to_owned());
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err("the terminal is a dumb one".to_owned());
        }
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
            }));
        });
        let failed = |error: io::Error| format!("the terminal cannot be taken ({error})");
        enable_raw_mode().map_err(failed)?;
        OPEN.store(true, Ordering::SeqCst);
        talk::hold();
        let terminal = execute!(io::stderr(), EnterAlternateScreen).and_then(|()| {
            Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(BUFFER, io::stderr())))
        });
        match terminal {
            Ok(terminal) => {
                Ok(Self { terminal: RefCell::new(terminal), paint: Paint::new(talk::colours_are_wanted()) })
            }
            Err(error) => {
                give_back();
                Err(failed(error))
            }
        }
    }

    pub(super) fn draw(&self, picture: &Picture) {
        if !OPEN.load(Ordering::SeqCst) {
            return;
        }
        let mut terminal = self.terminal.borrow_mut();
        if let Err(error) = terminal.draw(|frame| draw::picture(picture, self.paint, frame)) {
            // A terminal that has gone is no reason to stop.
            tracing::debug!(%error, "failed to draw");
        }
    }

    /// Gives the terminal back.
    pub(super) fn close(&self) {
        give_back();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if OPEN.swap(false, Ordering::SeqCst) {
        // There is nothing to be done about a terminal that has gone.
        let _gone = execute!(io::stderr(), LeaveAlternateScreen, Show);
        let _gone = disable_raw_mode();
        talk::release();
    }
}
