//! An audience that comes and goes: from when on its figures are of a steady state, and whether it was held at its number.

use claque_core::{
    ids::ListenerId,
    plan::Plan,
    record::{Fact, SessionEnd},
    schedule::{ArrivalSchedule, Hold},
    span::parse_span,
    time::{Duration, Instant, duration_nanos},
};
use claque_stats::{
    Reason, ReasonId,
    units::{counted, time},
    window::{FigureWindow, Truncation, mser5},
};
use serde_json::Value;

use super::places::{Kept, PlacesWatch};

/// What is to be found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SteadyTerms {
    hold: Option<Hold>,
    /// Listeners there are to take each other's places.
    users: u32,
    warm_up: Option<WarmUp>,
    /// Whoever is meant to start then or later is in no figure.
    until: Instant,
    /// Whether listeners leave after a time of their own.
    leaves: bool,
}

/// How the end of the warm-up is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WarmUp {
    /// From the data.
    Found,
    /// It was given.
    Given(Duration),
}

/// What is kept of a run's facts for it.
#[derive(Clone, Debug)]
pub(super) struct SteadyWatch {
    terms: SteadyTerms,
    /// Since when each block was wanted that was delivered, and the ms it took from then.
    responses: Vec<(Instant, f64)>,
    /// Listeners that heard their text to its end.
    completed: u64,
    /// Whether every place was taken, where there are such.
    places: Option<PlacesWatch>,
}

/// What was found out.
#[derive(Clone, Debug, Default)]
pub(super) struct Steady {
    pub(super) window: Option<FigureWindow>,
    pub(super) reasons: Vec<Reason>,
    pub(super) notes: Vec<Reason>,
}

impl SteadyTerms {
    /// What is to be found out about a run of `plan` that was decided in the words of `scenario`, if anything.
    pub(crate) fn of(plan: &Plan, scenario: &Value) -> Option<Self> {
        let said = |key| scenario.get(key).and_then(Value::as_str);
        let warm_up = match said("warm_up") {
            None | Some("off") => None,
            Some("auto") => Some(WarmUp::Found),
            Some(span) => parse_span(span).ok().map(WarmUp::Given),
        };
        let hold = match &plan.schedule {
            ArrivalSchedule::Held(hold) => Some(*hold),
            ArrivalSchedule::Even { .. } | ArrivalSchedule::Listed(_) => None,
        };
        let lasts = said("for").and_then(|span| parse_span(span).ok());
        let last = plan.schedule.intended_start(ListenerId(plan.users.saturating_sub(1)));
        let until = match (hold, lasts) {
            (Some(hold), _) => hold.until,
            (None, Some(span)) => Instant::from_nanos(duration_nanos(span)),
            (None, None) => Instant::from_nanos(last.as_nanos().saturating_add(1)),
        };
        let leaves = plan.behaviour.listens.is_some();
        let asks = hold.is_some() || warm_up.is_some() || leaves;
        asks.then_some(Self { hold, users: plan.users, warm_up, until, leaves })
    }
}

impl SteadyWatch {
    pub(super) fn new(terms: SteadyTerms) -> Self {
        let places = terms.hold.map(|hold| PlacesWatch::new(hold, terms.users));
        Self { terms, responses: Vec::new(), completed: 0, places }
    }

