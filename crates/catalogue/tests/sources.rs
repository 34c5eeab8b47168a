//! Each catalogue against labels as its source really gives them.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::{identify, kept, series, stack};
use swarmlab_catalogue::{Catalogues, Context, Identified};
use swarmlab_record::metric::{Kind, Meaning};

const TASK: &str = "w5x1qkzm3v9r2n8t7b6c4d0fe";

fn cadvisor(metric: &str, service: &str, namespace: &str) -> String {
    format!(
        "{metric}{{id=\"/docker/0f0f\",image=\"swarmlab/demo:local\",name=\"{service}.1.{TASK}\",\
         container_label_com_docker_stack_namespace=\"{namespace}\",\
         container_label_com_docker_swarm_service_name=\"{service}\",\
         container_label_com_docker_swarm_task_id=\"{TASK}\",container_label_com_docker_swarm_node_id=\"n1\",\
         cpu=\"total\",instance=\"10.0.1.7:8080\",job=\"cadvisor\"}}"
    )
}

#[test]
fn cadvisor_names_service_and_task_exactly() {
    let is = series(&cadvisor("container_cpu_usage_seconds_total", "s_ms-exercise", "s"));
    assert_eq!((is.service.as_str(), is.task.as_str(), is.task_is_exact), ("ms-exercise", TASK, true));
    assert_eq!((&is.meaning, is.kind, is.unit.as_str()), (&Meaning::CPU, Kind::Counter, "s"));
    assert_eq!(kept(&is), "cpu=total node=n1");
    let is = series(&cadvisor("container_memory_working_set_bytes", "s_ms-exercise-envoy", "s"));
    assert_eq!((is.service.as_str(), &is.meaning), ("ms-exercise-envoy", &Meaning::MEMORY));
}

#[test]
fn cadvisor_tells_limits_disks_and_processes() {
    for (metric, meaning, kind, unit, factor) in [
        ("container_cpu_user_seconds_total", "cpu_user", Kind::Counter, "core_s", 1.0),
        ("container_cpu_cfs_periods_total", "cpu_periods", Kind::Counter, "periods", 1.0),
        ("container_cpu_cfs_throttled_periods_total", "cpu_throttled_periods", Kind::Counter, "periods", 1.0),
        ("container_spec_cpu_quota", "cpu_limit", Kind::Gauge, "cores", 1e-5),
        ("container_spec_memory_limit_bytes", "memory_limit", Kind::Gauge, "bytes", 1.0),
        ("container_oom_events_total", "oom_kills", Kind::Counter, "kills", 1.0),
        ("container_fs_writes_bytes_total", "disk_written", Kind::Counter, "bytes", 1.0),
        ("container_threads", "threads", Kind::Gauge, "threads", 1.0),
    ] {
        let is = series(&cadvisor(metric, "s_ms-exercise", "s"));
        assert_eq!((is.service.as_str(), is.task_is_exact), ("ms-exercise", true), "{metric}");
        assert_eq!((is.meaning.name(), is.kind, is.unit.as_str(), is.scale), (meaning, kind, unit, factor));
    }
    let all = Catalogues::builtin();
    assert!(all.is_absent("container_spec_memory_limit_bytes", 0.0), "no limit is no limit of 0");
    assert!(!all.is_absent("container_spec_memory_limit_bytes", 1.0));
    assert!(!all.is_absent("container_oom_events_total", 0.0) && !all.is_absent("unheard_of", 0.0));
}

#[test]
fn the_root_of_all_control_groups_is_the_machine() {
    let root = |interface: &str| {
        format!(
            "container_network_receive_bytes_total{{id=\"/\",interface=\"{interface}\",job=\"node-exporter\",instance=\"x:8080\"}}"
        )
    };
    let is = series(&root("eth0"));
    assert_eq!(
        (is.service.as_str(), is.meaning.name(), is.task.as_str()),
        ("node-exporter", "node_network_received", "x:8080")
    );
    assert_eq!(kept(&is), "interface=eth0");
    for interface in ["lo", "docker0", "docker_gwbridge"] {
        assert_eq!(identify(&root(interface)), Identified::NotOurs, "{interface}");
    }
    let is = series(&cadvisor("container_network_receive_bytes_total", "s_gateway", "s"));
    assert_eq!(is.meaning, Meaning::NETWORK_RECEIVED);
}

