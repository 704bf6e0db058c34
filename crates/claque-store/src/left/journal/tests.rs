use super::*;

fn open(dir: &Path) -> DocumentJournal {
    match DocumentJournal::open(dir).unwrap() {
        JournalState::Open(journal) => journal,
        state @ (JournalState::Absent | JournalState::Busy) => panic!("{state:?}"),
    }
}

#[test]
fn a_killed_run_says_what_it_left_and_what_nobody_can_know() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = DocumentJournal::create(dir.path(), "http://tts.example", false).unwrap();
    for number in 0..5 {
        journal.intend(number, &format!("title {number}"), number % 2, "user u").unwrap();
    }
    journal.created(0, "a").unwrap();
    journal.created(1, "b").unwrap();
    journal.created(2, "c").unwrap();
    journal.gone(3).unwrap();
    journal.deleted("a").unwrap();
    journal.kept("c").unwrap();
    assert!(matches!(DocumentJournal::open(dir.path()).unwrap(), JournalState::Busy), "the run goes on");
    let path = dir.path().join(files::LEFT);
    drop(journal);
    // A kill in the middle of a line.
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"created\":{\"number\":4,");
    fs::write(&path, text).unwrap();

    let mut journal = open(dir.path());
    assert_eq!(journal.header().target, "http://tts.example");
    let left = journal.left();
    let title = |number| format!("title {number}");
    let owner = "user u".to_owned();
    let document = LeftDocument { id: "b".to_owned(), title: title(1), account: 1, owner: owner.clone() };
    assert_eq!(left.documents, [document]);
    assert_eq!(left.unresolved, [Unresolved { number: 4, title: title(4), account: 0, owner }]);
    journal.deleted("b").unwrap();
    journal.close().unwrap();
    assert!(path.exists(), "what cannot be known stays on record");
}

#[test]
fn an_extraction_that_goes_on_is_left_until_it_is_a_document_or_comes_to_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = DocumentJournal::create(dir.path(), "http://tts.example", false).unwrap();
    let name = |id: &str| ExtractionName { id: id.to_owned(), pages: 3, ..ExtractionName::default() };
    for (number, id) in [(0, "x"), (1, "y"), (2, "z")] {
        journal.intend(number, "book.pdf", 0, "user u").unwrap();
        journal.accepted(number, name(id)).unwrap();
    }
    journal.created(0, "d").unwrap();
    journal.gone(1).unwrap();
    drop(journal);
    let mut journal = open(dir.path());
    let left = journal.left();
    assert_eq!(left.documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(), ["d"]);
    assert_eq!(left.extractions.iter().map(|left| left.extraction.clone()).collect::<Vec<_>>(), [name("z")]);
    assert_eq!(left.unresolved, []);
    journal.gone(0).unwrap();
    journal.gone(2).unwrap();
    assert_eq!(journal.left(), LeftBehind::default());
}

#[test]
fn a_journal_with_nothing_left_goes() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = DocumentJournal::create(dir.path(), "http://tts.example", true).unwrap();
    journal.intend(0, "title", 0, "nobody").unwrap();
    journal.created(0, "a").unwrap();
    journal.deleted("a").unwrap();
    journal.close().unwrap();
    assert!(matches!(DocumentJournal::open(dir.path()).unwrap(), JournalState::Absent));
}

#[test]
fn a_line_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(files::LEFT), "{\"moved\":{}}\n").unwrap();
    let error = DocumentJournal::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn what_was_made_is_known_and_can_be_deleted_though_the_disk_is_full() {
    // Linux's device that has no room.
    let Ok(full) = fs::File::options().append(true).open("/dev/full") else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut journal = DocumentJournal::create(dir.path(), "http://tts.example", false).unwrap();
    journal.intend(0, "title", 0, "user u").unwrap();
    journal.file = full;
    journal.created(0, "a").unwrap_err();
    journal.intend(1, "title", 0, "user u").unwrap_err();
    let left = journal.left();
    assert_eq!(left.documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(left.unresolved, [], "it must not be asked for");
    journal.deleted("a").unwrap_err();
    assert_eq!(journal.left(), LeftBehind::default());
    journal.close().unwrap();
}