    pub(super) fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Block(block) if self.terms.warm_up.is_some() => {
                if let (Some(wanted), Some(ready)) = (block.intended_at, block.delivered_at()) {
                    self.responses.push((wanted, ready.since(wanted).as_secs_f64() * 1_000.0));
                }
            }
            Fact::Listener(ended) => {
                self.completed += u64::from(ended.end == SessionEnd::Completed);
                if let Some(places) = &mut self.places {
                    places.add(ended);
                }
            }
            Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => {}
        }
    }

    pub(super) fn finish(mut self) -> Steady {
        let mut steady = Steady::default();
        self.find_window(&mut steady);
        if let Some(places) = self.places.take() {
            let Kept { reasons, notes } = places.finish();
            steady.reasons.extend(reasons);
            steady.notes.extend(notes);
        }
        if self.terms.leaves && self.completed > 0 {
            let text = format!(
                "{} came to the end of the text before the time was up that --listens gives; --blocks makes texts longer",
                counted(self.completed, "listener")
            );
            steady.notes.push(Reason { id: ReasonId::TextsTooShort, text });
        }
        steady
    }

    fn find_window(&mut self, steady: &mut Steady) {
        let found = match self.terms.warm_up {
            None => return,
            Some(WarmUp::Given(span)) => {
                let from_ns = duration_nanos(span);
                Ok((from_ns, format!("as --warm-up says{}", self.doubt(from_ns))))
            }
            Some(WarmUp::Found) => {
                self.find_warm_up().map(|from| (from, "found in response_time by MSER-5".to_owned()))
            }
        };
        let until_ns = self.terms.until.as_nanos();
        match found {
            Ok((from_ns, how)) if from_ns < until_ns => {
                steady.window = Some(FigureWindow { from_ns, until_ns });
                let text = format!(
                    "figures are of listeners that were to start from {} to {}; the warm-up before it: {how}",
                    shown(from_ns),
                    shown(until_ns)
                );
                steady.notes.push(Reason { id: ReasonId::SteadyState, text });
            }
            Ok(_) => {
                let text = format!("the warm-up is not over at {}, when arrivals end", shown(until_ns));
                steady.reasons.push(Reason { id: ReasonId::WarmUpNotLeft, text });
            }
            Err(why) => steady.reasons.push(Reason { id: ReasonId::WarmUpNotLeft, text: why.to_owned() }),
        }
    }

    /// What the data say of a warm-up that was given: nothing where they agree that it was over by then.
    fn doubt(&mut self, given_ns: u64) -> String {
        match self.truncation() {
            Truncation::After(left_out) if self.after(left_out) > given_ns => {
                let from = shown(self.after(left_out));
                format!("; by MSER-5 response_time had settled only from {from} on")
            }
            Truncation::After(_) => String::new(),
            Truncation::NotLeft => {
                "; response_time had not settled in the first half of the blocks (MSER-5): no figure is of a steady state".to_owned()
            }
            Truncation::TooShort => {
                "; too few blocks were delivered to find whether response_time had settled by then".to_owned()
            }
        }
    }

    /// Where the warm-up ends in the responses to what was wanted while there were arrivals, in order of time.
    fn truncation(&mut self) -> Truncation {
        // When arrivals have ended the audience becomes smaller, and what it meets is no steady state either.
        let until = self.terms.until;
        self.responses.retain(|(wanted, _)| *wanted < until);
        self.responses.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let series: Vec<f64> = self.responses.iter().map(|(_, ms)| *ms).collect();
        mser5(&series)
    }

    /// The first moment, in ns since the run's start, after so many responses.
    fn after(&self, left_out: usize) -> u64 {
        // What was wanted in the same moment as the last that is left out is left out, too.
        let last = left_out.checked_sub(1).and_then(|last| self.responses.get(last));
        last.map_or(0, |(wanted, _)| wanted.as_nanos() + 1)
    }

    /// The end of the warm-up in ns since the run's start, or why there is none.
    fn find_warm_up(&mut self) -> Result<u64, &'static str> {
        match self.truncation() {
            Truncation::After(left_out) => Ok(self.after(left_out)),
            Truncation::NotLeft => Err(
                "response_time had not settled in the first half of the blocks (MSER-5): no figure is of a steady state; hold for longer",
            ),
            Truncation::TooShort => Err(
                "fewer than two hundred blocks were delivered, too few to find the end of the warm-up; hold for longer, or give --warm-up",
            ),
        }
    }
}

fn shown(nanos: u64) -> String {
    time(Instant::from_nanos(nanos).as_millis_f64())
}
