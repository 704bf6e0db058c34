//! Which figures of others are drawn, as `presets.toml` has it.

use std::sync::OnceLock;

use serde::Deserialize;

const FILE: &str = include_str!("presets.toml");

/// All servers that are known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Presets {
    server: Vec<Server>,
}

/// A server, or a tool that tells of a machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for whoever reads the file, and the page that names them all")
    )]
    pub(super) server: String,
    pub(super) series: Vec<Preset>,
}

/// A figure of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preset {
    pub(super) metric: String,
    pub(super) name: String,
    pub(super) unit: String,
    #[serde(default = "one")]
    pub(super) scale: f64,
    #[serde(default)]
    pub(super) r#where: String,
    pub(super) combine: Combine,
    #[serde(default)]
    pub(super) rate: bool,
    #[serde(default)]
    pub(super) explains: bool,
}

/// What becomes of several series of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Combine {
    Sum,
    Mean,
    Max,
}

const fn one() -> f64 {
    1.0
}

/// The list, in the order in which figures are drawn.
pub(super) fn servers() -> &'static [Server] {
    static SERVERS: OnceLock<Vec<Server>> = OnceLock::new();
    SERVERS.get_or_init(|| toml::from_str::<Presets>(FILE).expect("a test reads this very file").server)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_preset_is_understood_and_none_stands_twice() {
        let mut seen = BTreeSet::new();
        for server in servers() {
            assert!(!server.server.is_empty() && !server.series.is_empty());
            for preset in &server.series {
                assert!(seen.insert((&preset.metric, &preset.r#where)), "{} is there twice", preset.metric);
                assert!(
                    !preset.name.is_empty() && !preset.unit.is_empty() && preset.scale > 0.0,
                    "{}",
                    preset.metric
                );
                assert!(
                    !preset.rate || preset.combine == Combine::Sum,
                    "a rate is of all together: {}",
                    preset.metric
                );
            }
        }
    }

    #[test]
    fn the_page_names_every_server_that_is_known() {
        let page = include_str!("../../../../docs/scrape.md");
        for server in servers() {
            assert!(page.contains(&server.server), "docs/scrape.md does not name {}", server.server);
        }
    }
}
