//! A capacity in plain words: what is quoted.

use claque_stats::{
    capacity::{
        Answer, AtAnyLoad, Ceiling, FailureShape, GaveWay, NetworkShare, NumberShown, SearchEnding,
        THROUGHPUT,
    },
    objective::Counted,
    units::{counted, grouped},
};

use super::caution;
use crate::{
    objectives::found,
    words::{one_line, sentence},
};

/// The answer in one line.
pub(super) fn headline(answer: &Answer) -> String {
    let listeners = |users: u32| counted(users.into(), "listener");
    match (&answer.ending, answer.users) {
        (SearchEnding::Found, Some(users)) => format!("{} at once", listeners(users)),
        (SearchEnding::AtLeast, Some(users)) => {
            format!("at least {} at once: {}", listeners(users), and_no_more(answer))
        }
        (SearchEnding::NothingHolds, _) => "not even one listener".to_owned(),
        (SearchEnding::Untrusted(_), _) => "no answer: the runs do not measure the service".to_owned(),
        (SearchEnding::Undecided(_), Some(users)) => format!("undecided; {} held", listeners(users)),
        (SearchEnding::Stopped, Some(users)) => format!("stopped; {} held so far", listeners(users)),
        (
            SearchEnding::Found | SearchEnding::AtLeast | SearchEnding::Undecided(_) | SearchEnding::Stopped,
            None,
        ) => "no answer: nothing is known to hold".to_owned(),
    }
}

/// The interval; none where there is none.
pub(super) fn interval(answer: &Answer) -> Option<String> {
    let sure = percent(answer.confidence_pct);
    Some(match (answer.low?, answer.high) {
        // That there are no fewer than none is known of everything.
        (0, None) => return None,
        (low, Some(high)) if low == high => format!("{low}, with {sure} confidence"),
        (low, Some(high)) => format!("{low} to {high}, with {sure} confidence"),
        (low, None) => format!("at least {low}, with {sure} confidence"),
    })
}

/// What speaks against the file of a search, as a sentence.
pub(super) fn doubt(doubt: &str) -> String {
    format!("Doubt: {}.", one_line(doubt).trim_end_matches('.'))
}

/// What a manager can quote.
pub(super) fn paragraph(answer: &Answer) -> String {
    let mut sentences = vec![opening(answer)];
    if let Some(number) = answer.first_failing.filter(|_| answer.users.is_some()) {
        sentences.push(format!("{} are too many.", grouped(number.into())));
    }
    if answer.gave_way == Some(GaveWay::RateLimit) {
        sentences.push("What binds is a limit, not what the service can make.".to_owned());
    } else if answer.said.is_none() {
        sentences.extend(answer.binding.as_deref().map(|name| binding(name, answer)));
    }
    sentences.extend(paces(answer));
    sentences.extend(answer.gave_way.map(|what| format!("What gives way: {}.", gave_way(what, answer))));
    sentences.extend(answer.networks.as_ref().map(|share| networks(share, answer)));
    sentences.extend(
        answer.said.as_deref().map(|why| format!("What was seen: {}.", sentence(why).trim_end_matches('.'))),
    );
    sentences.extend(caution::caution(answer));
    sentences.extend(answer.fall.map(|fall| match fall {
        FailureShape::Cliff => "It is a cliff: beyond it most listeners suffer at once.".to_owned(),
        FailureShape::Slope => {
            "It is a slope: beyond it some listeners suffer, and more with each that comes.".to_owned()
        }
    }));
    sentences.join(" ")
}

