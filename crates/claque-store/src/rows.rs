//! Facts as lines of the journal: the rows of the tables, and what no table has.

use std::borrow::Cow;

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Fact, IncidentRecord, SoundRecord},
    time::MediaTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    asked::{ArrivedRow, AskedRow},
    cells::sound_from,
    columns::{Present, PutCell, PutOptional},
    incidents::IncidentRow,
    tables::{BlockRow, ErrorRow, ListenerRow, StallRow},
};

/// One line of the journal, in which a cell of a block that is empty is not there. How it is read stands in [`line`](crate::line).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "lowercase", bound(serialize = "Text: Serialize + PutCell + PutOptional"))]
pub(crate) enum FactRow<Text = String> {
    #[serde(serialize_with = "Present::serialize_present")]
    Block(BlockRow<Text>),
    Stall(StallRow),
    Error(ErrorRow<Text>),
    Incident(IncidentRow),
    Listener(ListenerRow<Text>),
    Sound(SoundRow),
    /// No fact: what was asked for, so that a run that is killed knows it.
    Asked(AskedRow),
    /// No fact either: what arrived and may not have been heard yet.
    Arrived(ArrivedRow),
}

/// A line of the journal: audio was listened to whose block may be on record already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SoundRow {
    listener: u32,
    block: u32,
    sound: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leading_silence_ns: Option<u64>,
}

impl<'a, Text: From<Cow<'a, str>>> From<&'a Fact> for FactRow<Text> {
    fn from(fact: &'a Fact) -> Self {
        match fact {
            Fact::Block(record) => Self::Block(record.into()),
            Fact::Stall(record) => Self::Stall(record.into()),
            Fact::Error(record) => Self::Error(record.into()),
            Fact::Incident(record) => Self::Incident(record.into()),
            Fact::Listener(record) => Self::Listener(record.into()),
            Fact::Sound(SoundRecord { listener, block, sound, leading_silence }) => Self::Sound(SoundRow {
                listener: listener.0,
                block: block.0,
                sound: sound.as_str().to_owned(),
                leading_silence_ns: leading_silence.map(MediaTime::as_nanos),
            }),
        }
    }
}

impl FactRow {
    /// The fact, if it is one, or what is wrong with the row.
    pub(crate) fn into_fact(self) -> Result<Option<Fact>, String> {
        Ok(Some(match self {
            Self::Block(row) => Fact::Block(row.into_record()?),
            Self::Stall(row) => Fact::Stall(row.into_record()?),
            Self::Error(row) => Fact::Error(row.into_record()?),
            Self::Incident(row) => Fact::Incident(IncidentRecord::try_from(row)?),
            Self::Listener(row) => Fact::Listener(row.into_record()?),
            Self::Sound(SoundRow { listener, block, sound, leading_silence_ns }) => {
                Fact::Sound(SoundRecord {
                    listener: ListenerId(listener),
                    block: BlockIdx(block),
                    sound: sound_from(&sound)?,
                    leading_silence: leading_silence_ns.map(MediaTime::from_nanos),
                })
            }
            Self::Asked(_) | Self::Arrived(_) => return Ok(None),
        }))
    }
}
