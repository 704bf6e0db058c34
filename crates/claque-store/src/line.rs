//! Reading lines of the journal. What serde derives for an enum with a tag holds all fields of a line until it knows the kind,
//! wherever that stands; here it stands first, as it is written, and the rest is read straight into its row.

use std::{fmt, marker::PhantomData};

use claque_core::record::Fact;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use crate::rows::FactRow;

/// The name of the field that tells the kind.
const TAG: &str = "fact";

/// A line of which nothing is kept if it is no fact.
#[derive(Debug)]
pub(crate) struct FactLine(Option<FactRow>);

impl FactLine {
    /// The fact, if it is one, or what is wrong with the row.
    pub(crate) fn into_fact(self) -> Result<Option<Fact>, String> {
        self.0.map_or(Ok(None), FactRow::into_fact)
    }
}

/// The kinds of lines, by their names.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Block,
    Stall,
    Error,
    Incident,
    Listener,
    Sound,
    Asked,
    Arrived,
}

/// A name of a field.
#[derive(Debug, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Fact,
    Other(String),
}

/// What a line becomes once its kind is known.
trait ParseAsKind: Sized {
    fn of_kind<'de, D: Deserializer<'de>>(kind: Kind, fields: D) -> Result<Self, D::Error>;
}

impl ParseAsKind for FactRow {
    fn of_kind<'de, D: Deserializer<'de>>(kind: Kind, fields: D) -> Result<Self, D::Error> {
        Ok(match kind {
            Kind::Block => Self::Block(Deserialize::deserialize(fields)?),
            Kind::Stall => Self::Stall(Deserialize::deserialize(fields)?),
            Kind::Error => Self::Error(Deserialize::deserialize(fields)?),
            Kind::Incident => Self::Incident(Deserialize::deserialize(fields)?),
            Kind::Listener => Self::Listener(Deserialize::deserialize(fields)?),
            Kind::Sound => Self::Sound(Deserialize::deserialize(fields)?),
            Kind::Asked => Self::Asked(Deserialize::deserialize(fields)?),
            Kind::Arrived => Self::Arrived(Deserialize::deserialize(fields)?),
        })
    }
}

impl ParseAsKind for FactLine {
    fn of_kind<'de, D: Deserializer<'de>>(kind: Kind, fields: D) -> Result<Self, D::Error> {
        match kind {
            Kind::Asked | Kind::Arrived => IgnoredAny::deserialize(fields).map(|_| Self(None)),
            Kind::Block | Kind::Stall | Kind::Error | Kind::Incident | Kind::Listener | Kind::Sound => {
                FactRow::of_kind(kind, fields).map(|row| Self(Some(row)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for FactRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for FactLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor(PhantomData))
    }
}

struct LineVisitor<Row>(PhantomData<Row>);

impl<'de, Row: ParseAsKind> Visitor<'de> for LineVisitor<Row> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of the journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut line: A) -> Result<Row, A::Error> {
        let mut fields = Map::new();
        match line.next_key()? {
            Some(Field::Fact) => {
                let kind = line.next_value()?;
                return Row::of_kind(kind, MapAccessDeserializer::new(line));
            }
            Some(Field::Other(name)) => drop(fields.insert(name, line.next_value()?)),
            None => {}
        }
        // A line that another program has written anew may have its fields in another order.
        while let Some((name, value)) = line.next_entry::<String, Value>()? {
            fields.insert(name, value);
        }
        let kind = fields.remove(TAG).ok_or_else(|| A::Error::missing_field(TAG))?;
        let kind = Kind::deserialize(kind).map_err(A::Error::custom)?;
        Row::of_kind(kind, Value::Object(fields)).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::tables::StallRow;

    const STALL: StallRow = StallRow { listener: 3, block: 7, began_at_ns: 12, waited_ns: u64::MAX };

    #[test]
    fn the_kind_may_stand_anywhere_and_stands_first() {
        let first = serde_json::to_string(&FactRow::<Cow<'_, str>>::Stall(STALL)).unwrap();
        assert!(first.starts_with(r#"{"fact":"stall","#), "{first}");
        let sorted =
            r#"{"began_at_ns":12,"block":7,"fact":"stall","listener":3,"waited_ns":18446744073709551615}"#;
        for line in [&first, sorted] {
            assert_eq!(serde_json::from_str::<FactRow>(line).unwrap(), FactRow::Stall(STALL));
        }
    }

    #[test]
    fn what_is_no_line_of_a_journal_is_told() {
        let told = |line: &str| serde_json::from_str::<FactRow>(line).unwrap_err().to_string();
        assert!(told("{}").contains("missing field `fact`"), "{}", told("{}"));
        let other = r#"{"fact":"other"}"#;
        assert!(told(other).contains("unknown variant `other`"), "{}", told(other));
        let half = r#"{"fact":"stall","listener":3}"#;
        assert!(told(half).contains("missing field `block`"), "{}", told(half));
        assert!(told("[]").contains("a line of the journal"), "{}", told("[]"));
    }

    #[test]
    fn a_line_that_is_no_fact_is_read_to_its_end_and_not_kept() {
        let read = |line: &str| serde_json::from_str::<FactLine>(line);
        let asked = r#"{"fact":"asked","listener":1,"at_ns":5,"blocks":[1,2]}"#;
        assert!(read(asked).unwrap().0.is_none());
        assert!(read(&asked[..asked.len() - 1]).is_err(), "its end is missing");
        let stall = serde_json::to_string(&FactRow::<Cow<'_, str>>::Stall(STALL)).unwrap();
        assert_eq!(read(&stall).unwrap().0, Some(FactRow::Stall(STALL)));
    }
}
