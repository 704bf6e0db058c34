//! Reading a line: metric, statistic or quality, relation, number, unit.

use super::{
    Figure, Measure, Objective, ObjectiveError, ObjectiveUnit, Quality, Relation, Subject, Tolerance,
};
use crate::figures::{self, Figure as Named};

/// Longest line that is looked at, in characters: objectives end up in file names and reports.
const LONGEST: usize = 200;

const QUALITIES: [(&str, Quality); 4] = [
    ("underrun-free", Quality::UnderrunFree),
    ("started", Quality::Started),
    ("completed", Quality::Completed),
    ("stalled", Quality::Stalled),
];
const RELATIONS: [(&str, Relation); 8] = [
    ("<", Relation::Below),
    ("<=", Relation::AtMost),
    ("≤", Relation::AtMost),
    (">", Relation::Above),
    (">=", Relation::AtLeast),
    ("≥", Relation::AtLeast),
    ("=", Relation::Equal),
    ("==", Relation::Equal),
];
/// Units of time, in ms.
const TIMES: [(&str, f64); 3] = [("ms", 1.0), ("s", 1_000.0), ("min", 60_000.0)];

impl Objective {
    /// Reads an objective, such as `startup_time p95 < 2 s`.
    ///
    /// # Errors
    /// It is none; says what is wrong at which character, and what was probably meant.
    pub fn parse(line: &str) -> Result<Self, ObjectiveError> {
        let objective = Self::parse_any(line)?;
        if let Subject::Listeners(Quality::Stalled, _) = objective.subject {
            let mut reader = Reader::new(line);
            let _metric = reader.next();
            let what = "`stalled` is known only while a run goes on";
            return Err(reader.error(what, "give underrun-free, started or completed"));
        }
        Ok(objective)
    }

    /// The same, also with what is known only while a run goes on.
    pub(super) fn parse_any(line: &str) -> Result<Self, ObjectiveError> {
        let mut reader = Reader::new(line);
        if line.chars().count() > LONGEST {
            return Err(reader.error("too long", &format!("give at most {LONGEST} characters")));
        }
        let named = reader.metric()?;
        let subject = reader.subject(named)?;
        let relation = reader.relation()?;
        let number = reader.number()?;
        let (subject, limit) = reader.limit(subject, number)?;
        reader.no_fraction_for_percent(subject, relation, number)?;
        if let Some(token) = reader.next() {
            return Err(reader.error_at(token.at, &format!("unexpected `{}`", token.text), "take it out"));
        }
        let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { text, subject, relation, limit, confidence_pct: None })
    }
}

/// A piece of a line.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    /// First character, counted from 1.
    at: usize,
}

