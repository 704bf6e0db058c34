//! What a setting costs: a sum of named prices, for an hour.

use claque_gateway::Workers;
use claque_run::order::{SimulateOrder, SimulatedService};

use super::range::Dimension;
use crate::config::{UsageError, wish::list};

/// The highest price: sums of what is above it may be no numbers any more.
const HIGHEST: f64 = 1e12;

/// What an hour costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prices {
    /// Of each worker.
    worker: Option<f64>,
    /// Of each busy overflow worker.
    overflow: Option<f64>,
    /// Of each unit of what is varied, by its place.
    varied: Vec<(usize, f64)>,
    /// As they were typed; none where nothing was.
    typed: Vec<String>,
}

impl Prices {
    /// Reads what was typed after `--cost`. Without anything a worker counts one.
    ///
    /// # Errors
    /// Something is no price, is not varied, or workers are varied and have no price.
    pub(super) fn parse(typed: &[String], dimensions: &[Dimension]) -> Result<Self, UsageError> {
        if typed.is_empty() {
            return Ok(Self { worker: Some(1.0), overflow: None, varied: Vec::new(), typed: Vec::new() });
        }
        let mut prices = Self { worker: None, overflow: None, varied: Vec::new(), typed: typed.to_vec() };
        for one in typed {
            prices.add(one, dimensions).map_err(|what| UsageError::new(format!("--cost {one}: {what}")))?;
        }
        let varies_workers = dimensions.iter().enumerate().any(|(place, one)| {
            one.is_workers() && !prices.varied.iter().any(|(priced, _)| *priced == place)
        });
        if varies_workers && prices.worker.is_none() {
            return Err(UsageError::new(format!(
                "--cost {} has no price for workers, and their number is varied: the most would be as cheap as one; add worker=PRICE/h",
                typed.join(",")
            )));
        }
        Ok(prices)
    }

    fn add(&mut self, typed: &str, dimensions: &[Dimension]) -> Result<(), String> {
        let (name, price) =
            typed.split_once('=').ok_or("it has no price; give one, such as worker=0.02/h")?;
        let (name, price) = (name.trim(), price.trim());
        let (number, unit) =
            price.split_once('/').map_or((price, None), |(number, unit)| (number, Some(unit.trim())));
        let price = number.trim().parse::<f64>().ok().filter(|price| (0.0..=HIGHEST).contains(price));
        let price = price.ok_or_else(|| {
            format!("`{number}` is no price; give a number from 0 to {HIGHEST:e}, such as 0.02/h")
        })?;
        let is_same = |one: &Dimension| one.key == name || one.key.replace('_', "-") == name;
        let place = dimensions.iter().position(is_same);
        let is_own = matches!(name, "worker" | "overflow");
        if let Some(unit) = unit.filter(|unit| !matches!(*unit, "h" | "hour")) {
            return Err(format!(
                "`/{unit}` is no unit of a price here; all are for an hour: give {name}={number}/h"
            ));
        }
        match (name, place) {
            ("worker", _) => twice(self.worker.replace(price)),
            ("overflow", _) => twice(self.overflow.replace(price)),
            (_, Some(place)) => {
                if dimensions
                    .get(place)
                    .is_some_and(|one| one.values.iter().any(|value| value.number.is_none()))
                {
                    return Err(
                        "its values are names and no numbers, of which a unit could have a price".to_owned()
                    );
                }
                twice(self.varied.iter().find(|(priced, _)| *priced == place).map(|(_, price)| *price))?;
                self.varied.push((place, price));
                Ok(())
            }
            (_, None) if !is_own => {
                let varied: Vec<&str> = dimensions.iter().map(|one| one.key.as_str()).collect();
                let known = [&["worker", "overflow"][..], &varied].concat();
                Err(format!("nothing of that name is varied; give {}", list(&known)))
            }
            (_, None) => Ok(()),
        }
    }

    /// What a setting costs an hour whatever happens, by what it is simulated as.
    ///
    /// # Errors
    /// It has workers without limit, which have no price.
    pub(super) fn fixed(&self, order: &SimulateOrder, numbers: &[Option<f64>]) -> Result<f64, UsageError> {
        let mut cost = 0.0;
        // What costs nothing need not be counted.
        if let Some(price) = self.worker.filter(|price| *price > 0.0) {
            cost += price * workers(order)?;
        }
        for (place, price) in &self.varied {
            cost += price * numbers.get(*place).copied().flatten().unwrap_or_default();
        }
        Ok(cost)
    }

    /// What so many busy overflow workers cost an hour.
    pub(crate) fn of_overflow(&self, mean_overflowing: f64) -> f64 {
        self.overflow.unwrap_or_default() * mean_overflowing
    }

    /// Whether overflow has a price.
    pub(super) const fn prices_overflow(&self) -> bool {
        self.overflow.is_some()
    }

    /// For people.
    pub(crate) fn words(&self) -> String {
        if self.typed.is_empty() {
            "1 for each worker and nothing else, for --cost was not given".to_owned()
        } else {
            self.typed.join(", ")
        }
    }
}

fn twice(before: Option<f64>) -> Result<(), String> {
    match before {
        None => Ok(()),
        Some(_) => Err("it is priced twice; give it once".to_owned()),
    }
}

/// Workers of the model that is listened to, or slots of an engine of streams.
fn workers(order: &SimulateOrder) -> Result<f64, UsageError> {
    match &order.service {
        SimulatedService::Yapit(gateway) => {
            let model = gateway.config.models.iter().find(|model| *model.info.slug == *order.plan.model);
            match model.map(|model| model.workers) {
                Some(Workers::Pull(workers)) => Ok(workers.into()),
                // An unknown model is told where it is simulated.
                None => Ok(0.0),
                Some(Workers::Unlimited) => Err(UsageError::new(format!(
                    "the model {} has workers without limit, which have no price; give --workers N, vary them, or price something else with \
                     --cost",
                    order.plan.model
                ))),
            }
        }
        SimulatedService::Speech(speech) => Ok(speech.gateway.config.streaming.slots.get().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(typed: &[&str]) -> Result<Prices, String> {
        let dimensions =
            ["workers=1..4", "batch_size=1..4"].map(|typed| Dimension::parse(typed).unwrap()).to_vec();
        let typed: Vec<String> = typed.iter().map(|one| (*one).to_owned()).collect();
        Prices::parse(&typed, &dimensions).map_err(|error| error.to_string())
    }

    #[test]
    fn prices_are_read_with_and_without_their_hour() {
        let read = prices(&["worker=0.02/h", "overflow=0.5", "batch-size=0.001"]).unwrap();
        assert_eq!(
            (read.worker, read.overflow, &read.varied[..]),
            (Some(0.02), Some(0.5), &[(1, 0.001)][..])
        );
        assert_eq!(prices(&[]).unwrap().worker, Some(1.0));
    }

    #[test]
    fn what_is_no_price_is_told_with_the_remedy() {
        for (typed, words) in [
            ("worker", "has no price"),
            ("worker=x", "`x` is no price"),
            ("worker=-1", "`-1` is no price"),
            ("worker=1e308", "give a number from 0 to 1e12"),
            ("worker=1/day", "`/day` is no unit"),
            ("wroker=1", "give worker, overflow, workers or batch_size"),
            ("overflow=1", "add worker=PRICE/h"),
        ] {
            let error = prices(&[typed]).unwrap_err();
            assert!(error.contains(words), "{typed}: {error}");
        }
        assert!(prices(&["worker=1", "worker=2"]).unwrap_err().contains("priced twice"));
    }
}
