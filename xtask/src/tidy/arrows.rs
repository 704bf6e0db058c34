//! Which crate may depend on which.

use super::Report;
use crate::workspace::{Kind, Package, Workspace};

/// What a crate may depend on within the workspace.
#[derive(Clone, Copy, Debug)]
enum Reach {
    /// These crates and no others.
    Only(&'static [&'static str]),
    /// Every crate of the product.
    Product,
}

/// The arrows of the design, section 2. A member that is not here has no place in the house yet.
const ARROWS: [(&str, Reach); 15] = [
    ("claque-core", Reach::Only(&[])),
    ("claque-stats", Reach::Only(&["claque-core"])),
    ("claque-wire", Reach::Only(&["claque-core"])),
    ("claque-gateway", Reach::Only(&["claque-core"])),
    ("claque-front", Reach::Only(&["claque-core", "claque-wire", "claque-gateway"])),
    (
        "claque-sim",
        Reach::Only(&["claque-core", "claque-wire", "claque-gateway", "claque-front", "claque-stats"]),
    ),
    ("claque-net", Reach::Only(&["claque-core", "claque-wire", "claque-gateway", "claque-front"])),
    ("claque-store", Reach::Only(&["claque-core", "claque-stats"])),
    ("claque-report", Reach::Only(&["claque-core", "claque-stats", "claque-store"])),
    (
        "claque-run",
        Reach::Only(&[
            "claque-core",
            "claque-wire",
            "claque-gateway",
            "claque-front",
            "claque-stats",
            "claque-sim",
            "claque-net",
            "claque-store",
        ]),
    ),
    ("claque-fleet", Reach::Only(&["claque-core", "claque-stats", "claque-store"])),
    (PROGRAM, Reach::Product),
    ("claque-bench", Reach::Only(&["claque-core", "claque-net", "claque-store", "claque-wire"])),
    ("claque-fuzz", Reach::Only(&["claque-core", "claque-store", "claque-wire"])),
    (CHORES, Reach::Only(&[])),
];

/// The crate whose tests may use whatever they need: the agreement of two drivers is tested there.
const PROGRAM: &str = "claque";

/// The crate that no other may depend on.
const CHORES: &str = "xtask";

/// Checks the arrows between members, as their manifests state them.
pub(crate) fn check(workspace: &Workspace, report: &mut Report) {
    for member in workspace.members() {
        match ARROWS.iter().find(|(name, _)| *name == member.name) {
            Some((_, reach)) => check_arrows(workspace, member, *reach, report),
            None => report.fail(format!("crate {} has no arrows in xtask's table", member.name)),
        }
    }
}

fn check_arrows(workspace: &Workspace, member: &Package, reach: Reach, report: &mut Report) {
    for dependency in &member.declared {
        let free = dependency.kind == Kind::Development && member.name == PROGRAM;
        let inside = workspace.members().any(|other| other.name == dependency.name);
        let allowed = match reach {
            Reach::Only(names) => names.contains(&dependency.name.as_str()),
            Reach::Product => dependency.name != CHORES,
        };
        if inside && !free && !allowed {
            let kind = match dependency.kind {
                Kind::Normal => "depends",
                Kind::Development => "depends in tests",
                Kind::Build => "depends when building",
            };
            report.fail(format!("{} {kind} on {}, an arrow that is not drawn", member.name, dependency.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Declared;

    /// A made-up workspace.
    #[derive(Default)]
    struct Graph(Workspace);

    impl Graph {
        fn member(mut self, name: &str) -> Self {
            let package = Package { name: name.to_owned(), member: true, ..Package::default() };
            self.0.packages.push(package);
            self
        }

        fn arrow(mut self, from: &str, to: &str, kind: Kind) -> Self {
            let declared = Declared { name: to.to_owned(), kind, requirement: String::new(), by_path: true };
            let from = self.0.packages.iter_mut().find(|package| package.name == from).unwrap();
            from.declared.push(declared);
            self
        }

        fn failures(&self) -> Vec<String> {
            let mut report = Report::default();
            check(&self.0, &mut report);
            report.failures
        }
    }

    #[test]
    fn drawn_arrows_pass() {
        let graph = Graph::default()
            .member("claque-core")
            .member("claque-sim")
            .member("claque")
            .arrow("claque-sim", "claque-core", Kind::Normal)
            .arrow("claque", "claque-sim", Kind::Normal);
        assert_eq!(graph.failures(), Vec::<String>::new());
    }

    #[test]
    fn a_wrong_arrow_fails() {
        let graph = Graph::default().member("claque-net").member("claque-sim").arrow(
            "claque-sim",
            "claque-net",
            Kind::Normal,
        );
        assert_eq!(graph.failures(), ["claque-sim depends on claque-net, an arrow that is not drawn"]);
    }

    #[test]
    fn tests_obey_the_arrows_except_the_programs() {
        let graph = Graph::default()
            .member("claque-core")
            .member("claque-wire")
            .member("claque")
            .member("xtask")
            .arrow("claque-core", "claque-wire", Kind::Development)
            .arrow("claque", "xtask", Kind::Development);
        assert_eq!(
            graph.failures(),
            ["claque-core depends in tests on claque-wire, an arrow that is not drawn"]
        );
    }

    #[test]
    fn nothing_depends_on_the_chores() {
        let graph = Graph::default().member("claque").member("xtask").arrow("claque", "xtask", Kind::Normal);
        assert_eq!(graph.failures(), ["claque depends on xtask, an arrow that is not drawn"]);
    }

    #[test]
    fn a_member_without_a_place_fails() {
        let graph = Graph::default().member("claque-extra");
        assert_eq!(graph.failures(), ["crate claque-extra has no arrows in xtask's table"]);
    }
}