#[test]
fn envoy_tells_what_it_had_to_mend_and_whom_it_serves() {
    let of = |metric: &str| {
        series(&format!(
            "{metric}{{envoy_cluster_name=\"ms-exercise\",job=\"edge\",instance=\"10.0.0.2:9901\"}}"
        ))
    };
    for (metric, meaning, kind) in [
        ("envoy_cluster_membership_healthy", "upstream_members_healthy", Kind::Gauge),
        ("envoy_cluster_upstream_rq_retry", "upstream_retries", Kind::Counter),
        ("envoy_cluster_upstream_rq_timeout", "upstream_timeouts", Kind::Counter),
        ("envoy_cluster_upstream_rq_rx_reset", "upstream_resets_received", Kind::Counter),
        ("envoy_cluster_upstream_rq_pending_overflow", "upstream_queue_overflows", Kind::Counter),
        ("envoy_cluster_upstream_cx_active", "upstream_connections", Kind::Gauge),
        ("envoy_cluster_upstream_rq_active", "upstream_active_requests", Kind::Gauge),
    ] {
        let is = of(metric);
        assert_eq!(
            (is.meaning.name(), is.kind, is.upstream.as_deref()),
            (meaning, kind, Some("ms-exercise"))
        );
    }
}

#[test]
fn envoy_counts_connections_where_bytes_pass_unread() {
    let is = series(
        "envoy_tcp_downstream_cx_total{envoy_tcp_prefix=\"ingress\",job=\"edge\",instance=\"10.0.0.2:9901\"}",
    );
    assert_eq!(
        (is.service.as_str(), &is.meaning, is.kind),
        ("edge", &Meaning::PROXY_CONNECTIONS, Kind::Counter)
    );
    assert_eq!(is.unit, "connections");
    assert!(Catalogues::builtin().proofs().contains(&"envoy_tcp_downstream_cx_total"));
}

#[test]
fn other_stacks_and_plain_containers_are_not_ours() {
    let cpu = "container_cpu_usage_seconds_total";
    assert_eq!(identify(&cadvisor(cpu, "other_gateway", "other")), Identified::NotOurs);
    // A stack `s` must not swallow the service `x_gateway` of a stack `s_x`.
    assert_eq!(identify(&cadvisor(cpu, "s_gateway", "s_x")), Identified::NotOurs);
    assert_eq!(identify(&cadvisor(cpu, "s_unheard-of", "s")), Identified::NotOurs);
    let plain = format!(
        "{cpu}{{id=\"/docker/0f0f\",image=\"redis:7\",name=\"mine\",job=\"cadvisor\",instance=\"x\"}}"
    );
    assert_eq!(identify(&plain), Identified::NotOurs);
    for id in ["/", "/system.slice", "/user.slice"] {
        assert_eq!(
            identify(&format!("{cpu}{{id=\"{id}\",job=\"cadvisor\",instance=\"x\"}}")),
            Identified::NotOurs
        );
    }
}

