//! `autoscale:` of an experiment: the services with their controllers, or the path of a controllers file.

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_stackfile::Stack;
use swarmlab_yaml::{Cx, Diagnostic, Kind, MapReader, Span, Value};

use super::have::Have;
use super::{Autoscale, read};
use crate::{load::kept, read_named_file, stack_file};

/// A service that is scaled, and where that stands.
type Placed = (String, String);

/// Reads the key. Findings in a controllers file go to `foreign`.
pub(crate) fn of_experiment(
    map: &MapReader<'_>,
    stack: Option<&Stack>,
    have: &Have<'_>,
    base: &Path,
    foreign: &mut Vec<Diagnostic>,
) -> Vec<Autoscale> {
    let mut placed = Vec::new();
    let found = map.optional("autoscale", |v| match &v.node().kind {
        Kind::String(_) => {
            let (path, text) = read_named_file(v, base)?;
            of_file(&path, &text, stack, have, &mut placed, foreign)
        }
        _ => element(v, stack, have, base, &mut placed),
    });
    twice(map, &placed);
    found.unwrap_or_default()
}

fn element(
    value: &Value<'_>,
    stack: Option<&Stack>,
    have: &Have<'_>,
    base: &Path,
    placed: &mut Vec<Placed>,
) -> Option<Vec<Autoscale>> {
    let names: Option<Vec<String>> =
        stack.map(|s| stack_file::service_names(s).into_iter().map(str::to_owned).collect());
    for (key, _) in value.entries()? {
        let (file, line, column) = (&value.cx().document().file, key.span.line, key.span.column);
        placed.push((key.name.clone(), format!("{file}:{line}:{column}")));
    }
    if placed.is_empty() {
        let message = format!("{} is empty", value.path());
        value.fail(codes::BAD_VALUE, message, "at least one service with its controller");
        return None;
    }
    read(value, stack, names.as_deref(), base, Some(have))
}

/// A controllers file: what it says of a stack is not asked, the experiment's is there.
fn of_file(
    path: &Path,
    text: &str,
    stack: Option<&Stack>,
    have: &Have<'_>,
    placed: &mut Vec<Placed>,
    foreign: &mut Vec<Diagnostic>,
) -> Option<Vec<Autoscale>> {
    let document = match swarmlab_yaml::load(text, &path.display().to_string()) {
        Ok(document) => document,
        Err(findings) => {
            foreign.extend(findings.into_vec());
            return None;
        }
    };
    let cx = Cx::new(&document);
    let base = path.parent().unwrap_or(Path::new("."));
    let found = cx.root().mapping().and_then(|map| {
        let _ = map.get("stack");
        let found = map.required("autoscale", |v| element(v, stack, have, base, placed));
        map.known_prefix("x-");
        map.finish();
        found
    });
    kept(cx.finish(found), foreign)
}

/// Refuses to have a service scaled, or its limits set, by an action and by a controller: each would undo the other.
fn twice(map: &MapReader<'_>, placed: &[Placed]) {
    let Some(actions) = map.get("actions") else { return };
    let Kind::Sequence(items) = &actions.node().kind else { return };
    for (i, item) in items.iter().enumerate() {
        for does in ["scale", "limits"] {
            let Some(Kind::Mapping(entries)) = item.get(does).map(|n| &n.kind) else { continue };
            for (key, _) in entries {
                let Some((_, place)) = placed.iter().find(|(name, _)| *name == key.name) else { continue };
                let path = format!("{}[{i}].{does}.{}", actions.path(), key.name);
                both(&actions, key.span, &path, &key.name, place);
            }
        }
    }
}

fn both(actions: &Value<'_>, span: Span, path: &str, service: &str, place: &str) {
    let message = format!("{service} is changed by {path} and scaled by its controller at {place}");
    let finding = actions.cx().error(codes::TWO_SCALERS, span, message).at(path);
    let finding = finding.expected("one of them");
    actions.cx().push(finding.help(format!("leave this action out, or {service} out of `autoscale`")));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{Experiment, Overrides, TestbedChoice};

    const STACK: &str = "services:
  edge: { image: e, ports: ['80:80'], deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: 'web,db' } } }
  web: { image: w, deploy: { resources: { limits: { cpus: '0.5' } } } }
  db: { image: d }
  own: { image: o, deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: api } } }
  api: { image: a }
