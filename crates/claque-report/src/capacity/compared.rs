//! Two capacities in words.

use claque_stats::{
    capacity::{Answer, Carries, Difference, SearchEnding},
    units::grouped,
};

use super::words;
use crate::words::{one_line, sentence};

/// Both, how much more or less the second carries, and what that comes to.
pub(super) fn text(names: (&str, &str), (a, b): (&Answer, &Answer), difference: &Difference) -> String {
    let side = |letter: &str, name: &str, answer: &Answer| {
        let interval = words::interval(answer).map_or_else(String::new, |interval| format!(" ({interval})"));
        format!("  {letter}  {}: {}{interval}", one_line(name), words::headline(answer))
    };
    let is_any = ![a, b].into_iter().any(carries_none);
    let ratio = ratio(difference).filter(|_| is_any);
    let ratio = ratio.map_or_else(String::new, |ratio| format!("  B / A  {ratio}\n"));
    let verdict = verdict(a, b, difference);
    format!("{}\n{}\n\n{ratio}  {verdict}\n", side("A", names.0, a), side("B", names.1, b))
}

/// "1.50x (1.20x to 1.80x)", "at most 0.33x"; none where nothing bounds it.
fn ratio(difference: &Difference) -> Option<String> {
    let Difference { ratio, low, high, .. } = *difference;
    let between = match (low, high) {
        (Some(low), Some(high)) => format!("{low:.2}x to {high:.2}x"),
        (Some(low), None) => format!("at least {low:.2}x"),
        (None, Some(high)) => format!("at most {high:.2}x"),
        (None, None) => return None,
    };
    Some(ratio.map_or_else(|| between.clone(), |ratio| format!("{ratio:.2}x ({between})")))
}

fn carries_none(answer: &Answer) -> bool {
    answer.ending == SearchEnding::NothingHolds
}

fn verdict(a: &Answer, b: &Answer, difference: &Difference) -> String {
    match difference.carries {
        Some(Carries::Less) if carries_none(b) => {
            "B carries less: it does not carry even one listener, and A does".to_owned()
        }
        Some(Carries::More) if carries_none(a) => {
            "B carries more: A does not carry even one listener".to_owned()
        }
        Some(Carries::More) => "B carries more: the intervals have no number in common".to_owned(),
        Some(Carries::Less) => "B carries less: the intervals have no number in common".to_owned(),
        None if carries_none(a) && carries_none(b) => {
            "no difference shown: neither carries even one listener".to_owned()
        }
        None if !difference.judged => format!(
            "not judged: nothing bounds what B carries, and less than the {} of A was tried, so that it would not be seen if B carried \
             less; search with a higher --max-users",
            grouped(a.users.unwrap_or_default().into())
        ),
        None => "no difference shown: the intervals have numbers in common".to_owned(),
    }
}

/// What is not known of a search.
pub(super) fn not_comparable(letter: &str, name: &str, answer: &Answer) -> String {
    let why = match &answer.ending {
        SearchEnding::Untrusted(why) => {
            format!("its runs do not measure the service ({})", sentence(why).trim_end_matches('.'))
        }
        SearchEnding::Undecided(why) => format!("it is undecided ({})", sentence(why).trim_end_matches('.')),
        SearchEnding::Stopped => "it was stopped before there was an interval".to_owned(),
        SearchEnding::Found | SearchEnding::AtLeast | SearchEnding::NothingHolds => {
            "it has no interval".to_owned()
        }
    };
    format!("nothing is known of how many listeners {letter} carries, {}: {why}", one_line(name))
}