fn opening(answer: &Answer) -> String {
    let interval = interval(answer).map_or_else(String::new, |words| format!(" ({words})"));
    match (&answer.ending, answer.users) {
        (SearchEnding::Found, Some(users)) => {
            format!("{} {} at once{interval}.", carries(answer), counted(users.into(), "listener"))
        }
        (SearchEnding::AtLeast, Some(users)) => format!(
            "{} {} at once, and perhaps more: {}{interval}.",
            carries(answer),
            counted(users.into(), "listener"),
            and_no_more(answer)
        ),
        (SearchEnding::NothingHolds, _) => nothing_holds(answer),
        (SearchEnding::Untrusted(why), _) => format!(
            "There is no answer, because what was run does not measure the service: {}.",
            sentence(why).trim_end_matches('.')
        ),
        (SearchEnding::Undecided(why), _) => match &answer.at_any_load {
            None => format!(
                "There is no answer yet: {}{interval}. It would take {}.",
                sentence(why),
                takes(answer)
            ),
            Some(failing) => format!(
                "There is no answer yet: {}. Most likely no number of listeners meets `{}`: {}.",
                sentence(why),
                failing.objective,
                at_any_load(failing)
            ),
        },
        (SearchEnding::Stopped, _) => format!("The search was stopped before there was an answer{interval}."),
        (SearchEnding::Found | SearchEnding::AtLeast, None) => "There is no answer.".to_owned(),
    }
}

/// Who carries a number: the service alone is not what is known of where lines are too slow.
fn carries(answer: &Answer) -> &'static str {
    if is_of_networks(answer) {
        "With the networks of its listeners the service carries"
    } else {
        "The service carries"
    }
}

fn is_of_networks(answer: &Answer) -> bool {
    answer.gave_way == Some(GaveWay::ListenerNetworks)
}

/// Whether the service or its listeners' networks are too slow, and how that is known.
fn networks(share: &NetworkShare, answer: &Answer) -> String {
    let names = share.names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
    let runs = match share.again {
        1 => "The run".to_owned(),
        again => format!("The {} runs", grouped(again)),
    };
    let number =
        answer.first_failing.map_or_else(String::new, |users| format!(" of {}", grouped(users.into())));
    let held = match share.held {
        held if held == share.again => "holds".to_owned(),
        0 => "does not hold".to_owned(),
        held => format!("holds in {} of them", grouped(held)),
    };
    let again =
        format!("{runs}{number} {} made again with no network: the number {held}.", were(share.again));
    match (share.again, is_of_networks(answer)) {
        (0, _) => format!(
            "Listeners have networks of their own ({names}), and what is late may be those and not the service: nothing tells the two apart \
             here, a search by --simulate that comes to its end does."
        ),
        (_, true) => format!("{again} How many the service carries over faster networks is not known."),
        (_, false) => format!("{again} So it is not for the networks of listeners ({names})."),
    }
}