/// The pieces of a line, and where we are among them.
struct Reader<'a> {
    line: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn new(line: &'a str) -> Self {
        Self { line, tokens: tokens(line), next: 0 }
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    /// The next piece if it is a word.
    fn word(&mut self) -> Option<Token<'a>> {
        let word = self.peek().filter(|token| relation_named(token.text).is_none());
        self.next += usize::from(word.is_some());
        word
    }

    /// An error at the next piece, or behind the last one.
    fn error(&self, what: &str, hint: &str) -> ObjectiveError {
        let end = self.line.trim_end().chars().count() + 1;
        self.error_at(self.peek().map_or(end, |token| token.at), what, hint)
    }

    fn error_at(&self, at: usize, what: &str, hint: &str) -> ObjectiveError {
        let shown: String = self.line.trim_end().chars().take(LONGEST).collect();
        ObjectiveError { text: shown, what: what.to_owned(), at, hint: format!("; {hint}") }
    }

    fn metric(&mut self) -> Result<Token<'a>, ObjectiveError> {
        let known = metrics();
        let Some(word) = self.word() else {
            return Err(self.error("a metric is missing", &format!("give {}", list(&known))));
        };
        if known.contains(&word.text) {
            return Ok(word);
        }
        let hint = nearest(word.text, &known).unwrap_or_else(|| format!("give {}", list(&known)));
        Err(self.error_at(word.at, &format!("unknown metric `{}`", word.text), &hint))
    }

    fn subject(&mut self, metric: Token<'a>) -> Result<Subject, ObjectiveError> {
        match metric.text {
            "listeners" => Ok(Subject::Listeners(self.quality()?, Measure::Count)),
            "stalled_time_pct" => Ok(Subject::StalledTime(self.figure()?.unwrap_or(Figure::Mean))),
            "underruns" => Ok(Subject::Underruns(self.figure()?.unwrap_or(Figure::Total))),
            "errors" => self.plain(metric, Subject::Errors),
            "success_pct" => self.plain(metric, Subject::Success),
            "goodput_pct" => self.plain(metric, Subject::Goodput),
            "resends" => self.plain(metric, Subject::Resends(Measure::Count)),
            "given_up" => self.plain(metric, Subject::GivenUp(Measure::Count)),
            "continuity_ok@50" => self.plain(metric, Subject::Continuity(Tolerance::Ms50)),
            "continuity_ok@100" => self.plain(metric, Subject::Continuity(Tolerance::Ms100)),
            "continuity_ok@200" => self.plain(metric, Subject::Continuity(Tolerance::Ms200)),
            name => {
                let time = figures::named(name).and_then(Named::metric);
                match (time, self.figure()?) {
                    (Some(time), Some(Figure::Max)) if time.is_higher_better() => {
                        let what = format!("the largest {name} is its best");
                        Err(self.error_at(metric.at, &what, "give mean or a percentile such as p5"))
                    }
                    (Some(time), Some(figure)) => Ok(Subject::Time(time, figure)),
                    (Some(_) | None, _) => {
                        let what = format!("which figure of {name} is missing");
                        Err(self.error(&what, "give mean, max or a percentile such as p95"))
                    }
                }
            }
        }
    }

    /// A metric with nothing between its name and the relation.
    fn plain(&mut self, metric: Token<'a>, subject: Subject) -> Result<Subject, ObjectiveError> {
        match self.word() {
            None => Ok(subject),
            Some(word) => {
                let what = format!("{} has no `{}`", metric.text, word.text);
                Err(self.error_at(word.at, &what, "take it out"))
            }
        }
    }

    fn figure(&mut self) -> Result<Option<Figure>, ObjectiveError> {
        let Some(word) = self.word() else { return Ok(None) };
        let figure = match word.text {
            "mean" => Some(Figure::Mean),
            "max" => Some(Figure::Max),
            "median" => Some(Figure::Percentile(50_000)),
            text => match text.strip_prefix('p').map(percentile) {
                None | Some(Percentile::None) => None,
                Some(Percentile::Of(figure)) => Some(figure),
                Some(Percentile::Outside) => {
                    let what = format!("`{text}` is no percentile, which lies above 0 and below 100");
                    return Err(self.error_at(word.at, &what, "give one such as p50 or p99.9, or max"));
                }
                Some(Percentile::TooFine) => {
                    let what = format!("`{text}` has more than three decimals");
                    return Err(self.error_at(word.at, &what, "give at most three, such as p99.999, or max"));
                }
            },
        };
        let hint = "give mean, max or a percentile such as p50, p95 or p99.9";
        let unknown = || self.error_at(word.at, &format!("unknown figure `{}`", word.text), hint);
        figure.map(Some).ok_or_else(unknown)
    }

    fn quality(&mut self) -> Result<Quality, ObjectiveError> {
        let names = QUALITIES.map(|(name, _)| name);
        let give = format!("give {}", list(&names));
        let Some(word) = self.word() else {
            return Err(self.error("which listeners is missing", &give));
        };
        let found = QUALITIES.into_iter().find(|(name, _)| *name == word.text);
        let hint = nearest(word.text, &names).unwrap_or(give);
        let unknown = || self.error_at(word.at, &format!("unknown sort of listeners `{}`", word.text), &hint);
        found.map(|(_, quality)| quality).ok_or_else(unknown)
    }

    fn relation(&mut self) -> Result<Relation, ObjectiveError> {
        let found = self.peek().and_then(|token| relation_named(token.text));
        let Some(relation) = found else {
            return Err(self.error("a relation is missing", "give <, <=, >, >= or ="));
        };
        self.next += 1;
        Ok(relation)
    }

    /// The number, and the unit that may be glued to it.
    fn number(&mut self) -> Result<(f64, Token<'a>), ObjectiveError> {
        let Some(token) = self.word() else {
            return Err(self.error("a number is missing", "give one, such as 2"));
        };
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        let length = token.text.find(|c: char| !digits(c)).unwrap_or(token.text.len());
        let (number, unit) = token.text.split_at(length);
        let Some(number) = number.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            let what = format!("`{}` is no number from 0", token.text);
            return Err(self.error_at(token.at, &what, "give one, such as 2 or 0.5"));
        };
        if unit.is_empty() {
            let unit = self.word();
            let end = Token { text: "", at: token.at + length };
            return Ok((number, unit.unwrap_or(end)));
        }
        Ok((number, Token { text: unit, at: token.at + length }))
    }

    /// A share that is to be large is not bounded by a fraction of one percent, nor a number of listeners by a part of one: whoever
    /// writes 0.99 without a unit means 99 %.
    fn no_fraction_for_percent(
        &self,
        subject: Subject,
        relation: Relation,
        (number, unit): (f64, Token<'a>),
    ) -> Result<(), ObjectiveError> {
        let is_large = matches!(relation, Relation::Above | Relation::AtLeast);
        let is_in_doubt = match subject {
            Subject::Success | Subject::Goodput | Subject::Continuity(_) => number > 0.0 && number <= 1.0,
            Subject::StalledTime(_) => is_large && number > 0.0 && number <= 1.0,
            Subject::Listeners(_, Measure::Count)
            | Subject::Resends(Measure::Count)
            | Subject::GivenUp(Measure::Count) => is_large && number > 0.0 && number < 1.0,
            Subject::Listeners(_, Measure::Share)
            | Subject::Resends(Measure::Share)
            | Subject::GivenUp(Measure::Share)
            | Subject::Time(..)
            | Subject::Underruns(_)
            | Subject::Errors => false,
        };
        if !is_in_doubt || !unit.text.is_empty() {
            return Ok(());
        }
        let percent = format!("{:.6}", number * 100.0);
        let percent = percent.trim_end_matches('0').trim_end_matches('.');
        let what = format!("{number} may mean {percent} %");
        Err(self.error_at(unit.at, &what, &format!("write {percent} %, or {number} % if that is meant")))
    }

    /// The limit in the subject's unit, which decides for listeners and blocks whether they are counted.
    fn limit(
        &self,
        subject: Subject,
        (number, unit): (f64, Token<'a>),
    ) -> Result<(Subject, f64), ObjectiveError> {
        let error = |what: String, hint: &str| Err(self.error_at(unit.at, &what, hint));
        match subject {
            Subject::Time(..) if subject.unit() == ObjectiveUnit::Ratio => match unit.text {
                "" => Ok((subject, number)),
                other => error(format!("`{other}` is no unit of a ratio"), "take it out"),
            },
            Subject::Time(..) => match TIMES.into_iter().find(|(name, _)| *name == unit.text) {
                Some((_, factor)) => Ok((subject, number * factor)),
                None if unit.text.is_empty() => error("a unit is missing".to_owned(), "give ms, s or min"),
                None => error(format!("`{}` is no unit of time", unit.text), "give ms, s or min"),
            },
            Subject::StalledTime(_) | Subject::Success | Subject::Goodput | Subject::Continuity(_) => {
                match unit.text {
                    "" | "%" if number <= 100.0 => Ok((subject, number)),
                    "" | "%" => error("more than all".to_owned(), "give 0 to 100 %"),
                    other => error(format!("`{other}` is not percent"), "give %"),
                }
            }
            Subject::Listeners(..) | Subject::Resends(_) | Subject::GivenUp(_) => match unit.text {
                "" => Ok((subject, number)),
                "%" if number <= 100.0 => Ok((subject.as_share(), number)),
                "%" => error("more than all".to_owned(), "give 0 to 100 %"),
                other => {
                    let what = if let Subject::Listeners(..) = subject { "listeners" } else { "blocks" };
                    error(format!("`{other}` is no unit of {what}"), "give % or nothing")
                }
            },
            Subject::Underruns(_) | Subject::Errors => match unit.text {
                "" => Ok((subject, number)),
                other => error(format!("`{other}` is no unit of a count"), "take it out"),
            },
        }
    }
}

impl Subject {
    /// The share, of what can be counted.
    const fn as_share(self) -> Self {
        match self {
            Self::Listeners(quality, _) => Self::Listeners(quality, Measure::Share),
            Self::Resends(_) => Self::Resends(Measure::Share),
            Self::GivenUp(_) => Self::GivenUp(Measure::Share),
            Self::Time(..)
            | Self::StalledTime(_)
            | Self::Underruns(_)
            | Self::Errors
            | Self::Success
            | Self::Goodput
            | Self::Continuity(_) => self,
        }
    }
}

fn tokens(line: &str) -> Vec<Token<'_>> {
    let is_relation = |c: char| "<>=≤≥".contains(c);
    let mut tokens = Vec::new();
    let mut rest = line;
    let mut at = 1;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace())
        } else if is_relation(first) {
            rest.find(|c: char| !is_relation(c))
        } else {
            rest.find(|c: char| c.is_whitespace() || is_relation(c))
        };
        let (text, behind) = rest.split_at(length.unwrap_or(rest.len()));
        if !first.is_whitespace() {
            tokens.push(Token { text, at });
        }
        at += text.chars().count();
        rest = behind;
    }
    tokens
}

