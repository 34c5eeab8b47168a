//! A stack as the text of a stack file: what [`load`](crate::load) reads back as the same stack.
//!
//! The text is what `docker stack deploy` takes. Nothing of it depends on variables any more: what they held when the
//! stack was read stands there, and dollars are doubled. Short forms become long ones; what has no effect is left out.

mod deploy;
mod service;
mod tree;

use crate::blobs::Blob;
use crate::networks::Network;
use crate::service::Service;
use crate::stack::Stack;
use crate::volumes::Volume;
use std::path::Path;
use std::time::Duration;
use tree::{Entries, Tree};

/// Writes a stack file. `place` says how the file of a config or secret is called there: it is given the path that the
/// stack was read with (see [`Blob::file`]).
///
/// ```
/// use std::path::Path;
/// let text = "services:\n  web: { image: 'demo:1', ports: ['8080:80'], environment: [A=$$1] }\n";
/// let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
/// let stack = swarmlab_stackfile::load(text, Path::new("web.yml"), &|_| None, &nothing).unwrap();
/// let written = swarmlab_stackfile::write(&stack, &|path| path.display().to_string());
/// let again = swarmlab_stackfile::load(&written, Path::new("web.yml"), &|_| None, &nothing).unwrap();
/// assert_eq!(again.unplaced(), stack.unplaced());
/// ```
pub fn write(stack: &Stack, place: &dyn Fn(&Path) -> String) -> String {
    let mut out = Entries::default();
    out.put("version", Tree::text(version(stack)));
    let services = stack.services.iter().map(|s| (s.name.clone(), service::tree(s)));
    out.put("services", Tree::Map(services.collect()));
    out.some("networks", Some(named(&stack.networks, |n| (&n.name, network(n)))));
    out.some("volumes", Some(named(&stack.volumes, |v| (&v.name, volume(v)))));
    out.some("configs", Some(named(&stack.configs, |b| (&b.name, blob(b, place)))));
    out.some("secrets", Some(named(&stack.secrets, |b| (&b.name, blob(b, place)))));
    tree::render(&out.done())
}

/// The oldest version of the format that has what the stack uses: older command lines refuse what is newer, and any
/// file without a version.
fn version(stack: &Stack) -> &'static str {
    let newer = |s: &Service| {
        s.oom_score_adj.is_some()
            || s.healthcheck.as_ref().is_some_and(|check| check.start_interval.is_some())
    };
    if stack.services.iter().any(newer) { "3.13" } else { "3.8" }
}

fn named<'s, T>(list: &'s [T], write: impl Fn(&'s T) -> (&'s String, Tree)) -> Tree {
    Tree::Map(list.iter().map(write).map(|(name, tree)| (name.clone(), tree)).collect())
}

/// `external: true` and the name of what must exist already; the name that the file chose for what is created.
fn identity(external: bool, engine_name: Option<&String>) -> Entries {
    let mut out = Entries::default();
    out.flag("external", external);
    out.some("name", engine_name.map(Tree::text));
    out
}

fn network(network: &Network) -> Tree {
    let mut out = identity(network.external, network.engine_name.as_ref());
    out.some("driver", network.driver.as_ref().map(Tree::text));
    out.some("driver_opts", Some(Tree::pairs(&network.driver_opts)));
    out.flag("internal", network.internal);
    out.flag("attachable", network.attachable);
    out.some("labels", Some(Tree::pairs(&network.labels)));
    if let Some(ipam) = &network.ipam {
        let pool = |subnet: &String| Tree::Map(vec![("subnet".to_owned(), Tree::text(subnet))]);
        let mut plan = Entries::default();
        plan.some("driver", ipam.driver.as_ref().map(Tree::text));
        plan.some("config", Some(Tree::List(ipam.subnets.iter().map(pool).collect())));
        out.put("ipam", plan.done());
    }
    out.done()
}

fn volume(volume: &Volume) -> Tree {
    let mut out = identity(volume.external, volume.engine_name.as_ref());
    out.some("driver", volume.driver.as_ref().map(Tree::text));
    out.some("driver_opts", Some(Tree::pairs(&volume.driver_opts)));
    out.some("labels", Some(Tree::pairs(&volume.labels)));
    out.done()
}

fn blob(blob: &Blob, place: &dyn Fn(&Path) -> String) -> Tree {
    let mut out = identity(blob.external, blob.engine_name.as_ref());
    out.some("file", blob.file.as_ref().map(|file| Tree::text(place(file))));
    out.some("template_driver", blob.template_driver.as_ref().map(Tree::text));
    if let Some((driver, options)) = &blob.driver {
        out.put("driver", Tree::text(driver));
        out.some("driver_opts", Some(Tree::pairs(options)));
    }
    out.some("labels", Some(Tree::pairs(&blob.labels)));
    out.done()
}

/// A duration as Go reads it, in the largest unit that holds it exactly.
fn duration(duration: Duration) -> Tree {
    let nanos = duration.as_nanos();
    let units: [(u128, &str); 4] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
    let unit = units.iter().find(|(size, _)| nanos.is_multiple_of(*size));
    Tree::text(unit.map_or_else(|| format!("{nanos}ns"), |(size, unit)| format!("{}{unit}", nanos / size)))
}
