//! Labels and stacks for tests.
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::collections::BTreeMap;

use swarmlab_catalogue::{Catalogues, Context, Identified};
use swarmlab_record::series::Identity;
use swarmlab_record::topology::{Role, Service, Topology};

pub type Labels = BTreeMap<String, String>;

pub fn labels(text: &str) -> Labels {
    let text = if text.contains('{') { format!("{text} 1") } else { format!("{text}{{}} 1") };
    let line = swarmlab_catalogue::exposition::parse(&text).unwrap().remove(0);
    let mut labels = line.labels;
    labels.insert("__name__".to_owned(), line.name);
    labels
}

pub fn topology(names: &[&str]) -> Topology {
    let service = |name: &&str| Service {
        name: (*name).into(),
        role: Role::Application,
        replicas: 1,
        image: "x".into(),
    };
    Topology { services: names.iter().map(service).collect(), ..Topology::default() }
}

/// The services of the stack `s`.
pub fn stack() -> Topology {
    topology(&["gateway", "gateway-envoy", "edge", "ms-exercise", "ms-exercise-envoy", "node-exporter"])
}

pub fn identify_by(catalogues: &Catalogues, text: &str) -> Identified {
    catalogues.identify(&labels(text), &Context { stack: "s", topology: &stack() })
}

pub fn identify(text: &str) -> Identified {
    identify_by(&Catalogues::builtin(), text)
}

pub fn series(text: &str) -> Identity {
    match identify(text) {
        Identified::Series(is) => is,
        other => panic!("{text}: {other:?}"),
    }
}

/// Labels of an identity as text.
pub fn kept(is: &Identity) -> String {
    is.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
}
