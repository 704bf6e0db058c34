//! Figures of a service as text that Prometheus reads (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

/// Where it is asked for.
pub(crate) const PATH: &str = "/metrics";

/// What such an answer is said to be.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How a figure behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It rises and falls.
    Gauge,
    /// It only grows.
    Counter,
}

/// An answer that is being written.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    /// Adds a figure with one value.
    pub(crate) fn add(&mut self, name: &str, kind: Kind, help: &str, value: u64) -> &mut Self {
        self.head(name, kind, help);
        let _infallible = writeln!(self.0, "{name} {value}");
        self
    }

    /// Adds a figure with a value for each model; nothing where there is none.
    pub(crate) fn add_of_models<'a>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        values: impl Iterator<Item = (&'a str, u64)>,
    ) -> &mut Self {
        let mut is_first = true;
        for (model, value) in values {
            if std::mem::take(&mut is_first) {
                self.head(name, kind, help);
            }
            let model = model.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _infallible = writeln!(self.0, "{name}{{model=\"{model}\"}} {value}");
        }
        self
    }

    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let _infallible = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// The whole answer.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A number of things as it is written.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
