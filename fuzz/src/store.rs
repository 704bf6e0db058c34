//! Files of runs that others made.

use std::{fs, path::Path};

use crate::splits::seeded;

/// The tables of a run that is whole, each behind the byte that says which it is.
const TABLES: [(&str, &[u8]); 4] = [
    ("blocks.parquet", include_bytes!("../corpus/parquet/blocks")),
    ("stalls.parquet", include_bytes!("../corpus/parquet/stalls")),
    ("errors.parquet", include_bytes!("../corpus/parquet/errors")),
    ("listeners.parquet", include_bytes!("../corpus/parquet/listeners")),
];

/// Opens a run folder whose `run.json` holds these bytes.
pub fn run_json(data: &[u8]) {
    with_folder(|dir| {
        write(&dir.join("run.json"), data);
        open(dir);
    });
}

/// Opens a finished run one of whose tables holds these bytes; the first says which.
pub fn parquet(data: &[u8]) {
    let (damaged, bytes) = seeded(data);
    with_folder(|dir| {
        write(&dir.join("run.json"), include_bytes!("../corpus/run_json/finished.json"));
        for (place, (name, whole)) in TABLES.into_iter().enumerate() {
            let is_damaged = place == usize::from(damaged) % TABLES.len();
            write(&dir.join(name), if is_damaged { bytes } else { seeded(whole).1 });
        }
        open(dir);
    });
}

fn open(dir: &Path) {
    if let Ok(run) = claque_store::open(dir) {
        let _ = run.recompute();
    }
    let _ = claque_store::head(dir);
    let _ = claque_store::import::read_any(&dir.join("run.json"));
    if let Ok(manifest) = claque_store::open_manifest(dir) {
        let _ = claque_store::for_each_listener(dir, &manifest, |_| Ok(()));
    }
}

/// # Panics
/// The machine has no room for a folder; that is no finding.
fn with_folder(work: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().expect("a folder for a run");
    work(dir.path());
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("a file in a folder just made");
}
