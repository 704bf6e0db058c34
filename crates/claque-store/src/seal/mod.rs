//! The seal of a file that claque writes: what was in it, key by key, and in the files beside it. It finds what was changed or mixed up
//! later. It is no signature: who wants to deceive can seal anew.
//!
//! It is the last key of the file. Values are hashed as they are read, so that spaces and the order of keys mean nothing.

mod gather;
mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use self::{gather::Gatherer, value::Values};
use crate::{error::StoreError, files};

/// The key in the file.
pub(crate) const KEY: &str = "seal";

/// The keys of a run that tell it from others and that nobody writes again once it has ended.
const LASTING: [&str; 6] =
    ["clock_started_at_unix_ns", "finished_at_utc", "scenario", "seed", "started_at_utc", "target"];

/// The key whose value is sealed key by key: some of its figures can be computed anew, and others cannot.
pub(crate) const SUMMARY: &str = "summary";

/// 128 bits: no two runs have one digest by accident.
const RUN_DIGEST_BYTES: usize = 16;

/// Files above this are held against their seal by their length alone where a list is made: 4 MiB are some 50,000 blocks.
pub(crate) const MOST_FOR_A_LIST: u64 = 4 << 20;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// The files beside, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, FileSeal>,
    /// Which digest the keys have; seals of the first claques do not say.
    #[serde(default)]
    hash: ValueHash,
    /// A digest of the value of each key.
    keys: BTreeMap<String, String>,
    /// What somebody else has put into it.
    #[serde(flatten)]
    strange: BTreeMap<String, serde_json::Value>,
}

/// A digest of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ValueHash {
    /// The first 128 bits of a SHA-256.
    #[default]
    #[serde(rename = "sha256-128")]
    Sha256,
    /// XXH3 of 128 bits: a tenth of the instructions, and a seal is no signature anyway.
    #[serde(rename = "xxh3-128")]
    Xxh3,
}

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileSeal {
    bytes: u64,
    /// SHA-256, in hexadecimal digits.
    sha256: String,
}

/// Seals of the files of a run, by their names.
pub(crate) type FileSeals = BTreeMap<String, FileSeal>;

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    /// Every byte.
    Full,
    /// Of large files the length.
    ForAList,
}

/// What a seal finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Keys with another value, new ones, and such as are gone: `seed`, `summary.startup_time`.
    pub(crate) keys: Vec<String>,
    /// Files that are other ones.
    pub(crate) files: Vec<String>,
    /// Files that are not there.
    pub(crate) gone: Vec<String>,
}

impl FileSeal {
    /// How long it was.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Of a file as it lies there.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::io("read", path, source);
        let mut hashed = HashedFile::new(io::sink());
        let mut file = fs::File::open(path).map_err(failed)?;
        io::copy(&mut file, &mut hashed).map_err(failed)?;
        Ok(hashed.finish().1)
    }
}

/// A file that is hashed while it is written.
pub(crate) struct HashedFile<W> {
    file: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W> HashedFile<W> {
    pub(crate) fn new(file: W) -> Self {
        Self { file, hasher: Sha256::new(), bytes: 0 }
    }

    pub(crate) fn finish(self) -> (W, FileSeal) {
        let sha256 = hex(&self.hasher.finalize());
        (self.file, FileSeal { bytes: self.bytes, sha256 })
    }
}

impl<W: Write> Write for HashedFile<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Encodes a document with its seal, which it must not have yet.
///
/// # Errors
/// A value of it is none that JSON has.
pub(crate) fn encode(
    document: &impl Serialize,
    files: FileSeals,
    path: &Path,
) -> Result<Vec<u8>, StoreError> {
    let failed = |error: serde_json::Error| StoreError::encode(path, error);
    let hash = ValueHash::Xxh3;
    let (mut bytes, mut gatherer) = (Vec::new(), Gatherer::new(hash));
    document
        .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, &mut gatherer))
        .map_err(failed)?;
    let keys = gatherer.into_digests();
    debug_assert_eq!(
        serde_json::from_slice::<Values>(&bytes).ok().map(|read| read.digests(hash)),
        Some(keys.clone())
    );
    let seal = serde_json::to_string_pretty(&Seal { files, hash, keys, strange: BTreeMap::new() })
        .map_err(failed)?;
    // In the place of the brace that ends the document, and of the line end before it.
    if !bytes.ends_with(b"\n}") {
        return Err(StoreError::encode(path, "a document without a key has nothing to be sealed"));
    }
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(format!(",\n  \"{KEY}\": {}\n}}\n", seal.replace('\n', "\n  ")).as_bytes());
    Ok(bytes)
}