fn relation_named(text: &str) -> Option<Relation> {
    RELATIONS.into_iter().find(|(name, _)| *name == text).map(|(_, relation)| relation)
}

/// What is written behind a `p`.
enum Percentile {
    /// A percentile.
    Of(Figure),
    /// No number.
    None,
    /// A number that is none, as 0 and 100 are.
    Outside,
    /// One between two that are told apart.
    TooFine,
}

/// "99.9", above 0 and below 100, to a thousandth.
fn percentile(text: &str) -> Percentile {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Percentile::None;
    }
    let fraction = fraction.trim_end_matches('0');
    let Ok(whole @ 0..100) = whole.parse::<u32>() else { return Percentile::Outside };
    match format!("{fraction:0<3}").parse::<u32>() {
        Ok(thousandths) if fraction.len() <= 3 => match whole * 1_000 + thousandths {
            0 => Percentile::Outside,
            thousandths => Percentile::Of(Figure::Percentile(thousandths)),
        },
        Ok(_) | Err(_) => Percentile::TooFine,
    }
}

fn metrics() -> Vec<&'static str> {
    figures::of_objectives().chain(["listeners"]).collect()
}

/// "did you mean `startup_time`?", if anything known is near.
fn nearest(typed: &str, known: &[&str]) -> Option<String> {
    /// As near as the suggestions for flags.
    const NEAR: f64 = 0.7;
    let near = known.iter().map(|name| (strsim::jaro(typed, name), name));
    let best = near.filter(|(score, _)| *score > NEAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| format!("did you mean `{name}`?"))
}

/// "a, b or c".
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}