#[test]
fn containers_whose_labels_are_empty_are_told_and_not_dropped() {
    for id in ["/docker/1b2c3d", "/system.slice/docker-1b2c3d.scope"] {
        let text = format!(
            "container_cpu_usage_seconds_total{{id=\"{id}\",name=\"\",image=\"\",\
             container_label_com_docker_swarm_service_name=\"\",cpu=\"total\",job=\"cadvisor\",instance=\"x\"}}"
        );
        let Identified::Unnamed { why, who } = identify(&text) else { panic!("{text}") };
        assert_eq!(who, id);
        assert!(why.starts_with("cAdvisor sees the container but not its labels"), "{why}");
    }
    let hidden = format!(
        "container_cpu_usage_seconds_total{{id=\"/docker/1b\",name=\"s_gateway.1.{TASK}\",image=\"x\",job=\"cadvisor\"}}"
    );
    assert!(matches!(identify(&hidden), Identified::Unnamed { .. }));
    let of_another = hidden.replace("s_gateway", "other_gateway");
    assert_eq!(identify(&of_another), Identified::NotOurs);
}

#[test]
fn of_two_connection_managers_only_the_one_with_traffic_counts() {
    let text = |prefix: &str| {
        format!(
            "envoy_http_downstream_rq_total{{envoy_http_conn_manager_prefix=\"{prefix}\",job=\"edge\",\
             instance=\"10.0.0.2:9901\"}}"
        )
    };
    assert_eq!(identify(&text("admin")), Identified::NotOurs);
    let is = series(&text("ingress"));
    assert_eq!((is.service.as_str(), is.task.as_str(), is.task_is_exact), ("edge", "10.0.0.2:9901", false));
    assert_eq!((&is.meaning, is.upstream), (&Meaning::PROXY_DOWNSTREAM, None));

    let file =
        "name: envoy\nextends: envoy\nwhere: { envoy_http_conn_manager_prefix: { not: [admin, health] } }\n";
    let own = Catalogues::builtin().with(swarmlab_catalogue::parse(file, "own.yml"));
    assert_eq!(support::identify_by(&own, &text("health")), Identified::NotOurs);
    assert!(matches!(support::identify_by(&own, &text("ingress")), Identified::Series(_)));
    assert!(matches!(identify(&text("health")), Identified::Series(_)));
}

#[test]
fn each_cluster_speaks_of_the_service_behind_it() {
    for (cluster, service) in [
        ("ms-exercise", "ms-exercise"),
        ("s_ms-exercise", "ms-exercise"),
        ("tasks.gateway", "gateway"),
        // Not understood: kept as it is, and so counted for nobody.
        ("xds_cluster", "xds_cluster"),
    ] {
        let labels = format!("envoy_cluster_name=\"{cluster}\",job=\"edge\",instance=\"10.0.0.2:9901\"");
        let is = series(&format!("envoy_cluster_upstream_rq_total{{{labels}}}"));
        assert_eq!(is.upstream.as_deref(), Some(service));
        let is = series(&format!("envoy_cluster_upstream_rq_xx{{envoy_response_code_class=\"5\",{labels}}}"));
        assert_eq!(kept(&is), format!("code_class=5 envoy_cluster_name={cluster}"));
        let is = series(&format!("envoy_cluster_upstream_rq_time_bucket{{le=\"0.99\",{labels}}}"));
        assert_eq!((is.kind, is.unit.as_str(), is.scale), (Kind::Bucket, "ms", 1.0));
        assert_eq!(is.labels["le"], "0.99");
    }
}

#[test]
fn traefik_counts_at_entry_points_and_services() {
    let of = |entry: &str| {
        format!(
            "traefik_entrypoint_requests_total{{code=\"404\",method=\"GET\",protocol=\"http\",entrypoint=\"{entry}\",\
             job=\"edge\",instance=\"10.0.0.3:8080\"}}"
        )
    };
    assert_eq!(identify(&of("traefik")), Identified::NotOurs);
    let is = series(&of("web"));
    assert_eq!((&is.meaning, is.upstream.as_deref()), (&Meaning::PROXY_DOWNSTREAM, None));
    assert_eq!(kept(&is), "code=404 code_class=4 entrypoint=web method=GET protocol=http");
    let labels = "code=\"200\",method=\"GET\",protocol=\"http\",job=\"edge\",instance=\"10.0.0.3:8080\"";
    for service in ["s-ms-exercise@swarm", "ms-exercise@file", "s_ms-exercise@docker"] {
        let is = series(&format!("traefik_service_requests_total{{service=\"{service}\",{labels}}}"));
        assert_eq!((is.upstream.as_deref(), &is.meaning), (Some("ms-exercise"), &Meaning::PROXY_RESPONSES));
    }
    let is = series(&format!(
        "traefik_service_request_duration_seconds_bucket{{le=\"0.1\",service=\"ms-exercise@file\",{labels}}}"
    ));
    assert_eq!((is.scale, is.unit.as_str(), &is.meaning), (1000.0, "ms", &Meaning::PROXY_UPSTREAM_TIME));
    assert_eq!(
        identify(&format!("traefik_service_requests_total{{service=\"api@internal\",{labels}}}")),
        Identified::NotOurs
    );
}

