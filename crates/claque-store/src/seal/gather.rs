//! The values of a document as they are written: the bytes that [`super::value`] reads off the file, without reading it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::de::DeserializeSeed as _;
use serde_json::{
    Deserializer,
    ser::{CharEscape, Formatter, PrettyFormatter},
};

use super::{
    SUMMARY, ValueHash,
    value::{Canonical, Entry, Number, close_object, close_text, open_text, text_of},
};

/// Writes a document as [`PrettyFormatter`] does, and makes digests of its values by the way.
#[derive(Debug)]
pub(super) struct Gatherer {
    pretty: PrettyFormatter<'static>,
    hash: ValueHash,
    digests: BTreeMap<String, String>,
    /// The value at hand.
    bytes: Vec<u8>,
    /// Where the text begins that is being written, if one is.
    text: Option<usize>,
    /// The objects that are open, from the document inwards.
    open: Vec<Open>,
    /// The entries of those, one object's behind another's.
    entries: Vec<Entry>,
    /// Room for a number, and for an object.
    digits: Vec<u8>,
    unsorted: Vec<u8>,
}

#[derive(Debug)]
enum Open {
    /// Each of its values has a digest of its own, by its key behind `prefix`.
    Split { prefix: &'static str, key: String },
    /// A part of the value at hand.
    Part { start: usize, first_entry: usize, begin: usize, value: usize },
}

impl Gatherer {
    pub(super) fn new(hash: ValueHash) -> Self {
        Self {
            pretty: PrettyFormatter::new(),
            hash,
            digests: BTreeMap::new(),
            bytes: Vec::new(),
            text: None,
            open: Vec::new(),
            entries: Vec::new(),
            digits: Vec::new(),
            unsorted: Vec::new(),
        }
    }

    /// A digest of the value of each key.
    pub(super) fn into_digests(self) -> BTreeMap<String, String> {
        self.digests
    }

    /// Takes what is read when the digits are: that of a float may be its neighbour. Where `known` tells it of the digits, they need
    /// not be read.
    fn number<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        write: impl FnOnce(&mut PrettyFormatter<'static>, &mut Vec<u8>) -> io::Result<()>,
        known: impl FnOnce(&[u8]) -> Option<Number>,
    ) -> io::Result<()> {
        self.digits.clear();
        write(&mut self.pretty, &mut self.digits)?;
        writer.write_all(&self.digits)?;
        if self.text.is_some() {
            self.bytes.extend_from_slice(&self.digits);
            return Ok(());
        }
        match known(&self.digits) {
            Some(number) => Canonical(&mut self.bytes).number(number),
            None => Canonical(&mut self.bytes).deserialize(&mut Deserializer::from_slice(&self.digits))?,
        }
        Ok(())
    }
}

/// Most bytes of a float's decimal digits, with their point, that are read as the float they were written of: fifteen digits are
/// less than 2^53, and the power of ten by which they are divided is a float too.
const EXACT_FLOAT: usize = 16;

/// Numbers of each kind.
macro_rules! numbers {
    ($($name:ident: $type:ty => $known:expr),*) => {$(
        fn $name<W: Write + ?Sized>(&mut self, writer: &mut W, value: $type) -> io::Result<()> {
            let known: fn($type, &[u8]) -> Option<Number> = $known;
            self.number(writer, |pretty, digits| pretty.$name(digits, value), |digits| known(value, digits))
        }
    )*};
}

fn float(value: f64, digits: &[u8]) -> Option<Number> {
    (digits.len() <= EXACT_FLOAT && !digits.contains(&b'e')).then_some(Number::Float(value))
}

impl Formatter for &mut Gatherer {
    numbers! {
        write_i8: i8 => |value, _| Some(Number::of(value)), write_i16: i16 => |value, _| Some(Number::of(value)),
        write_i32: i32 => |value, _| Some(Number::of(value)), write_i64: i64 => |value, _| Some(Number::of(value)),
        write_u8: u8 => |value, _| Some(Number::Whole(value.into())), write_u16: u16 => |value, _| Some(Number::Whole(value.into())),
        write_u32: u32 => |value, _| Some(Number::Whole(value.into())), write_u64: u64 => |value, _| Some(Number::Whole(value)),
        write_f64: f64 => float,
        // Too large for either, or of a precision of their own.
        write_i128: i128 => |_, _| None, write_u128: u128 => |_, _| None, write_f32: f32 => |_, _| None,
        write_number_str: &str => |_, _| None, write_raw_fragment: &str => |_, _| None
    }

    fn write_null<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        Canonical(&mut self.bytes).add(b'n', &[]);
        self.pretty.write_null(writer)
    }

    fn write_bool<W: Write + ?Sized>(&mut self, writer: &mut W, value: bool) -> io::Result<()> {
        match self.text {
            Some(_) => self.bytes.extend_from_slice(if value { b"true" } else { b"false" }),
            None => Canonical(&mut self.bytes).add(b'b', &[u8::from(value)]),
        }
        self.pretty.write_bool(writer, value)
    }