/// Holds a document, and the files in `dir`, against its seal. None where it has none, as those of older versions.
///
/// # Errors
/// It is no such document, or a file cannot be read.
pub(crate) fn hold(
    bytes: &[u8],
    path: &Path,
    dir: &Path,
    scrutiny: Scrutiny,
) -> Result<Option<Found>, StoreError> {
    let values: Values = serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))?;
    let Some(seal) = &values.seal else { return Ok(None) };
    let keys = values.digests(seal.hash);
    let all: BTreeSet<_> = keys.keys().chain(seal.keys.keys()).collect();
    let is_other = |key: &&&String| keys.get(**key) != seal.keys.get(**key);
    let mut found =
        Found { keys: all.iter().filter(is_other).map(ToString::to_string).collect(), ..Found::default() };
    if !seal.strange.is_empty() {
        found.keys.push(KEY.to_owned());
    }
    for (name, sealed) in &seal.files {
        // A name that claque does not give may lead anywhere.
        if !files::ALL.contains(&name.as_str()) {
            found.keys.push(KEY.to_owned());
            continue;
        }
        match is_as_sealed(&dir.join(name), sealed, scrutiny)? {
            None => found.gone.push(name.clone()),
            Some(false) => found.files.push(name.clone()),
            Some(true) => {}
        }
    }
    if path.ends_with(files::RUN) {
        without_entry(seal, dir, &mut found);
    }
    Ok(Some(found))
}

/// Adds the files with facts of which the seal of a run says nothing: what it does not tell of was not written with it.
fn without_entry(seal: &Seal, dir: &Path, found: &mut Found) {
    let lacks = |name: &str| !seal.files.contains_key(name);
    let is_there = |name: &str| dir.join(name).exists();
    let strange = files::FACTS.iter().filter(|name| lacks(name) && is_there(name));
    found.files.extend(strange.map(ToString::to_string));
    // Older claques wrote neither of these two, and none wrote one alone.
    let pair = [files::LISTENERS, files::ERRORS];
    if pair.iter().any(|name| !lacks(name)) {
        let gone = pair.iter().filter(|name| lacks(name) && !is_there(name));
        found.gone.extend(gone.map(ToString::to_string));
    }
}

/// What tells a finished run from every other, of the seal in its `run.json`; none where that has no seal.
///
/// # Errors
/// It is no such document.
pub(crate) fn run_digest(bytes: &[u8], path: &Path) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct Sealed {
        seal: Option<Seal>,
    }
    let sealed: Sealed = serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))?;
    let Some(Seal { files, hash: _, keys, strange: _ }) = sealed.seal else { return Ok(None) };
    let mut hasher = Sha256::new();
    for (name, FileSeal { bytes, sha256 }) in &files {
        hasher.update(format!("{name} {bytes} {sha256}\n"));
    }
    for (key, digest) in keys.iter().filter(|(key, _)| LASTING.contains(&key.as_str())) {
        hasher.update(format!("{key} {digest}\n"));
    }
    Ok(Some(hex(hasher.finalize().get(..RUN_DIGEST_BYTES).unwrap_or_default())))
}

