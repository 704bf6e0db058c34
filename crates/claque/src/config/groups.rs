//! Groups of settings that stand side by side at the top of a scenario, each read by itself, so that a setting stands in the file of its
//! group alone.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use serde::{
    Deserializer,
    de::{DeserializeOwned, Visitor, value::Error as NoValue},
};
use toml::{
    Spanned,
    de::{DeTable, Deserializer as TomlDeserializer},
};

/// Settings that stand side by side in a scenario, by the names of its fields.
pub(super) trait Group: DeserializeOwned {
    /// Puts every file that is read to where `beside` has it; of most groups there is none.
    fn place_files(&mut self, _beside: &dyn Fn(&Path) -> PathBuf) {}
}

/// What could not be read, in a deserialiser's words.
pub(super) struct Unread {
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
}

impl From<toml::de::Error> for Unread {
    fn from(error: toml::de::Error) -> Self {
        Self { message: error.message().to_owned(), span: error.span() }
    }
}

/// The keys of a group: the names of its fields.
pub(super) fn keys_of<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut keys: &[&str] = &[];
    // It is asked for its fields, and given none.
    let _nothing = T::deserialize(FieldNames(&mut keys));
    keys.to_vec()
}

/// Reads the settings of a group out of `table`, in which those of others stay.
///
/// # Errors
/// A value is not what it takes.
pub(super) fn take<T: Group>(table: &mut DeTable<'_>) -> Result<T, Unread> {
    let mut own = DeTable::new();
    for key in keys_of::<T>() {
        own.extend(table.remove_entry(key));
    }
    Ok(T::deserialize(TomlDeserializer::from(Spanned::new(0..0, own)))?)
}

/// # Errors
/// A key of `table` is not `known`.
pub(super) fn check(table: &DeTable<'_>, known: &[&str]) -> Result<(), Unread> {
    // In the order of the file, as a reader comes upon them.
    let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
    match unknown.min_by_key(|key| key.span().start) {
        None => Ok(()),
        Some(key) => {
            let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            let message = format!("unknown field `{}`, expected one of {}", key.get_ref(), known.join(", "));
            Err(Unread { message, span: Some(key.span()) })
        }
    }
}

/// Takes the names of a struct's fields.
struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = NoValue;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NoValue> {
        Err(serde::de::Error::custom("there are names and no values here"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{DeTable, check, keys_of, take};

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Group {
        #[serde(rename = "one-and")]
        one: Option<i64>,
        other: Option<String>,
        #[serde(skip)]
        typed: bool,
    }

    impl super::Group for Group {}

    #[test]
    fn a_group_takes_its_own_and_leaves_the_rest() {
        assert_eq!(keys_of::<Group>(), ["one-and", "other"]);
        let mut table = DeTable::parse("one-and = 3\nelse = 4").unwrap().into_inner();
        let group: Group = take(&mut table).ok().unwrap();
        assert_eq!(group, Group { one: Some(3), ..Group::default() });
        assert_eq!(table.len(), 1);
        let unread = check(&table, &keys_of::<Group>()).err().unwrap();
        assert_eq!(unread.message, "unknown field `else`, expected one of `one-and`, `other`");
        assert_eq!(unread.span, Some(12..16));
    }
}