#[test]
fn nginx_counts_by_its_exporter_or_by_vts() {
    let scraped = "job=\"edge\",instance=\"10.0.0.4:9113\"";
    assert_eq!(series(&format!("nginx_http_requests_total{{{scraped}}}")).meaning, Meaning::PROXY_DOWNSTREAM);
    let server = |host: &str, code: &str| {
        format!("nginx_vts_server_requests_total{{host=\"{host}\",code=\"{code}\",{scraped}}}")
    };
    assert_eq!(series(&server("example.org", "total")).meaning, Meaning::PROXY_DOWNSTREAM);
    assert_eq!(identify(&server("*", "total")), Identified::NotOurs);
    assert_eq!(identify(&server("example.org", "2xx")), Identified::NotOurs);
    let upstream = |code: &str| {
        let labels = format!("upstream=\"ms-exercise\",backend=\"10.0.0.9:5001\",code=\"{code}\",{scraped}");
        series(&format!("nginx_vts_upstream_requests_total{{{labels}}}"))
    };
    assert_eq!(upstream("total").meaning, Meaning::PROXY_UPSTREAM);
    let is = upstream("5xx");
    assert_eq!((&is.meaning, is.upstream.as_deref()), (&Meaning::PROXY_RESPONSES, Some("ms-exercise")));
    assert_eq!(kept(&is), "backend=10.0.0.9:5001 code_class=5 upstream=ms-exercise");
}

#[test]
fn haproxy_counts_at_frontends_and_backends() {
    let text = |metric: &str, proxy: &str| {
        format!("{metric}{{proxy=\"{proxy}\",job=\"edge\",instance=\"10.0.0.5:8404\"}}")
    };
    let is = series(&text("haproxy_frontend_http_requests_total", "ms-exercise"));
    assert_eq!((&is.meaning, is.upstream.as_deref()), (&Meaning::PROXY_DOWNSTREAM, None));
    assert_eq!(identify(&text("haproxy_frontend_http_requests_total", "stats")), Identified::NotOurs);
    let is = series(&text("haproxy_backend_http_requests_total", "ms-exercise"));
    assert_eq!((&is.meaning, is.upstream.as_deref()), (&Meaning::PROXY_UPSTREAM, Some("ms-exercise")));
    let is =
        series(&text("haproxy_backend_http_responses_total", "ms-exercise").replace("{", "{code=\"5xx\","));
    assert_eq!(kept(&is), "code_class=5 proxy=ms-exercise");
    let other = text("haproxy_backend_http_responses_total", "ms-exercise").replace("{", "{code=\"other\",");
    assert_eq!(kept(&series(&other)), "code=other proxy=ms-exercise");
}