    fn begin_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.text = Some(open_text(&mut self.bytes));
        self.pretty.begin_string(writer)
    }

    fn end_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(start) = self.text.take() {
            close_text(&mut self.bytes, start);
        }
        self.pretty.end_string(writer)
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.bytes.extend_from_slice(fragment.as_bytes());
        self.pretty.write_string_fragment(writer, fragment)
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.bytes.push(match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => 8,
            CharEscape::FormFeed => 12,
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(byte) => byte,
        });
        self.pretty.write_char_escape(writer, escape)
    }

    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.bytes.push(b'[');
        self.pretty.begin_array(writer)
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.bytes.push(b']');
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let split = match self.open.last() {
            None => Some(""),
            Some(Open::Split { prefix: "", key }) if key == SUMMARY && self.bytes.is_empty() => {
                Some("summary.")
            }
            Some(_) => None,
        };
        self.open.push(match split {
            Some(prefix) => Open::Split { prefix, key: String::new() },
            None => {
                self.bytes.push(b'{');
                Open::Part { start: self.bytes.len(), first_entry: self.entries.len(), begin: 0, value: 0 }
            }
        });
        self.pretty.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(Open::Part { start, first_entry, .. }) = self.open.pop() {
            close_object(&mut self.bytes, start, &mut self.entries[first_entry..], &mut self.unsorted);
            self.entries.truncate(first_entry);
        }
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if let Some(Open::Part { begin, .. }) = self.open.last_mut() {
            *begin = self.bytes.len();
        }
        self.pretty.begin_object_key(writer, first)
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.open.last_mut() {
            Some(Open::Part { value, .. }) => *value = self.bytes.len(),
            Some(Open::Split { key, .. }) => {
                *key = String::from_utf8_lossy(text_of(&self.bytes)).into_owned();
                self.bytes.clear();
            }
            None => {}
        }
        self.pretty.end_object_key(writer)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.open.last_mut() {
            Some(Open::Part { start, begin, value, .. }) => {
                let of = |from: usize, to: usize| from - *start..to - *start;
                self.entries.push((of(*begin, *value), of(*begin, self.bytes.len())));
            }
            // What was split has left no bytes.
            Some(Open::Split { prefix, key }) if !self.bytes.is_empty() => {
                let is_none = prefix.is_empty() && key == SUMMARY && self.bytes == b"n";
                let digest = if is_none { String::new() } else { self.hash.digest(&self.bytes) };
                if self.digests.insert(format!("{prefix}{key}"), digest).is_some() {
                    return Err(io::Error::other("a key is there twice"));
                }
                self.bytes.clear();
            }
            Some(Open::Split { .. }) | None => {}
        }
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::{super::value::Values, *};

    /// What is written, and its digests.
    fn gathered(document: &impl Serialize) -> (Vec<u8>, BTreeMap<String, String>) {
        let mut gatherer = Gatherer::new(ValueHash::Xxh3);
        let mut bytes = Vec::new();
        document.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut gatherer)).unwrap();
        (bytes, gatherer.into_digests())
    }

    fn holds(document: &impl Serialize) {
        let (bytes, digests) = gathered(document);
        let pretty = serde_json::to_vec_pretty(document).unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&pretty));
        let read = serde_json::from_slice::<Values>(&bytes).unwrap().digests(ValueHash::Xxh3);
        assert_eq!(digests, read, "{}", String::from_utf8_lossy(&bytes));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0_u64..1_000_000_000_000).prop_map(|ns| Value::from(ns_in_ms(ns))),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                vec((any::<String>(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "as figures are made")]
    fn ns_in_ms(ns: u64) -> f64 {
        ns as f64 / 1e6
    }

    proptest! {
        #[test]
        fn what_is_gathered_is_what_is_read(
            entries in vec(("[a-z]{0,3}", values()), 0..6), figures in vec((any::<String>(), values()), 0..4), none in any::<bool>(),
        ) {
            let mut document: serde_json::Map<String, Value> = entries.into_iter().collect();
            let figures = Value::Object(figures.into_iter().collect());
            document.insert(SUMMARY.to_owned(), if none { Value::Null } else { figures });
            holds(&document);
        }
    }

    #[test]
    fn every_kind_of_number_and_key_is_gathered_as_it_is_read() {
        #[derive(Serialize)]
        struct Kinds {
            small: (i8, i16, i32, u8, u16, u32, f32, char, Option<()>),
            large: (i128, u128, i128, f64, f64, f64),
            keys: BTreeMap<i32, BTreeMap<bool, &'static [u8]>>,
            summary: Vec<BTreeMap<u8, u8>>,
        }
        let text = "quote \" back \\ slash / \u{8}\u{c}\n\r\t\u{1}\u{7f} é";
        let keys = [(10, BTreeMap::from([(true, &b"ab"[..])])), (-9, BTreeMap::new())].into();
        let small = (-1, -2, -3, 4, 5, 6, 0.1, 'é', None);
        let large = (-5, u128::MAX, i128::from(u64::MAX), f64::NAN, 1e300, 4.35e-17);
        let (bytes, digests) = gathered(&Kinds { small, large, keys, summary: Vec::new() });
        let read = serde_json::from_slice::<BTreeMap<String, Value>>(&bytes).unwrap();
        assert_eq!(digests.len(), read.len());
        holds(&json!({ text: text, "twice": {"b": 1, "a": [text, {}]} }));
        let Kinds { small, large, keys, .. } = Kinds {
            small,
            large,
            keys: [(10, BTreeMap::new()), (9, BTreeMap::new())].into(),
            summary: Vec::new(),
        };
        holds(&json!({"small": small, "large": large.3}));
        holds(&BTreeMap::from([("keys", keys)]));
    }

    #[test]
    fn a_key_that_is_written_twice_is_refused() {
        struct Twice;
        impl Serialize for Twice {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map([("a", 1), ("a", 2)])
            }
        }
        let mut gatherer = Gatherer::new(ValueHash::Xxh3);
        let error = Twice.serialize(&mut serde_json::Serializer::with_formatter(Vec::new(), &mut gatherer));
        assert!(error.unwrap_err().to_string().contains("twice"));
    }
}