/// Whether a file is what was written; none where there is none. One of another length is not read: it may have no end.
fn is_as_sealed(path: &Path, sealed: &FileSeal, scrutiny: Scrutiny) -> Result<Option<bool>, StoreError> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::io("read", path, source)),
    };
    if !found.is_file() || found.len() != sealed.bytes {
        return Ok(Some(false));
    }
    if scrutiny == Scrutiny::ForAList && sealed.bytes > MOST_FOR_A_LIST {
        return Ok(Some(true));
    }
    Ok(Some(FileSeal::of(path)? == *sealed))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document() -> Value {
        json!({
            "seed": u64::MAX, "below": -3, "rate": 1.5, "on": true, "none": null, "name": "a \"b\"\n",
            "list": [1, [2, {}], ""], "summary": {"ttfa": {"p50_ms": 0.1}, "count": 3},
        })
    }

    /// A sealed document beside a file, and where they are.
    fn sealed() -> (tempfile::TempDir, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(files::BLOCKS);
        fs::write(&path, "abc").unwrap();
        let seals = [(files::BLOCKS.to_owned(), FileSeal::of(&path).unwrap())].into_iter().collect();
        let bytes = encode(&document(), seals, Path::new(files::RUN)).unwrap();
        (dir, bytes)
    }

    fn found(bytes: &[u8], dir: &Path) -> Found {
        hold(bytes, Path::new(files::RUN), dir, Scrutiny::Full).unwrap().expect("it has a seal")
    }

    #[test]
    fn a_file_is_sealed_as_others_would_do_it() {
        // FIPS 180-4, its example of one block.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let (_dir, bytes) = sealed();
        let file: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(file["seal"]["files"]["blocks.parquet"], json!({"bytes": 3, "sha256": abc}));
        let mut hashed = HashedFile::new(Vec::new());
        hashed.write_all(b"a").and_then(|()| hashed.write_all(b"bc")).unwrap();
        let (written, seal) = hashed.finish();
        assert_eq!((written.as_slice(), seal.bytes, seal.sha256.as_str()), (&b"abc"[..], 3, abc));
    }

    #[test]
    fn what_is_written_is_the_document_and_holds_however_it_is_laid_out() {
        let (dir, bytes) = sealed();
        let mut file: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(found(&bytes, dir.path()), Found::default());
        assert_eq!(found(file.to_string().as_bytes(), dir.path()), Found::default());
        file.as_object_mut().unwrap().remove(KEY);
        assert_eq!(file, document());
        assert!(
            hold(file.to_string().as_bytes(), Path::new("run.json"), dir.path(), Scrutiny::Full)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn each_other_value_is_found_by_its_key() {
        let (dir, bytes) = sealed();
        let changes = [
            ("seed", json!(u64::MAX - 1)),
            ("below", json!(3)),
            ("rate", json!(1.500_000_000_000_000_2)),
            ("on", json!(false)),
            ("none", json!(0)),
            ("name", json!("a \"b\"")),
            ("list", json!([1, [2, []], ""])),
            ("list", json!([1, 2, {}, ""])),
            ("new", Value::Null),
        ];
        for (key, value) in changes {
            let mut file: Value = serde_json::from_slice(&bytes).unwrap();
            file[key] = value;
            assert_eq!(found(file.to_string().as_bytes(), dir.path()).keys, [key]);
        }
        let mut file: Value = serde_json::from_slice(&bytes).unwrap();
        file["summary"]["ttfa"]["p50_ms"] = 0.2.into();
        file.as_object_mut().unwrap().remove("seed");
        assert_eq!(found(file.to_string().as_bytes(), dir.path()).keys, ["seed", "summary.ttfa"]);
    }

    #[test]
    fn another_file_and_none_are_found_and_no_name_leads_elsewhere() {
        let (dir, bytes) = sealed();
        let path = dir.path().join(files::BLOCKS);
        for other in ["abd", "abcd", ""] {
            fs::write(&path, other).unwrap();
            assert_eq!(found(&bytes, dir.path()).files, [files::BLOCKS]);
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(found(&bytes, dir.path()).gone, [files::BLOCKS]);
        let mut file: Value = serde_json::from_slice(&bytes).unwrap();
        file["seal"]["files"] = json!({"../../dev/zero": {"bytes": 3, "sha256": ""}});
        assert_eq!(found(file.to_string().as_bytes(), dir.path()).keys, [KEY]);
        file["seal"] = serde_json::from_slice::<Value>(&bytes).unwrap()["seal"].take();
        file["seal"]["note"] = json!("mine");
        assert_eq!(found(file.to_string().as_bytes(), dir.path()).keys, [KEY]);
    }

    #[test]
    fn a_seal_of_an_earlier_claque_holds() {
        // The first half of what `sha256sum` tells of the letter u and of 7 in eight bytes, the lowest first.
        let sealed = r#"{"seed": 7, "summary": null, "seal": {"keys": {"seed": "ca65d451f95deb6fe6b5dcb79a64b84d", "summary": ""}}}"#;
        let dir = tempfile::tempdir().unwrap();
        let keys = |file: &str| {
            hold(file.as_bytes(), Path::new("suite.json"), dir.path(), Scrutiny::Full).unwrap().unwrap().keys
        };
        assert_eq!(keys(sealed), [""; 0]);
        assert_eq!(keys(&sealed.replace("\"seed\": 7", "\"seed\": 8")), ["seed"]);
    }

    #[test]
    fn a_key_that_is_there_twice_could_be_read_as_either() {
        let twice = br#"{"seed": 1, "seed": 2, "seal": {"keys": {}}}"#;
        let error = hold(twice, Path::new("run.json"), Path::new("."), Scrutiny::Full).unwrap_err();
        assert!(error.to_string().contains("a key is there twice"), "{error}");
    }
}
