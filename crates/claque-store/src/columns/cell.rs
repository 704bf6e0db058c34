//! What can stand in a cell: whole numbers and texts, or nothing.

use std::borrow::Cow;

use parquet::data_type::ByteArray;
use serde::Serializer;

use super::{Cells, ColumnKind, Values};
use crate::series_value::SeriesValue;

/// A value that can be written.
pub(crate) trait PutCell: Sized {
    /// The column's type.
    const KIND: ColumnKind;
    /// The values of a column.
    fn gather(cells: impl Iterator<Item = Self>) -> Values;

    /// Whether it is absent.
    fn is_empty(&self) -> bool {
        false
    }
}

/// A row that can be told by the cells that are not empty.
pub(crate) trait Present {
    /// An object as the whole row is, but for what is absent; it is read likewise.
    ///
    /// # Errors
    /// Those of the serializer.
    fn serialize_present<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A value that is written and may be absent.
pub(crate) trait PutOptional: Sized {
    const KIND: ColumnKind;
    fn gather(cells: impl Iterator<Item = Option<Self>>) -> Values;
}

/// A value that can be read, of the column at this place.
pub(crate) trait TakeCell<'a>: Sized {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Self, String>;
}

/// A value that is read and may be absent.
pub(crate) trait TakeOptional<'a>: Sized {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Option<Self>, String>;
}

/// A text of a record as a cell.
pub(crate) fn text<'a, Text: From<Cow<'a, str>>>(text: impl Into<Cow<'a, str>>) -> Text {
    Text::from(text.into())
}

/// Parquet's integers are signed: what lies beyond 292 years or 8 EiB is put down as the largest.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl<T: PutOptional> PutCell for Option<T> {
    const KIND: ColumnKind = T::KIND;

    fn gather(cells: impl Iterator<Item = Self>) -> Values {
        T::gather(cells)
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<'a, T: TakeOptional<'a>> TakeCell<'a> for Option<T> {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Self, String> {
        T::take(cells, place)
    }
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl PutCell for $integer {
            const KIND: ColumnKind = ColumnKind::Int;

            fn gather(cells: impl Iterator<Item = Self>) -> Values {
                Values::Int(cells.map(|cell| Some(signed(u64::from(cell)))).collect())
            }
        }

        impl PutOptional for $integer {
            const KIND: ColumnKind = ColumnKind::OptionalInt;

            fn gather(cells: impl Iterator<Item = Option<Self>>) -> Values {
                Values::Int(cells.map(|cell| cell.map(|cell| signed(u64::from(cell)))).collect())
            }
        }

        impl<'a> TakeCell<'a> for $integer {
            fn take(cells: &Cells<'a>, place: usize) -> Result<Self, String> {
                cells.integer(place)?.ok_or_else(|| cells.complain(place, "is missing"))
            }
        }

        impl<'a> TakeOptional<'a> for $integer {
            fn take(cells: &Cells<'a>, place: usize) -> Result<Option<Self>, String> {
                cells.integer(place)
            }
        }
    )+};
}

integers!(u8, u16, u32, u64);

impl PutCell for SeriesValue {
    const KIND: ColumnKind = ColumnKind::Float;

    fn gather(cells: impl Iterator<Item = Self>) -> Values {
        Values::Float(cells.map(|cell| cell.0).collect())
    }
}

impl<'a> TakeCell<'a> for SeriesValue {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Self, String> {
        cells.float(place).map(Self)
    }
}

impl PutCell for Cow<'_, str> {
    const KIND: ColumnKind = ColumnKind::Text;

    fn gather(cells: impl Iterator<Item = Self>) -> Values {
        Values::Text(cells.map(|cell| Some(ByteArray::from(&*cell))).collect())
    }
}

impl PutOptional for Cow<'_, str> {
    const KIND: ColumnKind = ColumnKind::OptionalText;

    fn gather(cells: impl Iterator<Item = Option<Self>>) -> Values {
        Values::Text(cells.map(|cell| cell.map(|cell| ByteArray::from(&*cell))).collect())
    }
}

impl<'a> TakeCell<'a> for &'a str {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Self, String> {
        cells.text(place)?.ok_or_else(|| cells.complain(place, "is missing"))
    }
}

impl<'a> TakeOptional<'a> for &'a str {
    fn take(cells: &Cells<'a>, place: usize) -> Result<Option<Self>, String> {
        cells.text(place)
    }
}
