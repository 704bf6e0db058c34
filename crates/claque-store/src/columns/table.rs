//! A table out of its columns, each of which is written once.

use super::Column;

/// Makes of a list of columns the row (a field each, in the order of the list: a line of the journal, an element in `run.json`, a line of
/// an export), the table (a column each: a Parquet file), what becomes of a record, and what a row is read from. A column has
///
/// - its meaning, as documentation; the docs' table says the same, and a test holds it to that,
/// - its name, and the type of its cells, in which `Text` is a text of any kind,
/// - its unit, and with `since N` the addition it came with. In files an addition stands behind all before it, and files from before an
///   addition later than the one in `reads` lack its columns,
/// - how its cell is had of a record.
///
/// How a record is made of a row stands beside the list, as the row's `into_record`.
macro_rules! table {
    (
        $(#[$docs:meta])*
        $row:ident $(<$text:ident>)? of $record:ty, in $table:ident = $name:literal with $columns:ident, reads $reads:literal;
        $(
            $(#[doc = $meaning:literal])+
            $column:ident: $cell:ty, $unit:expr $(, since $since:literal)? => $get:expr;
        )+
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $row $(<$text = String>)? {
            $(
                $(#[doc = $meaning])+
                $(#[doc = concat!(" Files of before addition ", $since, " lack it.")] #[serde(default)])?
                pub $column: $cell,
            )+
        }

        impl<'a $(, $text: From<std::borrow::Cow<'a, str>>)?> From<&'a $record> for $row $(<$text>)? {
            fn from(record: &'a $record) -> Self {
                Self {
                    $($column: {
                        let cell: fn(&'a $record) -> $cell = $get;
                        cell(record)
                    },)+
                }
            }
        }

        impl $(<$text: serde::Serialize + $crate::columns::PutCell + $crate::columns::PutOptional>)? $crate::columns::Present
            for $row $(<$text>)?
        {
            fn serialize_present<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;

                let mut present = serializer.serialize_map(None)?;
                $(if !$crate::columns::PutCell::is_empty(&self.$column) {
                    present.serialize_entry(stringify!($column), &self.$column)?;
                })+
                present.end()
            }
        }

        /// The columns of the file, in its order.
        pub const $columns: &[$crate::columns::Column] = {
            const fn columns<Text: $crate::columns::PutCell + $crate::columns::PutOptional>()
            -> [$crate::columns::Column; [$(stringify!($column)),+].len()] {
                [$($crate::columns::Column {
                    name: stringify!($column),
                    kind: <$cell as $crate::columns::PutCell>::KIND,
                    unit: $unit,
                    meaning: concat!($($meaning),+),
                    is_newer: (0 $(+ $since)?) > $reads,
                    since: 0 $(+ $since)?,
                }),+]
            }
            &$crate::columns::in_order(columns::<std::borrow::Cow<'static, str>>())
        };

        pub(crate) static $table: $crate::columns::Table<$record> = {
            fn values<'a, Text>(records: &'a [$record]) -> Vec<$crate::columns::Values>
            where
                Text: $crate::columns::PutCell + $crate::columns::PutOptional + From<std::borrow::Cow<'a, str>>,
            {
                let mut values = vec![$({
                    let cell: fn(&'a $record) -> $cell = $get;
                    let place = const { $crate::columns::place($columns, stringify!($column)) };
                    (place, <$cell as $crate::columns::PutCell>::gather(records.iter().map(cell)))
                }),+];
                values.sort_by_key(|(place, _)| *place);
                values.into_iter().map(|(_, values)| values).collect()
            }

            fn row<'a, Text>(cells: &$crate::columns::Cells<'a>) -> Result<$row $(<$text>)?, String>
            where
                Text: $crate::columns::TakeCell<'a> + $crate::columns::TakeOptional<'a>,
            {
                Ok($row {
                    $($column: {
                        let place = const { $crate::columns::place($columns, stringify!($column)) };
                        <$cell as $crate::columns::TakeCell<'a>>::take(cells, place)?
                    },)+
                })
            }

            $crate::columns::Table {
                name: $name,
                columns: $columns,
                values: |records| values::<std::borrow::Cow<'_, str>>(records),
                record: |cells| row::<&str>(cells)?.into_record(),
            }
        };
    };
}

pub(crate) use table;

/// The columns in the order of files: those of an addition behind those of earlier ones.
pub(crate) const fn in_order<const N: usize>(columns: [Column; N]) -> [Column; N] {
    let mut ordered = columns;
    let (mut place, mut since) = (0, 0);
    while place < N {
        let mut at = 0;
        while at < N {
            if columns[at].since == since {
                ordered[place] = columns[at];
                place += 1;
            }
            at += 1;
        }
        since += 1;
    }
    ordered
}

/// Where the column of that name stands in a file.
pub(crate) const fn place(columns: &[Column], name: &str) -> usize {
    let mut place = 0;
    while !is_equal(columns[place].name.as_bytes(), name.as_bytes()) {
        place += 1;
    }
    place
}

const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len()
}
