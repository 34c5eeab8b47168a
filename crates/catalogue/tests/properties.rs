//! No labels and no file make it fail.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use proptest::prelude::*;
use support::{Labels, stack};
use swarmlab_catalogue::{Catalogues, Context, Identified, parse};
use swarmlab_record::topology::Topology;

fn label_names() -> Vec<String> {
    let own = [
        "job",
        "instance",
        "id",
        "name",
        "le",
        "code",
        "proxy",
        "service",
        "envoy_cluster_name",
        "upstream",
        "class",
        "container_label_com_docker_swarm_service_name",
        "container_label_com_docker_swarm_task_id",
        "container_label_com_docker_stack_namespace",
        "envoy_response_code_class",
        "entrypoint",
        "mode",
        "",
    ];
    own.map(str::to_owned).to_vec()
}

fn label() -> impl Strategy<Value = (String, String)> {
    let value = prop_oneof![
        Just("gateway".to_owned()),
        Just("s_gateway".to_owned()),
        Just("s_".to_owned()),
        Just("2xx".to_owned()),
        Just("total".to_owned()),
        Just("/docker/1".to_owned()),
        ".{0,12}",
    ];
    (proptest::sample::select(label_names()), value)
}

proptest! {
    #[test]
    fn any_labels_are_answered(
        which in any::<prop::sample::Index>(),
        labels in proptest::collection::vec(label(), 0..10),
        stack_name in prop_oneof![Just("s".to_owned()), ".{0,3}"],
        open in any::<bool>(),
    ) {
        let catalogues = Catalogues::builtin();
        let names = catalogues.names_for_prometheus();
        let mut labels: Labels = labels.into_iter().collect();
        labels.insert("__name__".to_owned(), which.get(&names).to_string());
        let topology = if open { Topology::default() } else { stack() };
        match catalogues.identify(&labels, &Context { stack: &stack_name, topology: &topology }) {
            Identified::Series(is) => {
                prop_assert!(open || topology.service(&is.service).is_some());
                prop_assert!(!is.service.is_empty() && !is.task.is_empty());
                prop_assert!(is.scale > 0.0);
                let class = is.labels.get("code_class");
                prop_assert!(class.is_none_or(|c| ["1", "2", "3", "4", "5"].contains(&c.as_str())));
            }
            Identified::Unnamed { why, .. } => prop_assert!(!why.is_empty()),
            Identified::NotOurs => {}
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_reasons(text in "[a-z{}\\[\\]:,\"'=!~ \n-]{0,80}") {
        if let Err(findings) = parse(&text, "f.yml") {
            prop_assert!(!findings.is_empty());
        }
    }
}
