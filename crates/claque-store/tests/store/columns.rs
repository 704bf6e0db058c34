//! The Parquet files as others see them: names, types, units, order.

use std::fs::File;

use claque_core::{
    record::Fact,
    series::{Series, SeriesKind, SeriesPoint, SourceReport},
    time::Instant,
};
use claque_stats::Verdict;
use claque_store::{
    BLOCK_COLUMNS, Column, ERROR_COLUMNS, LISTENER_COLUMNS, PAGE_COLUMNS, RunFolder, SERIES_COLUMNS,
    STALL_COLUMNS, SeriesOfRun, for_each_listener, open, open_manifest, series_of,
};
use parquet::{
    basic::{Compression, Repetition, Type},
    file::{
        metadata::ParquetMetaData,
        reader::{FileReader as _, SerializedFileReader},
    },
};

use crate::example;

fn metadata(name: &str) -> ParquetMetaData {
    let parent = tempfile::tempdir().expect("there is room for a folder");
    let dir = example::write_finished(parent.path());
    let file = File::open(dir.join(name)).expect("it was written");
    let reader = SerializedFileReader::new(file).expect("it is Parquet");
    reader.metadata().clone()
}

fn columns(metadata: &ParquetMetaData) -> Vec<String> {
    let column = |column: &std::sync::Arc<parquet::schema::types::ColumnDescriptor>| column.name().to_owned();
    metadata.file_metadata().schema_descr().columns().iter().map(column).collect()
}

const TABLES: [(&str, &[Column]); 4] = [
    ("blocks.parquet", BLOCK_COLUMNS),
    ("stalls.parquet", STALL_COLUMNS),
    ("listeners.parquet", LISTENER_COLUMNS),
    ("errors.parquet", ERROR_COLUMNS),
];

/// The table of a file as the docs must have it.
fn documented(file: &str, columns: &[Column]) -> String {
    let rows: String = columns.iter().map(|column| format!("{}\n", column.markdown())).collect();
    format!("\n| `{file}` | type | meaning |\n|---|---|---|\n{rows}\n")
}

#[test]
fn the_tables_have_the_documented_columns() {
    let page = include_str!("../../../../docs/metrics.md");
    for (file, table) in TABLES {
        let names: Vec<_> = table.iter().map(|column| column.name).collect();
        assert_eq!(columns(&metadata(file)), names, "{file}");
        let documented = documented(file, table);
        assert!(page.contains(&documented), "docs/metrics.md must have this table:\n{documented}");
    }
    let documented = documented("pages.parquet", PAGE_COLUMNS);
    let page = include_str!("../../../../docs/documents.md");
    assert!(page.contains(&documented), "docs/documents.md must have this table:\n{documented}");
}

/// Names of columns never change, and none is put between others: what reads files by place goes on working.
#[test]
fn the_order_of_columns_is_that_of_their_additions() {
    let names: Vec<_> = BLOCK_COLUMNS.iter().map(|column| column.name).collect();
    let newest =
        ["answered_request_at_ns", "remarks", "sound", "largest_chunk_gap_ns", "least_start_buffer_ns"];
    assert_eq!(names[..3], ["listener", "block", "batch"]);
    assert_eq!(names[18..23], newest);
    assert_eq!(names[23..], ["leading_silence_ns"]);
    let names: Vec<_> = LISTENER_COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(names[11..], ["warnings", "playing_ns", "paused_ns", "unwanted_bytes", "network"]);
    let newer = LISTENER_COLUMNS.iter().filter(|column| column.is_newer).map(|column| column.name);
    assert_eq!(newer.collect::<Vec<_>>(), ["unwanted_bytes", "network"]);
}

