//! `measure: { bin: 1s, services: [gateway, ms-exercise], catalogues: [queues.yml] }`

use std::path::Path;
use std::time::Duration;

use swarmlab_catalogue::Catalogue;
use swarmlab_codes as codes;
use swarmlab_yaml::{Diagnostic, Value};

use super::read_named_file;
use super::target::known_service;

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Width of a bin.
    pub bin: Duration,
    /// Services under study; empty means every application of the stack.
    pub services: Vec<String>,
    /// Catalogues of metrics beside those that are compiled in.
    pub catalogues: Vec<Catalogue>,
}

impl Default for Measure {
    fn default() -> Self {
        Self { bin: Duration::from_secs(1), services: Vec::new(), catalogues: Vec::new() }
    }
}

impl Measure {
    /// Reads the element; what is wrong with the catalogues that it names goes to `foreign`.
    pub(super) fn read(
        value: &Value<'_>,
        services: Option<&[String]>,
        base: &Path,
        foreign: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let map = value.mapping()?;
        let bin = map.or("bin", Self::default().bin, |v| {
            let bin = v.positive_duration()?;
            // Sources are sampled once a second: a narrower bin would show the sampling, not the service.
            if bin < Duration::from_secs(1) || bin > Duration::from_secs(60) || bin.subsec_nanos() != 0 {
                v.fail(
                    codes::BAD_VALUE,
                    format!("{} must be whole seconds from 1s to 60s", v.path()),
                    "1s to 60s",
                );
                return None;
            }
            Some(bin)
        });
        let services = map.or("services", Vec::new(), |v| v.list(|item| known_service(item, services)));
        let catalogues = map.optional("catalogues", |v| catalogues(v, base, foreign)).unwrap_or_default();
        map.finish();
        Some(Self { bin, services, catalogues })
    }
}

/// The catalogues of files; a file that is wrong says so itself.
fn catalogues(value: &Value<'_>, base: &Path, foreign: &mut Vec<Diagnostic>) -> Option<Vec<Catalogue>> {
    let mut out: Vec<Catalogue> = Vec::new();
    for item in value.items()? {
        let Some((path, text)) = read_named_file(&item, base) else { continue };
        match swarmlab_catalogue::parse(&text, &path.display().to_string()) {
            Ok(catalogue) if out.iter().any(|c| c.name == catalogue.name) => {
                let message = format!("two of the catalogues are called `{}`", catalogue.name);
                item.fail(codes::CATALOGUE_TWICE, message, "catalogues of different names");
            }
            Ok(catalogue) => out.push(catalogue),
            Err(findings) => foreign.extend(findings.into_vec()),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_yaml::{Cx, load};

    use super::*;

    #[test]
    fn a_users_catalogues_are_read_and_their_errors_are_theirs() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("q.yml", "name: q\nrole: application\nmetrics: [{ metric: q, meaning: queue, kind: gauge }]\n");
        write(
            "bad.yml",
            "name: b\nrole: application\nmetrics: [{ metric: q, meaning: Queue, kind: gauge }]\n",
        );
        let read = |list: &str| {
            let document = load(&format!("catalogues: {list}\n"), "e.yml").unwrap();
            let cx = Cx::new(&document);
            let mut foreign = Vec::new();
            let measure = Measure::read(&cx.root(), None, dir.path(), &mut foreign);
            let own: Vec<String> = match cx.finish(measure.clone()) {
                Ok(_) => Vec::new(),
                Err(all) => all.iter().map(|d| d.code.to_string()).collect(),
            };
            (
                measure.unwrap().catalogues.len(),
                own,
                foreign.iter().map(|d| d.code.to_string()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(read("[q.yml]"), (1, vec![], vec![]));
        assert_eq!(read("[q.yml, bad.yml]"), (1, vec![], vec!["E351-not-a-word".to_owned()]));
        assert_eq!(read("[none.yml]"), (0, vec!["E101-missing-file".to_owned()], vec![]));
        assert_eq!(read("[q.yml, q.yml]"), (1, vec!["E361-catalogue-twice".to_owned()], vec![]));
    }
}
