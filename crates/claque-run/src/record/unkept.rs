//! The record of a simulation that is not kept: what it is worth and what came of its objectives.

use claque_core::record::Fact;
use claque_stats::{
    ObservationsBuilder, SummaryBuilder, Verdict,
    objective::{Objective, ObjectiveResult},
};

use super::{
    figures_of,
    parts::observations_of,
    steady::{Steady, SteadyWatch},
    terms::RecordTerms,
    verdict::judge,
};

/// A simulation that leaves nothing.
#[derive(Debug)]
pub(crate) struct Unkept<'a> {
    terms: &'a RecordTerms,
    observed: ObservationsBuilder,
    figures: SummaryBuilder,
    /// Of an audience that comes and goes: its figures are of a part of the run that is only known at its end.
    steady: Option<(SteadyWatch, Vec<Fact>)>,
}

impl<'a> Unkept<'a> {
    /// One of these terms that has seen nothing.
    pub(crate) fn new(terms: &'a RecordTerms) -> Self {
        Self {
            observed: observations_of(&terms.heading),
            figures: figures_of(&terms.heading),
            steady: terms.steady.map(|steady| (SteadyWatch::new(steady), Vec::new())),
            terms,
        }
    }

    /// Takes a fact, in the order in which they became final.
    pub(crate) fn take(&mut self, fact: Fact) {
        self.observed.add(&fact);
        if let Some((watch, facts)) = &mut self.steady {
            watch.add(&fact);
            facts.push(fact);
            return;
        }
        self.figures.add(&fact);
        if let Fact::Listener(record) = &fact {
            self.figures.close(record.listener);
        }
    }

    /// What it is worth, and what came of `objectives`: as of a run that is kept.
    pub(crate) fn judge(self, objectives: &[Objective]) -> (Verdict, Vec<ObjectiveResult>) {
        let Self { terms, observed, mut figures, steady } = self;
        let mut found = Steady::default();
        if let Some((watch, facts)) = steady {
            found = watch.finish();
            if let Some(window) = found.window {
                figures.figures_of(window);
                let each = claque_store::by_listener(&facts);
                each.iter().for_each(|facts| facts.summarise_into(&mut figures));
            } else {
                facts.iter().for_each(|fact| figures.add(fact));
            }
        }
        let mut verdict = judge(&figures.finish(None), terms.heading.time);
        found.reasons.into_iter().for_each(|reason| verdict.invalidate(reason));
        let observed = match found.window {
            Some(window) => observed.finish_within(window),
            None => observed.finish(),
        };
        (verdict, objectives.iter().map(|objective| objective.judge(&[&observed])).collect())
    }
}