#[test]
fn node_exporter_speaks_of_machines() {
    let scraped = "job=\"node-exporter\",instance=\"10.0.0.6:9100\"";
    let is = series(&format!("node_cpu_seconds_total{{cpu=\"0\",mode=\"user\",{scraped}}}"));
    assert_eq!((is.service.as_str(), is.meaning.name()), ("node-exporter", "node_cpu"));
    assert_eq!(kept(&is), "cpu=0 mode=user");
    for (metric, meaning) in [
        ("node_pressure_memory_stalled_seconds_total", "node_memory_stalled"),
        ("node_pressure_io_waiting_seconds_total", "node_io_waiting"),
        ("node_disk_io_time_seconds_total", "node_disk_busy"),
    ] {
        assert_eq!(series(&format!("{metric}{{device=\"sda\",{scraped}}}")).meaning.name(), meaning);
    }
    assert_eq!(
        identify(&format!("node_network_receive_bytes_total{{device=\"lo\",{scraped}}}")),
        Identified::NotOurs
    );
    assert_eq!(series(&format!("node_memory_MemAvailable_bytes{{{scraped}}}")).kind, Kind::Gauge);
}

#[test]
fn applications_speak_of_themselves() {
    let scraped = "job=\"ms-exercise\",instance=\"10.0.0.7:5001\"";
    assert_eq!(series(&format!("process_cpu_seconds_total{{{scraped}}}")).meaning, Meaning::APPLICATION_CPU);
    let is = series(&format!(
        "demo_requests_total{{endpoint=\"exercise\",method=\"GET\",code=\"200\",{scraped}}}"
    ));
    assert_eq!((&is.meaning, is.labels.len()), (&Meaning::APPLICATION_REQUESTS, 3));
    let is = series(&format!("http_requests_total{{handler=\"/buy\",code=\"500\",tenant=\"a\",{scraped}}}"));
    assert_eq!(kept(&is), "code=500 code_class=5 handler=/buy tenant=a");
    assert_eq!(
        identify(&format!("http_requests_total{{handler=\"/metrics\",code=\"200\",{scraped}}}")),
        Identified::NotOurs
    );
    // Another stack's job in a Prometheus that is shared.
    assert_eq!(
        identify("process_cpu_seconds_total{job=\"their-api\",instance=\"x:1\"}"),
        Identified::NotOurs
    );
    assert_eq!(identify("up{job=\"ms-exercise\",instance=\"x:1\"}"), Identified::NotOurs);
    let federated = identify("process_cpu_seconds_total{job=\"ms-exercise\"}");
    assert!(
        matches!(federated, Identified::Unnamed { why, .. } if why.ends_with("they have no label `instance`"))
    );
}

#[test]
fn each_series_of_the_first_layout_means_what_it_meant() {
    for metric in [
        "container_cpu_usage_seconds_total",
        "container_cpu_cfs_throttled_seconds_total",
        "container_memory_working_set_bytes",
        "container_network_receive_bytes_total",
        "container_network_transmit_bytes_total",
        "envoy_http_downstream_rq_total",
        "envoy_cluster_upstream_rq_total",
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time_bucket",
        "demo_requests_total",
        "demo_cpu_burned_seconds_total",
        "process_cpu_seconds_total",
        "proc_cpu_seconds_total",
        "proc_resident_memory_bytes",
        "swarmlab_proxy_downstream_requests_total",
        "swarmlab_proxy_upstream_requests_total",
        "swarmlab_proxy_upstream_responses_total",
        "swarmlab_proxy_upstream_seconds_bucket",
    ] {
        let mut labels = support::labels(&cadvisor(metric, "s_gateway", "s"));
        labels.insert("job".to_owned(), "gateway".to_owned());
        let was = swarmlab_record::identity_in_layout_1(
            String::new(),
            String::new(),
            metric.to_owned(),
            Default::default(),
        );
        let is = Catalogues::builtin().identify(&labels, &Context { stack: "s", topology: &stack() });
        let (Some(was), Identified::Series(is)) = (was, is) else { panic!("{metric}") };
        assert_eq!(
            (was.meaning, was.kind, was.unit, was.scale),
            (is.meaning, is.kind, is.unit, is.scale),
            "{metric}"
        );
        assert_eq!((was.task_is_exact, is.service.as_str()), (is.task_is_exact, "gateway"), "{metric}");
    }
}
