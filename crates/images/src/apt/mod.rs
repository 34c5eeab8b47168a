//! Debian packages of any suite, through an apt configuration of our own.
//!
//! The system's source lists are read to learn the mirror and are otherwise left alone: lists, cache
//! and status live below the cache folder. The system's `apt.conf` still holds, since it may name a proxy.

mod mirror;
mod sources;

use crate::cache::{Cache, Fetched, Shelf};
use crate::{ImageError, Progress, command};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Fetches packages into the cache; remembers which suites' lists it has already brought up to date.
pub(crate) struct Apt {
    /// The mirror to use instead of the machine's own.
    pub(crate) mirror: Option<String>,
    /// Ask for newer versions of what is cached already.
    pub(crate) refresh: bool,
    updated: BTreeSet<&'static str>,
}

impl Apt {
    pub(crate) fn new(mirror: Option<String>, refresh: bool) -> Self {
        Self { mirror, refresh, updated: BTreeSet::new() }
    }

    /// The packages of a suite, from the cache where it holds them, else downloaded into it.
    ///
    /// # Errors
    /// No mirror, no network, or a package that the suite lacks.
    pub(crate) fn fetch(
        &mut self,
        cache: &Cache,
        suite: &'static str,
        packages: &[&str],
        tell: &dyn Fn(Progress),
    ) -> Result<Vec<Fetched>, ImageError> {
        let mut shelf = cache.shelf(&format!("debian-{suite}"))?;
        let wanted: Vec<&str> =
            packages.iter().copied().filter(|name| self.refresh || shelf.get(name).is_none()).collect();
        if !wanted.is_empty() {
            let state = Private::new(cache.folder(&format!("apt-{suite}"))?);
            if self.updated.insert(suite) {
                tell(Progress::Lists { suite });
                self.update(&state, suite)?;
            }
            tell(Progress::Downloading { packages: wanted.iter().map(ToString::to_string).collect() });
            download(&state, &cache.work()?, &mut shelf, suite, &wanted)?;
        }
        packages.iter().map(|name| shelf.require(name)).collect()
    }

    /// Fetches a suite's lists from the first mirror that serves it.
    fn update(&self, state: &Private, suite: &'static str) -> Result<(), ImageError> {
        let keyring = mirror::keyring()?;
        let mirrors = mirror::candidates(self.mirror.as_deref(), Path::new("/etc/apt"))?;
        let mut tail = String::new();
        for mirror in &mirrors {
            let source = format!("deb [signed-by={}] {mirror} {suite} main\n", keyring.display());
            std::fs::write(state.sources(), source).map_err(ImageError::io(state.sources()))?;
            let output = command::output(state.apt_get().arg("update"), "apt")?;
            if output.status.success() {
                return Ok(());
            }
            tail = command::tail(&output);
        }
        Err(ImageError::NoSuite { suite: suite.to_owned(), tried: mirrors.join(", "), tail })
    }
}

/// Downloads packages and puts them on the shelf, in the place of older versions.
fn download(
    state: &Private,
    folder: &TempDir,
    shelf: &mut Shelf,
    suite: &str,
    names: &[&str],
) -> Result<(), ImageError> {
    let mut apt_get = state.apt_get();
    apt_get.current_dir(folder.path()).arg("download").args(names);
    let advice = format!(
        "check the network, and that Debian {suite} still has these packages; --refresh fetches new lists"
    );
    command::run(&mut apt_get, "apt", &advice)?;
    let entries = std::fs::read_dir(folder.path()).map_err(ImageError::io(folder.path()))?;
    for entry in entries {
        let path = entry.map_err(ImageError::io(folder.path()))?.path();
        let mut show = Command::new("dpkg-deb");
        show.args(["--show", "--showformat", "${Package}\n${Version}"]).arg(&path);
        let shown = command::run(&mut show, "dpkg", "the downloaded package is damaged; run again")?;
        if let Some((name, version)) = shown.trim().split_once('\n') {
            shelf.put(name, version, &path)?;
        }
    }
    shelf.save()
}

/// Folders of an apt that knows one suite and nothing of the system's packages.
struct Private {
    root: PathBuf,
}

impl Private {
    fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn sources(&self) -> PathBuf {
        self.root.join("sources.list")
    }

    fn apt_get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let root = self.root.display();
        for option in [
            format!("Dir::Etc::SourceList={root}/sources.list"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            "Dir::Etc::Preferences=/dev/null".to_owned(),
            "Dir::Etc::PreferencesParts=/dev/null".to_owned(),
            format!("Dir::State={root}/state"),
            format!("Dir::State::Lists={root}/lists"),
            "Dir::State::Status=/dev/null".to_owned(),
            format!("Dir::Cache={root}/cache"),
            "APT::Default-Release=".to_owned(),
            // The cache may lie below a home folder that apt's own user cannot enter.
            "APT::Sandbox::User=root".to_owned(),
            // A list that could not be fetched is an error, not a remark.
            "APT::Update::Error-Mode=any".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false".to_owned(),
            "Acquire::Retries=2".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        for folder in ["state", "lists/partial", "cache/archives/partial"] {
            // Made here rather than checked: apt says which folder it misses.
            let _ = std::fs::create_dir_all(self.root.join(folder));
        }
        command.args(["--quiet=2", "--yes"]);
        command
    }
}