#[test]
fn types_are_as_plain_as_every_reader_knows_them() {
    let metadata = metadata("blocks.parquet");
    let schema = metadata.file_metadata().schema_descr();
    for column in schema.columns() {
        assert!(matches!(column.physical_type(), Type::INT64 | Type::BYTE_ARRAY), "{}", column.name());
    }
    let repetition = |name: &str| {
        let column = schema.columns().iter().find(|column| column.name() == name).unwrap();
        column.self_type().get_basic_info().repetition()
    };
    assert_eq!(repetition("block"), Repetition::REQUIRED);
    assert_eq!(repetition("ready_at_ns"), Repetition::OPTIONAL);
    assert!(matches!(metadata.row_group(0).column(0).compression(), Compression::ZSTD(_)));
}

#[test]
fn version_and_units_are_in_the_files() {
    for file in ["blocks.parquet", "stalls.parquet", "listeners.parquet", "errors.parquet"] {
        let metadata = metadata(file);
        let pairs = metadata.file_metadata().key_value_metadata().unwrap();
        let value = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
        assert_eq!(value("claque.format_version").as_deref(), Some("1"));
        let units = value("claque.units").unwrap();
        let named: Vec<_> = units.lines().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
        assert_eq!(named, columns(&metadata), "{file}: a unit for every column");
    }
}

#[test]
fn rows_lie_in_the_order_of_listeners_and_come_back_so() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    // As a run leaves them: interleaved.
    let facts: Vec<_> = (0..30_000_u32)
        .flat_map(|index| {
            (0..3).map(move |listener| Fact::Block(example::block(listener, index, u64::from(index))))
        })
        .collect();
    writer.append(&facts).unwrap();
    let finished = writer.finish_with(example::FINISHED, None, |summary| {
        let verdict = Verdict::judge(&summary);
        (summary, verdict)
    });
    let (summary, _) = finished.unwrap();
    assert_eq!(open(parent.path()).unwrap().recompute(), summary);
    let manifest = open_manifest(parent.path()).unwrap();
    let mut seen = Vec::new();
    for_each_listener(parent.path(), &manifest, |facts| {
        assert!(facts.blocks.iter().zip(0..).all(|(block, index)| block.block.0 == index));
        seen.push((facts.listener.0, facts.blocks.len()));
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, [(0, 30_000), (1, 30_000), (2, 30_000)]);
}

/// What others told, in a run that asked them: its columns, what is read back, and that the seal is about it.
#[test]
fn series_have_the_documented_columns_and_lie_under_the_seal() {
    let parent = tempfile::tempdir().expect("there is room for a folder");
    let point = |ms, value| SeriesPoint { at: Instant::from_millis(ms), value };
    let series = |name: &str, points| Series {
        source: "http://127.0.0.1:9100".to_owned(),
        name: name.to_owned(),
        labels: "gpu=\"0\"".to_owned(),
        unit: "bytes".to_owned(),
        kind: SeriesKind::Gauge,
        points,
    };
    let told = vec![
        series("first", vec![point(0, 1.5), point(250, f64::INFINITY)]),
        series("second", vec![point(1, -0.25)]),
    ];
    let source =
        SourceReport { source: "http://127.0.0.1:9100".to_owned(), asked: 2, ..SourceReport::default() };
    let dir = example::write_finished_with(parent.path(), |writer| {
        writer.set_series(SeriesOfRun { series: told.clone(), sources: vec![source] });
    });
    let file = File::open(dir.join("series.parquet")).expect("it was written");
    let metadata = SerializedFileReader::new(file).expect("it is Parquet").metadata().clone();
    let names: Vec<_> = SERIES_COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(columns(&metadata), names);
    let documented = documented("series.parquet", SERIES_COLUMNS);
    let page = include_str!("../../../../docs/metrics.md");
    assert!(page.contains(&documented), "docs/metrics.md must have this table:\n{documented}");

    let manifest = open_manifest(&dir).expect("it can be read");
    assert_eq!((manifest.series_sources[0].asked, manifest.series_sources[0].series), (2, 2));
    assert_eq!(series_of(&dir, &manifest).expect("it can be read"), told);
    std::fs::write(dir.join("series.parquet"), "other").expect("it can be written");
    let manifest = open_manifest(&dir).expect("it can be read");
    assert!(manifest.integrity.changes().is_some(), "another file is found");
    assert!(series_of(&dir, &manifest).is_err());
}
