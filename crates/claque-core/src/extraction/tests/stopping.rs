//! Stories of what is not wanted any more: stopped, called off, cleared away.

use super::{super::*, talk::*};
use crate::event::FailureClass;

#[test]
fn a_stop_calls_the_extraction_off_and_deletes_the_document_that_was_faster() {
    let mut talk = Talk::accepted(config());
    talk.wake();
    talk.reply(1_160, Reply::Status(status(&[0], &[])));
    talk.input(1_200, Input::Stop);
    assert_eq!(talk.pages().iter().filter(|page| page.3 == PageOutcome::Unseen).count(), 3);
    assert_eq!(talk.steps().last(), Some(&(1_200, Step::Cancel)));
    talk.reply(1_210, Reply::Cancelled);
    talk.reply(1_220, done(&[]));
    talk.reply(1_230, Reply::Deleted);
    let record = talk.record();
    assert_eq!((record.end, record.completed_at, record.polls), (DocumentEnd::Stopped, None, 1));
    assert_eq!(talk.pages().len(), 4, "what is seen after the stop does not count");
    assert_eq!(record.left_behind, None);
}

#[test]
fn what_is_called_off_is_asked_about_three_times_and_no_longer() {
    let mut talk = Talk::accepted(config());
    talk.input(200, Input::Stop);
    talk.reply(210, Reply::Cancelled);
    talk.reply(220, Reply::Status(status(&[], &[])));
    for _ in 0..2 {
        assert!(!talk.ended);
        let now = talk.wake();
        talk.reply(now, Reply::Status(status(&[0], &[])));
    }
    assert_eq!((talk.record().left_behind.clone(), talk.remains.last().unwrap().1.clone()), (None, None));
    for end in [Status { error: Some("off".to_owned()), ..status(&[], &[]) }, Status::default()] {
        let mut talk = Talk::accepted(config());
        talk.input(200, Input::Stop);
        talk.reply(210, Reply::Cancelled);
        talk.reply(220, Reply::Status(end));
        assert_eq!(
            (talk.record().left_behind.clone(), talk.errors()),
            (None, vec![]),
            "that is the last word"
        );
    }
}

#[test]
fn where_nothing_can_be_called_off_the_document_is_waited_for_however_long_that_takes() {
    let mut talk = Talk::accepted(config());
    talk.input(200, Input::Stop);
    talk.reply(210, refused(FailureClass::Invalid, None));
    for page in 0..PAGES {
        // Each takes most of the patience of 60 s.
        for _ in 0..11 {
            let millis = talk.next_poll();
            talk.reply(millis, Reply::Status(status(&(0..page).collect::<Vec<_>>(), &[])));
        }
    }
    let millis = talk.next_poll();
    talk.reply(millis, done(&[]));
    talk.reply(millis + 10, Reply::Deleted);
    assert_eq!(talk.record().left_behind, None);
}

#[test]
fn nothing_that_waits_for_a_limit_outlasts_a_stop() {
    let mut talk = Talk::accepted(config());
    talk.wake();
    talk.reply(1_160, done(&[]));
    talk.reply(1_170, refused(FailureClass::Limit, Some(60)));
    talk.input(1_200, Input::Stop);
    assert_eq!(
        (talk.record().ended_at, talk.record().left_behind.as_deref()),
        (at(1_200), Some("document d"))
    );
    let mut talk = Talk::accepted(config());
    talk.input(200, Input::Stop);
    talk.reply(210, refused(FailureClass::Limit, Some(60)));
    let millis = talk.next_poll();
    talk.reply(millis, refused(FailureClass::Limit, Some(60)));
    for _ in 0..2 {
        let millis = talk.wake();
        talk.reply(millis, refused(FailureClass::Limit, Some(60)));
    }
    assert!(talk.record().left_behind.is_some());
}

#[test]
fn a_stop_before_anything_was_ordered_ends_at_once() {
    for on_stop in [OnStop::Clear, OnStop::Leave] {
        let mut talk = Talk::new(ExtractionConfig { on_stop, ..config() });
        talk.input(50, Input::Stop);
        assert_eq!(talk.record().end, DocumentEnd::Stopped);
    }
    let mut talk = Talk::accepted(ExtractionConfig { on_stop: OnStop::Leave, ..config() });
    talk.input(500, Input::Stop);
    assert_eq!(talk.record().end, DocumentEnd::Stopped);
}

#[test]
fn a_stop_while_the_order_is_on_its_way_waits_for_what_comes_of_it() {
    let mut talk = Talk::new(config());
    talk.reply(100, prepared());
    talk.input(120, Input::Stop);
    talk.reply(150, Reply::Created(Created { id: "d".to_owned(), failed: vec![1] }));
    assert!(talk.pages().iter().all(|page| page.3 == PageOutcome::Unseen));
    talk.reply(160, Reply::Deleted);
    assert_eq!((talk.pages().len(), talk.record().end), (4, DocumentEnd::Stopped));
}

#[test]
fn a_deletion_is_tried_three_times() {
    let mut talk = Talk::new(config());
    talk.reply(100, prepared());
    talk.reply(150, Reply::Created(Created { id: "d".to_owned(), failed: vec![] }));
    talk.reply(160, refused(FailureClass::Server, None));
    let now = talk.wake();
    assert_eq!(now, 660);
    talk.reply(now, refused(FailureClass::Transport, None));
    let now = talk.wake();
    talk.reply(now, refused(FailureClass::Overload, None));
    assert_eq!(talk.record().end, DocumentEnd::Completed);
    assert_eq!(talk.record().left_behind.as_deref(), Some("document d"));
    assert_eq!(talk.errors().len(), 3);
}

#[test]
fn what_an_earlier_run_left_is_called_off_or_waited_for_and_deleted() {
    let accepted = Accepted { extraction_id: "x".to_owned(), ..Accepted::default() };
    let going = ExtractionInProgress { accepted, pages: PAGES, ai_transform: AiTransform::On };
    let mut talk = Talk::with(Extraction::clearing(config(), going.clone()));
    assert_eq!(talk.calls, [(0, Call::Poll(going.clone()))]);
    talk.reply(5, Reply::Status(status(&[0], &[])));
    assert_eq!(talk.calls.last(), Some(&(5, Call::Cancel(going.clone()))), "it is known, and so it is ours");
    talk.reply(7, refused(FailureClass::Invalid, None));
    assert_eq!(talk.calls.last(), Some(&(7, Call::Poll(going.clone()))));
    talk.reply(10, Reply::Status(status(&[0], &[])));
    talk.wake();
    talk.reply(1_100, done(&[]));
    talk.reply(1_200, Reply::Deleted);
    assert_eq!((talk.record().left_behind.clone(), talk.pages()), (None, vec![]), "nothing is measured");

    let mut talk = Talk::with(Extraction::clearing(config(), going.clone()));
    talk.reply(5, Reply::Status(status(&[0], &[])));
    talk.reply(10, Reply::Cancelled);
    talk.reply(20, Reply::Status(Status::default()));
    assert_eq!(talk.record().left_behind, None);

    let mut talk = Talk::with(Extraction::clearing(config(), going));
    for _ in 0..2 {
        talk.reply(0, Reply::Status(Status::default()));
        talk.wake();
    }
    talk.reply(5_000, Reply::Status(Status::default()));
    let left = talk.record().left_behind.clone();
    assert_eq!(left.as_deref(), Some("extraction x, whose document was not there yet"));
}