const fn were(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// Why nothing is known of more.
fn and_no_more(answer: &Answer) -> String {
    match answer.not_measured {
        None => "no more were tried".to_owned(),
        Some(users) => format!("runs of {} and more do not measure the service", grouped(users.into())),
    }
}

/// That one listener is too many, and how that is known.
fn nothing_holds(answer: &Answer) -> String {
    let alone = answer.alone.iter().map(|result| {
        format!("Even one listener alone has {}: `{}` cannot be met.", found(result), result.objective)
    });
    let alone: Vec<_> = alone.collect();
    match (&answer.at_any_load, alone.is_empty()) {
        (Some(failing), true) => {
            format!("No number of listeners meets `{}`: {}.", failing.objective, at_any_load(failing))
        }
        (_, false) => alone.join(" "),
        (None, true) if is_of_networks(answer) => {
            "Over their networks not even one listener is served as it is asked for.".to_owned()
        }
        (None, true) => "The service does not carry one listener as it is asked to.".to_owned(),
    }
}

/// "with 1 to 8 at once 23 of 480 listeners missed it which is about 4.8 % (at least 3.2 %), and 1 % is allowed".
fn at_any_load(failing: &AtAnyLoad) -> String {
    let at_once = if failing.from_users == failing.to_users {
        grouped(failing.from_users.into())
    } else {
        format!("{} to {}", grouped(failing.from_users.into()), grouped(failing.to_users.into()))
    };
    let whom = match failing.counts {
        Counted::Listeners => counted(failing.of, "listener"),
        Counted::Blocks => counted(failing.of, "block"),
        Counted::Runs => counted(failing.of, "run"),
    };
    let bad = u32::try_from(failing.bad).unwrap_or(u32::MAX);
    let of = u32::try_from(failing.of).unwrap_or(u32::MAX).max(1);
    format!(
        "with {at_once} at once {} of {whom} missed it, which is about {:.1} % (at least {:.1} %), and {} is allowed",
        grouped(failing.bad),
        100.0 * f64::from(bad) / f64::from(of),
        failing.at_least_pct,
        percent((failing.allowed_pct * 1e6).round() / 1e6)
    )
}

/// What more it would take: an interval narrows with the root of what is listened to.
fn takes(answer: &Answer) -> String {
    let (Some(users), Some(low), Some(high)) = (answer.users, answer.low, answer.high) else {
        return match (answer.users, answer.first_failing) {
            (None, Some(_)) => "a first number that holds",
            (None, None) if answer.ceilings.is_empty() => "a run that measures the service",
            (None, None) => "more runs than there was time for",
            (Some(_), _) => "a first number that fails",
        }
        .to_owned();
    };
    let finest = (f64::from(users) / 4.0).clamp(1.0, 2.0).max(0.06 * f64::from(users));
    let more = ((f64::from(high - low) / finest).powi(2) - 1.0).max(0.5) * answer.listener_minutes;
    format!("about {more:.0} listener-minutes more")
}

fn binding(name: &str, answer: &Answer) -> String {
    let ceiling = answer.ceilings.iter().find(|ceiling| ceiling.name == name);
    let about = ceiling
        .filter(|_| answer.users.is_some())
        .and_then(|ceiling| ceiling.likely)
        .map_or_else(String::new, |likely| format!(" (about {likely:.1} listeners)"));
    if name == THROUGHPUT && is_of_networks(answer) {
        format!(
            "What binds is throughput{about}: no more audio comes over the networks of listeners than that."
        )
    } else if name == THROUGHPUT && is_told_apart(answer) == Some(false) {
        format!("What binds is throughput{about}: no more audio reaches listeners than that.")
    } else if name == THROUGHPUT {
        format!("What binds is throughput{about}: the service makes no more audio than that.")
    } else {
        format!("What binds is `{name}`{about}.")
    }
}

/// How fast was delivered at the answer and at the first number that fails, as their runs show it.
fn paces(answer: &Answer) -> Option<String> {
    let at =
        |users: Option<u32>, pace: Option<f64>| Some(format!("at {} {:.2}x", grouped(users?.into()), pace?));
    let all = [at(answer.users, answer.pace), at(answer.first_failing, answer.failing_pace)];
    let all: Vec<_> = all.into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("Delivered of what is listened to: {}.", all.join(", ")))
}

/// What gave way, as a clause.
fn gave_way(what: GaveWay, answer: &Answer) -> String {
    let words = match what {
        GaveWay::ListenerNetworks => {
            let names = answer.networks.iter().flat_map(|share| &share.names);
            let names: Vec<_> = names.map(|name| one_line(name)).collect();
            return format!("the networks of listeners ({}), not the service", names.join(", "));
        }
        GaveWay::Queue if is_told_apart(answer) == Some(false) => {
            "the queue or the networks of listeners: less audio comes than is listened to"
        }
        GaveWay::Queue => {
            "the queue, in which work waits longer and longer because less audio is made than listened to"
        }
        GaveWay::Wait | GaveWay::ServiceTime if is_told_apart(answer) == Some(false) => {
            "the wait for work, or for the networks of listeners"
        }
        GaveWay::ServiceTime => "the time that the service takes for one listener, however few there are",
        GaveWay::Wait if answer.failing_pace.is_some_and(|pace| pace >= 1.0) => {
            "the wait for work now and then, although enough audio is made on the whole"
        }
        GaveWay::Wait => "the wait for work",

        GaveWay::Worker | GaveWay::Network if is_told_apart(answer) == Some(false) => {
            "the service, or the networks of listeners: what was asked for did not come"
        }
        GaveWay::Worker => "the service itself, which failed",
        GaveWay::Network => "the connections, which failed",
        GaveWay::RateLimit => "a rate or usage limit, which bit; the service behind it may carry more",
        GaveWay::Generator => "the generator on this machine, not the service",
    };
    words.to_owned()
}