";

    /// An experiment with an open load, these keys and a controllers file beside it.
    fn read(testbed: &str, keys: &str, controllers: &str) -> Result<Experiment, String> {
        read_on(None, testbed, keys, controllers)
    }

    /// The same on a testbed that is decided.
    fn read_on(
        decided: Option<TestbedChoice>,
        testbed: &str,
        keys: &str,
        controllers: &str,
    ) -> Result<Experiment, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", STACK);
        write("shape.yml", "shape: constant\nlevel: 2\nduration: 60s\n");
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write("controllers.yml", controllers);
        write(
            "e.yml",
            &format!(
                "name: a\ntestbed: {testbed}\nstack: stack.yml\ntarget: {{ service: edge, port: 80 }}\n\
                 load: {{ model: open, shape: shape.yml, scenario: scenario.yml }}\n{keys}"
            ),
        );
        let prefix = format!("{}/", folder.path().display());
        let overrides = Overrides { testbed: decided, ..Overrides::default() };
        crate::read_with(&folder.path().join("e.yml"), &|_| None, &overrides)
            .map(|loaded| loaded.experiment)
            .map_err(|findings| findings.to_string().replace(&prefix, ""))
    }

    fn said(read: Result<Experiment, String>) -> Vec<String> {
        let wrong = read.map(|e| e.autoscale).unwrap_err();
        let lines = wrong.lines().filter(|l| l.starts_with("error") || l.contains("-->"));
        lines.map(|l| l.trim().to_owned()).collect()
    }

    #[test]
    fn the_key_holds_the_services_or_names_a_file_of_them() {
        let text = "autoscale:\n  web: { max: 3, controller: { kind: fixed, replicas: 2 } }\n";
        let inline = read("swarm", text, "").unwrap().autoscale;
        assert_eq!((inline.len(), inline[0].service.as_str(), inline[0].bounds.max), (1, "web", 3));
        let named =
            read("swarm", "autoscale: controllers.yml\n", &format!("stack: other.yml\n{text}")).unwrap();
        assert_eq!(named.autoscale, inline, "the stack is the experiment's");
        assert!(read("swarm", "", "").unwrap().autoscale.is_empty());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_its_place_also_in_the_file_that_is_named() {
        let wrong = "autoscale:
  wep: { max: 3, controller: { kind: fixed, replicas: 2 } }
  web: { max: 101, controller: { kind: target-tracking, metric: users, target: 5 } }
  db: { max: 2, controller: { kind: target-tracking, metric: p95, target: 100ms } }
";
        let expected = [
            "error[E204-unknown-service]: the stack has no service `wep`",
            "--> e.yml:7:3 (autoscale.wep)",
            "error[E004-bad-value]: autoscale.web.max is 101, out of range",
            "--> e.yml:8:15 (autoscale.web.max)",
            "error[E149-no-such-metric]: the run will not have `users` of web: the load's model is `open`, and only `closed` has \
             users",
            "--> e.yml:8:65 (autoscale.web.controller.metric)",
            "error[E149-no-such-metric]: the run will not have `p95` of db: edge stands before several services and counts them \
             together",
            "--> e.yml:9:62 (autoscale.db.controller.metric)",
        ];
        assert_eq!(said(read("swarm", wrong, "")), expected);
        let in_file: Vec<String> = said(read("swarm", "autoscale: controllers.yml\n", wrong));
        assert_eq!(in_file.len(), expected.len(), "{in_file:?}");
        assert!(in_file.iter().any(|l| l.starts_with("--> controllers.yml:4:62")), "{in_file:?}");
    }

    #[test]
    fn a_metric_that_the_testbed_or_the_service_cannot_have_is_an_error() {
        for (testbed, service, controller, why) in [
            ("embedded", "web", "metric: cpu_utilization, target: 60%", "plain processes have no CPU limit"),
            ("swarm", "db", "metric: cpu_utilization, target: 60%", "the stack sets no CPU limit"),
            ("swarm", "web", "metric: cpu, target: 1", "no service of the role `telemetry`"),
            ("embedded", "web", "metric: response_time, target: 1s", "the load's target alone"),
            ("embedded", "own", "metric: error_rate, target: 1%", "no proxy stands before it"),
            ("embedded", "api", "metric: in_flight, target: 3", "proxies do not tell"),
            ("embedded", "api", "metric: db.p95, target: 1s", "edge stands before several services"),
        ] {
            let text = format!(
                "autoscale: {{ {service}: {{ max: 3, controller: {{ kind: target-tracking, {controller} }} }} }}\n"
            );
            let wrong = read(testbed, &text, "").map(|e| e.autoscale).unwrap_err();
            assert!(wrong.contains("E149-no-such-metric") && wrong.contains(why), "{controller}: {wrong}");
        }
        for (testbed, service, controller) in [
            ("embedded", "api", "kind: target-tracking, metric: p95, target: 1s"),
            ("embedded", "api", "kind: target-tracking, metric: edge.p95, target: 1s"),
            ("swarm", "web", "kind: target-tracking, metric: cpu_utilization, target: 60%"),
        ] {
            let text = format!("autoscale: {{ {service}: {{ max: 3, controller: {{ {controller} }} }} }}\n");
            assert!(read(testbed, &text, "").is_ok(), "{controller}");
        }
        for controller in
            ["kind: optctrl, target: 70%", "kind: hpa, metrics: [{ resource: cpu, utilization: 60% }]"]
        {
            let text = format!("autoscale: {{ api: {{ max: 3, controller: {{ {controller} }} }} }}\n");
            let wrong = read("embedded", &text, "").map(|e| e.autoscale).unwrap_err();
            assert!(wrong.contains("E149-no-such-metric"), "{controller}: {wrong}");
        }
    }

    /// What would hold from the beginning of the run to its end.
    #[test]
    fn what_is_not_known_of_single_tasks_is_an_error() {
        for (metric, why) in [
            (
                "pods: request_rate, average: 5",
                "`request_rate` of each task of web: of single tasks `cpu` and `memory`",
            ),
            ("pods: edge.cpu, average: 5", "`edge.cpu` of each task"),
            ("resource: memory, container: app, average: 5", "leave `container` out"),
        ] {
            let text = format!(
                "autoscale: {{ web: {{ max: 3, controller: {{ kind: hpa, metrics: [{{ {metric} }}] }} }} }}\n"
            );
            let wrong = read("embedded", &text, "").map(|e| e.autoscale).unwrap_err();
            assert!(wrong.contains("E149-no-such-metric") && wrong.contains(why), "{metric}: {wrong}");
        }
        let known = "kind: hpa, metrics: [{ pods: cpu, average: 0.5 }, { resource: memory, average: 5 }]";
        let text = format!("autoscale: {{ web: {{ max: 3, controller: {{ {known} }} }} }}\n");
        read("embedded", &text, "").unwrap();
    }

    #[test]
    fn the_testbed_that_is_decided_goes_before_the_one_that_the_file_names() {
        let text = "autoscale: { web: { max: 3, controller: { kind: target-tracking, metric: cpu_utilization, target: 60% } } }\n";
        let fell_back = read_on(Some(TestbedChoice::Embedded), "auto", text, "").unwrap_err();
        assert_eq!(Err(fell_back), read("embedded", text, "").map(|e| e.name));
        assert!(read("auto", text, "").is_ok(), "as long as nobody knows, nobody says no");
        assert!(read_on(Some(TestbedChoice::Swarm), "embedded", text, "").is_ok());
        assert!(read_on(Some(TestbedChoice::Embedded), "swarm", text, "").is_err());
        let limits = "actions: [{ at: 1s, limits: { web: { cpus: 1 } } }]\n";
        let said = read_on(Some(TestbedChoice::Embedded), "auto", limits, "").unwrap_err();
        assert!(said.contains("the embedded testbed has no limits"), "{said}");
    }

    #[test]
    fn an_action_and_a_controller_over_one_service_are_both_named() {
        let text = "actions:
  - { at: 1s, scale: { web: 2, db: 2 } }
  - { at: 2s, restart: web }
autoscale: controllers.yml
";
        let controllers = "autoscale:\n  web: { max: 3, controller: { kind: fixed, replicas: 2 } }\n";
        assert_eq!(
            said(read("swarm", text, controllers)),
            [
                "error[E151-two-scalers]: web is changed by actions[0].scale.web and scaled by its controller at \
                 controllers.yml:2:3",
                "--> e.yml:7:24 (actions[0].scale.web)",
            ]
        );
    }
}
