//! `measure: { bin: 1s, services: [gateway, ms-exercise], catalogues: [queues.yml], queries: { depth: sum(queue_depth) } }`

use std::path::Path;
use std::time::Duration;

use swarmlab_catalogue::{Catalogue, Query};
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
    /// What Prometheus is asked besides, a column each.
    pub queries: Vec<Query>,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            bin: Duration::from_secs(1),
            services: Vec::new(),
            catalogues: Vec::new(),
            queries: Vec::new(),
        }
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
        let queries = map.or("queries", Vec::new(), |v| queries(v, services));
        let services = map.or("services", Vec::new(), |v| v.list(|item| known_service(item, services)));
        let catalogues = map.optional("catalogues", |v| catalogues(v, base, foreign)).unwrap_or_default();
        map.finish();
        Some(Self { bin, services, catalogues, queries })
    }
}

/// `{ NAME: PROMQL }`, or `{ NAME: { query: PROMQL, unit: UNIT, label: LABEL } }`.
fn queries(value: &Value<'_>, services: Option<&[String]>) -> Option<Vec<Query>> {
    let mut out = Vec::new();
    for (key, asked) in value.entries()? {
        let name = key.name.clone();
        let is_word = swarmlab_catalogue::read::is_word(&name, "");
        if !is_word {
            let message = format!("a query cannot be called `{name}`: its name becomes that of a column");
            let finding = value.cx().error(codes::NOT_A_WORD, key.span, message).at(asked.path());
            value.cx().push(finding.expected("lower-case letters, digits and `_`, a letter first"));
        }
        if let Some(query) = query(name, &asked)
            && is_word
        {
            if let Some((column, service)) = services.and_then(|services| clash(&query, services)) {
                let message =
                    format!("{} becomes `{column}`, a column of the service `{service}`", asked.path());
                asked.fail(
                    codes::BAD_VALUE,
                    message,
                    "another name, a `label` that names the service of each answer, or another name of the service",
                );
            }
            let column = |q: &Query| format!("{}_{}", q.name, q.unit).trim_end_matches('_').to_owned();
            if let Some(other) = out.iter().find(|other| column(other) == column(&query)) {
                let message = format!("{} becomes the same column as `{}`", asked.path(), other.name);
                asked.fail(codes::BAD_VALUE, message, "another name, or another unit");
            }
            out.push(query);
        }
    }
    Some(out)
}

/// The column of a query that would be one of a service's own, and that service: columns begin with the name of whom they speak of.
fn clash<'a>(query: &Query, services: &'a [String]) -> Option<(String, &'a String)> {
    let prefix = |service: &str| {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        format!("{}_", service.chars().map(plain).collect::<String>())
    };
    let tail = format!("query_{}_{}", query.name, query.unit).trim_end_matches('_').to_owned();
    // Of a query by service each service has a column.
    let owners: Vec<String> = match &query.label {
        None => vec![String::new()],
        Some(_) => services.iter().map(|s| prefix(s)).collect(),
    };
    owners.into_iter().find_map(|owner| {
        let column = format!("{owner}{tail}");
        let within = format!("{owner}query_");
        let other =
            services.iter().find(|s| prefix(s).starts_with(&within) && column.starts_with(&prefix(s)))?;
        Some((column, other))
    })
}

fn query(name: String, value: &Value<'_>) -> Option<Query> {
    if value.node().text().is_some() {
        return Some(Query { name, promql: promql(value)?, unit: String::new(), label: None });
    }
    let map = value.mapping()?;
    let promql = map.required("query", promql);
    let unit = map.or("unit", String::new(), |v| {
        let unit = v.name()?;
        let fits = swarmlab_catalogue::read::is_word(&unit, "");
        if !fits {
            let message = format!("{} cannot be `{unit}`: it becomes part of a column's name", v.path());
            v.fail(
                codes::NOT_A_WORD,
                message,
                "such as ms, bytes, per_s: lower-case letters, digits and `_`",
            );
        }
        fits.then_some(unit)
    });
    let label = map.optional("label", |v| {
        let label = v.name()?;
        let fits = swarmlab_catalogue::selector::is_label_name(&label);
        if !fits {
            let message = format!("{} cannot be `{label}`: it is no name of a label", v.path());
            v.fail(codes::BAD_LABEL, message, "letters, digits and `_`, no digit first");
        }
        fits.then_some(label)
    });
    map.finish();
    Some(Query { name, promql: promql?, unit, label })
}

/// The text of a query; whether it is one, Prometheus says.
fn promql(value: &Value<'_>) -> Option<String> {
    let text = value.string()?.trim().to_owned();
    if text.is_empty() {
        value.fail(
            codes::BAD_VALUE,
            format!("{} asks nothing", value.path()),
            "PromQL, such as sum(queue_depth)",
        );
        return None;
    }
    Some(text)
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
    fn queries_are_read_and_their_names_become_columns() {
        let read = |text: &str, services: &[&str]| {
            let document = load(text, "e.yml").unwrap();
            let cx = Cx::new(&document);
            let services: Vec<String> = services.iter().map(|s| (*s).to_owned()).collect();
            let measure = Measure::read(&cx.root(), Some(&services), Path::new("."), &mut Vec::new());
            match cx.finish(measure) {
                Ok((measure, _)) => Ok(measure.queries),
                Err(all) => Err(all.iter().map(|d| d.code.to_string()).collect::<Vec<_>>()),
            }
        };
        let text = "queries:\n  depth: sum(queue_depth)\n  wait: { query: 'max by (job) (w)', unit: ms, label: job }\n";
        let queries = read(text, &["web"]).unwrap();
        let told: Vec<_> = queries
            .iter()
            .map(|q| (q.name.as_str(), q.promql.as_str(), q.unit.as_str(), q.label.as_deref()))
            .collect();
        assert_eq!(
            told,
            [("depth", "sum(queue_depth)", "", None), ("wait", "max by (job) (w)", "ms", Some("job"))]
        );
        let refused_by = |text: &str, services: &[&str]| read(text, services).unwrap_err();
        let refused = |text: &str| refused_by(text, &["query"]);
        assert_eq!(refused("queries: { Depth: x }"), ["E351-not-a-word"]);
        let all = refused("queries: { a: '', b: { query: x, unit: m/s, label: a-b, else: 1 } }");
        for code in ["E351-not-a-word", "E352-bad-label", "E001-unknown-key"] {
            assert!(all.iter().any(|c| c == code), "{code} is not among {all:?}");
        }
        assert!(all.len() >= 4, "{all:?}");
        assert_eq!(refused("queries: { a: x }").len(), 1, "a service is called like the columns of queries");
        assert!(read("queries: { a: { query: x, label: job } }", &["query"]).is_ok());
        // A service's columns begin with its name, whatever follows.
        assert_eq!(refused_by("queries: { x_cpu: { query: q, unit: cores } }", &["query-x"]).len(), 1);
        assert!(read("queries: { y: { query: q, unit: cores } }", &["query-x"]).is_ok());
        assert_eq!(
            refused_by("queries: { cpu: { query: q, unit: cores, label: job } }", &["web", "Web.query"])
                .len(),
            1
        );
        assert!(
            read("queries: { cpu: { query: q, unit: cores, label: job } }", &["web", "web-queries"]).is_ok()
        );
    }

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
