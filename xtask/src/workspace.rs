//! Everything built and depended on as `cargo metadata` tells it, cut down to what the checks ask.
//!
//! It is a plain value: the checks run as well on one made up by a test.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The workspace and everything it depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    /// Folder of the root manifest.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Members and outside packages, in no particular order.
    pub(crate) packages: Vec<Package>,
}

/// One package of the graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it is a member of this workspace.
    pub(crate) member: bool,
    /// Folder of its manifest.
    pub(crate) folder: PathBuf,
    /// The root files of its library, programs, tests, benches and examples.
    pub(crate) roots: Vec<PathBuf>,
    /// What it is, as its manifest says.
    pub(crate) description: Option<String>,
    /// The oldest compiler that its manifest promises, such as `1.95.0`.
    pub(crate) rust_version: Option<String>,
    /// Whether its manifest allows it to be published.
    pub(crate) published: bool,
    /// Licence expression as its manifest states it.
    pub(crate) license: Option<String>,
    /// Where it came from; none for a path.
    pub(crate) source: Option<String>,
    /// What its manifest asks for.
    pub(crate) declared: Vec<Declared>,
}

/// One dependency as a manifest states it.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The version wanted, such as `^1`.
    pub(crate) requirement: String,
    /// Whether it is a folder of this workspace.
    pub(crate) by_path: bool,
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Development,
    Build,
}

impl Kind {
    fn of(kind: DependencyKind) -> Self {
        if kind == DependencyKind::Development {
            Self::Development
        } else if kind == DependencyKind::Build {
            Self::Build
        } else {
            Self::Normal
        }
    }
}

impl Workspace {
    /// Asks cargo for the graph of the workspace this program was built in.
    ///
    /// Only the host's platform is asked for: packages of others would have to be downloaded for nothing.
    ///
    /// # Errors
    /// When cargo or rustc fails.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let manifest = repository_root()?.join("Cargo.toml");
        let metadata = MetadataCommand::new()
            .manifest_path(manifest)
            .other_options(vec!["--filter-platform".to_owned(), host_triple()?])
            .exec()
            .context("failed to read the dependency graph with `cargo metadata`")?;
        Ok(Self::from_metadata(&metadata))
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        let members = &metadata.workspace_members;
        let packages = metadata.packages.iter();
        Self {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            target: metadata.target_directory.clone().into_std_path_buf(),
            packages: packages
                .map(|package| Package::from_metadata(package, members.contains(&package.id)))
                .collect(),
        }
    }
}

impl Package {
    fn from_metadata(package: &cargo_metadata::Package, member: bool) -> Self {
        let manifest = package.manifest_path.as_std_path();
        Self {
            name: package.name.to_string(),
            version: package.version.to_string(),
            member,
            folder: manifest.parent().unwrap_or(manifest).to_owned(),
            roots: package.targets.iter().map(|target| target.src_path.clone().into_std_path_buf()).collect(),
            description: package.description.clone(),
            rust_version: package.rust_version.as_ref().map(ToString::to_string),
            published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            license: package.license.clone(),
            source: package.source.as_ref().map(ToString::to_string),
            declared: package.dependencies.iter().map(Declared::from_metadata).collect(),
        }
    }
}

impl Declared {
    fn from_metadata(dependency: &cargo_metadata::Dependency) -> Self {
        Self {
            name: dependency.name.clone(),
            kind: Kind::of(dependency.kind),
            requirement: dependency.req.to_string(),
            by_path: dependency.path.is_some(),
        }
    }
}

/// The folder of the root manifest.
///
/// # Errors
/// When this crate was moved out of the workspace.
pub(crate) fn repository_root() -> anyhow::Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("failed to find the folder above xtask")
}

fn host_triple() -> anyhow::Result<String> {
    let output =
        std::process::Command::new("rustc").arg("-vV").output().context("failed to run `rustc -vV`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` named no host")?.to_owned())
}
