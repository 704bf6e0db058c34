//! Who knows no protocol's name: the player, the figures, the lanes and the simulator. A protocol that needed a word there would need one
//! in each of them.

use super::{
    Report,
    files::SourceFile,
    is_test_code,
    rust_text::{blank, without_tests},
};

/// Sources that know none.
const UNKNOWING: [&str; 4] = [
    "crates/claque-core/src/",
    "crates/claque-stats/src/",
    "crates/claque-sim/src/",
    "crates/claque-net/src/audience/",
];

/// Protocols, as their modules and types are called.
const PROTOCOLS: [&str; 3] = ["yapit", "openai", "wyoming"];

/// Looks for names of protocols in code; comments and texts may tell of them, and tests speak one.
pub(super) fn check(files: &[SourceFile], report: &mut Report) {
    let is_unknowing = |file: &&SourceFile| {
        UNKNOWING.iter().any(|place| file.path.starts_with(place)) && file.is_rust() && !is_test_code(file)
    };
    for file in files.iter().filter(is_unknowing) {
        for protocol in named(&without_tests(&blank(&file.text))) {
            report.fail(format!("{}: knows of {protocol}, and is to know no protocol", file.path));
        }
    }
}

fn named(code: &str) -> impl Iterator<Item = &'static str> {
    let code = code.to_lowercase();
    PROTOCOLS.into_iter().filter(move |protocol| code.contains(protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&[SourceFile { path: path.to_owned(), text: text.to_owned() }], &mut report);
        report.failures
    }

    #[test]
    fn code_names_no_protocol_and_words_may() {
        let sim = "crates/claque-sim/src/world.rs";
        assert_eq!(failures(sim, "use claque_front::yapit::Gateway;\nfn of(front: OpenaiFront) {}").len(), 2);
        assert_eq!(failures(sim, "/// As yapit does.\nconst NAME: &str = \"openai\";").len(), 0);
        assert_eq!(
            failures(sim, "#[cfg(test)]\nmod tests {\n    use claque_wire::yapit::Era;\n}\n").len(),
            0
        );
        assert_eq!(failures("crates/claque-net/src/host/mod.rs", "mod yapit;").len(), 0);
    }
}
