//! Licences, banned crates and sources of everything depended on, by the lists in `deny.toml`.
//!
//! `cargo deny` does it where it is installed; otherwise the essential checks are made here, so that they
//! are made always. Advisories need the network and are left out of both.

mod spdx;

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, bail};
use toml::{Table, Value};

use crate::{
    steps::{cargo, run as run_command},
    talk::say,
    tools,
    workspace::{Package, Workspace, repository_root},
};

/// Checks every dependency.
///
/// # Errors
/// When one is not allowed, or the rules or the graph cannot be read.
pub(crate) fn run() -> anyhow::Result<()> {
    if tools::has_cargo("deny")? {
        let args = ["deny", "--offline", "check", "bans", "licenses", "sources"];
        return run_command(&mut cargo(&args)?);
    }
    let path = repository_root()?.join("deny.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let rules = Rules::parse(&text).context("failed to understand deny.toml")?;
    let packages = Workspace::load()?.packages;
    say(&format!("    cargo-deny is not installed; checking {} packages by deny.toml", packages.len()));
    say(&format!("    crates present in several versions: {}", several_versions(&packages)));
    let problems = problems(&packages, &rules);
    if !problems.is_empty() {
        bail!("dependencies break deny.toml:\n  {}", problems.join("\n  "));
    }
    Ok(())
}

/// The part of `deny.toml` that is checked here.
#[derive(Debug, Default)]
struct Rules {
    licenses: BTreeSet<String>,
    banned: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Rules {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let table: Table = text.parse()?;
        let rules = Self {
            licenses: strings(&table, "licenses", "allow", None)?,
            banned: strings(&table, "bans", "deny", Some("crate"))?,
            registries: strings(&table, "sources", "allow-registry", None)?,
        };
        // What only `cargo deny` would see must not be there: both checks have to agree.
        if table.get("licenses").and_then(|licenses| licenses.get("exceptions")).is_some() {
            bail!("[licenses] exceptions are not understood; allow the licence or teach xtask");
        }
        Ok(rules)
    }
}

/// The strings of the array `section.key`; of its tables, the strings called `field`.
fn strings(table: &Table, section: &str, key: &str, field: Option<&str>) -> anyhow::Result<BTreeSet<String>> {
    let value = table.get(section).and_then(|section| section.get(key));
    let array =
        value.and_then(Value::as_array).with_context(|| format!("[{section}] {key} is not an array"))?;
    let text = |entry: &Value| {
        let named = field.and_then(|field| entry.get(field)).unwrap_or(entry);
        named.as_str().map(str::to_owned).with_context(|| format!("[{section}] {key} holds {entry}"))
    };
    array.iter().map(text).collect()
}

fn problems(packages: &[Package], rules: &Rules) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        if rules.banned.contains(&package.name) {
            problems.push(format!("{name} is banned"));
        }
        if package.member {
            problems.extend(wildcards(package));
            continue;
        }
        if let Some(problem) = license_problem(package, rules) {
            problems.push(format!("{name}: {problem}"));
        }
        if let Some(problem) = source_problem(package, rules) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    problems.sort();
    problems
}

fn wildcards(member: &Package) -> impl Iterator<Item = String> {
    member
        .declared
        .iter()
        .filter(|dependency| dependency.requirement == "*" && !dependency.by_path)
        .map(|dependency| format!("{} asks for any version of {}", member.name, dependency.name))
}

fn license_problem(package: &Package, rules: &Rules) -> Option<String> {
    let Some(license) = &package.license else {
        return Some("states no licence".to_owned());
    };
    match spdx::permits(license, &rules.licenses) {
        Ok(true) => None,
        Ok(false) => Some(format!("licence {license} is not allowed")),
        Err(error) => Some(error.to_string()),
    }
}

fn source_problem(package: &Package, rules: &Rules) -> Option<String> {
    // A path outside the workspace has no source either, and is not in a clean checkout.
    let Some(source) = &package.source else {
        return Some("comes from a path outside the workspace".to_owned());
    };
    let known = source.strip_prefix("registry+").is_some_and(|registry| rules.registries.contains(registry));
    (!known).then(|| format!("source {source} is not allowed"))
}

fn several_versions(packages: &[Package]) -> String {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<_> =
        packages.iter().map(|package| package.name.as_str()).filter(|name| !seen.insert(*name)).collect();
    if twice.is_empty() { "none".to_owned() } else { twice.into_iter().collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Declared, Kind};

    const RULES: &str = r#"
        [licenses]
        allow = ["MIT"]
        [bans]
        deny = [{ crate = "openssl", reason = "rustls" }, "smol"]
        [sources]
        allow-registry = ["https://registry.example/index"]
    "#;

    fn outside(name: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT".to_owned()),
            source: Some("registry+https://registry.example/index".to_owned()),
            ..Package::default()
        }
    }

    fn problems_of(package: Package) -> Vec<String> {
        problems(&[package], &Rules::parse(RULES).unwrap())
    }

    #[test]
    fn a_package_within_the_rules_passes() {
        assert_eq!(problems_of(outside("fine")), Vec::<String>::new());
    }

    #[test]
    fn both_ways_to_write_a_ban_are_read() {
        assert_eq!(problems_of(outside("openssl")), ["openssl 1.0.0 is banned"]);
        assert_eq!(problems_of(outside("smol")), ["smol 1.0.0 is banned"]);
    }

    #[test]
    fn a_foreign_licence_or_none_is_a_problem() {
        let gpl = Package { license: Some("GPL-3.0".to_owned()), ..outside("gpl") };
        assert_eq!(problems_of(gpl), ["gpl 1.0.0: licence GPL-3.0 is not allowed"]);
        let silent = Package { license: None, ..outside("silent") };
        assert_eq!(problems_of(silent), ["silent 1.0.0: states no licence"]);
    }

    #[test]
    fn only_the_named_registry_is_a_source() {
        let git = Package { source: Some("git+https://forge.example/x".to_owned()), ..outside("git") };
        assert_eq!(problems_of(git), ["git 1.0.0: source git+https://forge.example/x is not allowed"]);
        let path = Package { source: None, ..outside("path") };
        assert_eq!(problems_of(path), ["path 1.0.0: comes from a path outside the workspace"]);
    }

    #[test]
    fn a_member_may_leave_the_version_open_only_for_a_path() {
        let any = |name: &str, by_path| Declared {
            name: name.to_owned(),
            kind: Kind::Normal,
            requirement: "*".to_owned(),
            by_path,
        };
        let member = Package {
            member: true,
            name: "ours".to_owned(),
            declared: vec![any("near", true), any("far", false)],
            ..Package::default()
        };
        assert_eq!(problems_of(member), ["ours asks for any version of far"]);
    }

    #[test]
    fn the_repositorys_own_rules_are_understood() {
        let text = fs::read_to_string(repository_root().unwrap().join("deny.toml")).unwrap();
        let rules = Rules::parse(&text).unwrap();
        assert!(rules.licenses.contains("MIT"));
        assert!(rules.banned.contains("openssl"));
    }
}
