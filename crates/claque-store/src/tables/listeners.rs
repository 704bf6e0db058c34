//! Listeners.

use claque_core::{
    ids::ListenerId,
    record::{ListenerRecord, SessionEnd},
    time::{Duration, Instant, duration_nanos},
};

use super::{COUNT, MOMENT, NAME, NUMBER, SPAN};
use crate::{
    cells::end_from,
    columns::{table, text},
};

table! {
    /// A row of `listeners.parquet`, and an element of `listeners` in `run.json`.
    ListenerRow<Text> of ListenerRecord, in LISTENERS = "listeners" with LISTENER_COLUMNS, reads 1;

    /// number of the listener, from 0
    listener: u32, NUMBER => |record| record.listener.0;
    /// the document played, as the service names it
    document: Text, NAME => |record| text(record.document.as_str());
    /// blocks it set out to hear
    blocks: u32, COUNT => |record| record.blocks;
    /// when the schedule said to start
    intended_at_ns: u64, MOMENT => |record| record.intended_at.as_nanos();
    /// when claque had it start
    launched_at_ns: u64, MOMENT => |record| record.launched_at.as_nanos();
    /// transport and handshake
    connect_ns: Option<u64>, SPAN => |record| record.connect_time.map(duration_nanos);
    /// playback first started
    started_at_ns: Option<u64>, MOMENT => |record| record.started_at.map(Instant::as_nanos);
    /// time in which audio was heard
    playing_ns: Option<u64>, SPAN, since 1 => |record| record.playing.map(duration_nanos);
    /// time in which the listener paused, or thought between two utterances
    paused_ns: u64, SPAN, since 1 => |record| duration_nanos(record.paused);
    /// when its session ended
    ended_at_ns: u64, MOMENT => |record| record.ended_at.as_nanos();
    /// `completed`, `stopped`, `left`, `hung-up` or `failed`
    end: Text, "completed, stopped, left, hung-up or failed" => |record| text(record.end.as_str());
    /// class of the failure of a failed session
    failure: Option<Text>, "class of the failure of a failed session" => |record| match record.end {
        SessionEnd::Failed(class) => Some(text(class.as_str())),
        SessionEnd::Completed | SessionEnd::Stopped | SessionEnd::Left | SessionEnd::HungUp => None,
    };
    /// messages of foreign documents
    foreign_messages: u64, COUNT => |record| record.foreign_messages;
    /// messages not understood
    warnings: u64, COUNT => |record| record.warnings;
    /// bytes of audio that came when nobody waited for them; empty where nobody noted it
    unwanted_bytes: Option<u64>, "bytes", since 2 => |record| record.unwanted_bytes;
    /// what the plan calls its network; empty where it had none
    network: Option<Text>, "name of its network", since 3 => |record| record.network.as_deref().map(text);
}

impl<Text: AsRef<str> + Into<String>> ListenerRow<Text> {
    pub(crate) fn into_record(self) -> Result<ListenerRecord, String> {
        Ok(ListenerRecord {
            end: end_from(self.end.as_ref(), self.failure.as_ref().map(AsRef::as_ref))?,
            listener: ListenerId(self.listener),
            document: self.document.into(),
            blocks: self.blocks,
            intended_at: Instant::from_nanos(self.intended_at_ns),
            launched_at: Instant::from_nanos(self.launched_at_ns),
            connect_time: self.connect_ns.map(Duration::from_nanos),
            started_at: self.started_at_ns.map(Instant::from_nanos),
            playing: self.playing_ns.map(Duration::from_nanos),
            paused: Duration::from_nanos(self.paused_ns),
            ended_at: Instant::from_nanos(self.ended_at_ns),
            foreign_messages: self.foreign_messages,
            warnings: self.warnings,
            unwanted_bytes: self.unwanted_bytes,
            network: self.network.map(Into::into),
        })
    }
}
