//! Who of a lane listens now, and how to tell each that it is to end.

use std::collections::BTreeMap;

use claque_core::{
    ids::ListenerId,
    player::{Act, Input},
};
use tokio::{sync::oneshot, task::JoinSet};

/// What ends a listener before its text does. A channel each, because a listener that waits for its own is woken by
/// nobody else's.
pub(super) type Told = oneshot::Receiver<Input>;

/// The listeners of a lane that have started and not yet ended.
#[derive(Debug, Default)]
pub(super) struct Roster {
    tasks: JoinSet<ListenerId>,
    lines: BTreeMap<ListenerId, oneshot::Sender<Input>>,
}

impl Roster {
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Starts what `listen` gives. To be called in the lane's own set of tasks.
    pub(super) fn start<F>(&mut self, listener: ListenerId, listen: impl FnOnce(Told) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        let (line, told) = oneshot::channel();
        let listening = listen(told);
        self.lines.insert(listener, line);
        self.tasks.spawn_local(async move {
            listening.await;
            listener
        });
    }

    /// Ends everybody's session.
    pub(super) fn stop(&mut self) {
        while let Some((_, line)) = self.lines.pop_first() {
            // One that is ending by itself does not listen any more.
            let _ending = line.send(Input::Stop);
        }
    }

    /// Has a listener leave, if it is there.
    pub(super) fn dismiss(&mut self, listener: ListenerId) {
        if let Some(line) = self.lines.remove(&listener) {
            let _ending = line.send(Input::Act(Act::HangUp));
        }
    }

    /// Strikes off all who have ended.
    pub(super) fn reap(&mut self) {
        while let Some(end) = self.tasks.try_join_next() {
            self.strike_off(end);
        }
    }

    /// Waits for one to end and strikes it off. Cancel-safe.
    pub(super) async fn reap_next(&mut self) {
        if let Some(end) = self.tasks.join_next().await {
            self.strike_off(end);
        }
    }

    /// A listener that panicked is our bug: it must not look like one that finished.
    fn strike_off(&mut self, end: Result<ListenerId, tokio::task::JoinError>) {
        match end {
            Ok(listener) => {
                self.lines.remove(&listener);
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_cancelled) => {}
        }
    }
}