/// Whether it is known that listeners' networks are not what is late; none where they had none.
fn is_told_apart(answer: &Answer) -> Option<bool> {
    answer.networks.as_ref().map(|share| share.again > 0)
}

/// A ceiling in listeners: "8.1 (7.9 to 8.6)". Nobody is a part of a listener.
pub(super) fn ceiling(ceiling: &Ceiling, answer: &Answer) -> String {
    let failing = answer.at_any_load.as_ref().filter(|_| answer.ending == SearchEnding::NothingHolds);
    if failing.is_some_and(|failing| failing.objective == ceiling.name) {
        return "none: missed at any load".to_owned();
    }
    of_load(ceiling)
}

fn of_load(ceiling: &Ceiling) -> String {
    match (ceiling.likely, ceiling.high) {
        (_, Some(high)) if high < 1.0 => "fewer than 1".to_owned(),
        (Some(likely), Some(high)) if ceiling.low < 1.0 => {
            format!("about {likely:.1} (fewer than 1 to {high:.1})")
        }
        (Some(likely), Some(high)) => format!("about {likely:.1} ({:.1} to {high:.1})", ceiling.low),
        (None, Some(high)) => format!("{:.1} to {high:.1}", ceiling.low),
        (_, _) if ceiling.low < 1.0 => "not known".to_owned(),
        (_, _) => format!("at least {:.1}", ceiling.low),
    }
}

/// What runs at the capacity show: "8 of 8 listeners in 1 run: at least 69 % at 95 % confidence".
pub(super) fn shown(shown: &NumberShown, confidence_pct: f64) -> String {
    let runs = counted(shown.runs, "run");
    let least =
        format!("at least {} at {} confidence", at_least(shown.at_least_pct), percent(confidence_pct));
    match shown.counts {
        Counted::Listeners => {
            format!("{} of {} in {runs}: {least}", shown.good, counted(shown.of, "listener"))
        }
        Counted::Blocks => format!("{} of {} in {runs}: {least}", shown.good, counted(shown.of, "block")),
        Counted::Runs => format!("met in {} of {runs}: {least}", shown.runs_met),
    }
}

/// What stands above the list of it.
pub(super) fn shown_title(users: u32) -> String {
    format!("what the runs at {users} show, were those who are counted independent")
}

/// "69 %", "98.7 %"; never 100 %, which no sample shows.
pub(super) fn at_least(value: f64) -> String {
    if value < 95.0 {
        format!("{value:.0} %")
    } else {
        format!("{:.1} %", (value * 10.0).floor().min(999.0) / 10.0)
    }
}

/// "95 %", "99.9 %".
pub(super) fn percent(value: f64) -> String {
    format!("{value} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ceiling_is_a_part_of_a_listener() {
        let of = |low, likely, high| of_load(&Ceiling { name: String::new(), low, likely, high });
        assert_eq!(of(0.6, None, None), "not known");
        assert_eq!(of(0.2, Some(0.6), Some(0.9)), "fewer than 1");
        assert_eq!(of(0.6, Some(1.2), Some(2.0)), "about 1.2 (fewer than 1 to 2.0)");
        assert_eq!(of(7.9, Some(8.1), Some(8.6)), "about 8.1 (7.9 to 8.6)");
        assert_eq!(of(7.9, None, None), "at least 7.9");
    }

    /// The eighth root of 0.05 is 0.688.
    #[test]
    fn eight_of_eight_are_at_least_69_percent_and_nothing_is_100() {
        let eight = NumberShown {
            objective: "listeners underrun-free >= 99 %".to_owned(),
            good: 8,
            of: 8,
            counts: Counted::Listeners,
            at_least_pct: 100.0 * 0.05_f64.powf(0.125),
            runs: 1,
            runs_met: 1,
        };
        assert_eq!(shown(&eight, 95.0), "8 of 8 listeners in 1 run: at least 69 % at 95 % confidence");
        assert_eq!(at_least(99.999), "99.9 %");
    }
}
