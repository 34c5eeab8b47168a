//! What is woven, byte by byte. After a change that is meant: `SWARMLAB_BLESS=1 cargo test -p swarmlab-weave --test
//! golden`, and look at the difference.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;
use support::{load, root, wishes};
use swarmlab_weave::{Fronts, Naming, Protocol, Telemetry, Wishes, Woven, weave};

const SHOP: &str = "\
services:
  web:
    image: shop/web:1
    hostname: web
    ports: ['8080:80']
    environment: { API: 'http://api:3000', PRICE: $$5 }
    networks: { default: { aliases: [shop] } }
  api:
    image: shop/api:1
    expose: ['3000']
    deploy: { replicas: 2, endpoint_mode: dnsrr, labels: { swarmlab.metrics: '3000' } }
  mail:
    image: shop/mail:1
    ports: ['1025:25']
";

fn compare(folder: &str, woven: &Woven) {
    let folder = root().join("crates/weave/tests/golden").join(folder);
    let mut texts =
        vec![("stack.yml".to_owned(), swarmlab_stackfile::write(&woven.stack, &|p| p.display().to_string()))];
    texts.extend(
        woven
            .files
            .iter()
            .map(|(path, text)| (path.file_name().unwrap().to_str().unwrap().to_owned(), text.clone())),
    );
    let remarks: Vec<String> = woven.remarks.iter().map(ToString::to_string).collect();
    texts.push(("remarks.txt".to_owned(), remarks.join("\n")));
    if std::env::var_os("SWARMLAB_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        texts.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }
    let mut written: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    written.sort();
    let mut names: Vec<String> = texts.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    assert_eq!(written, names, "{}", folder.display());
    for (name, text) in &texts {
        assert_eq!(&std::fs::read_to_string(folder.join(name)).unwrap(), text, "{}/{name}", folder.display());
    }
}

#[test]
fn for_docker() {
    let wishes = Wishes { naming: Naming::Renamed, ..wishes("auto") };
    compare("docker", &weave(&load(SHOP), &wishes, &|_| None).unwrap());
}

#[test]
fn for_swarmlab_with_another_protocol_and_a_prometheus_that_is_there() {
    let wishes = Wishes {
        fronts: Fronts::parse("api").unwrap(),
        protocol: Some(Protocol::Grpc),
        telemetry: Telemetry::Elsewhere,
        naming: Naming::Kept,
    };
    let images = |name: &str| (name == "ENVOY_IMAGE").then(|| "swarmlab/envoy:local".to_owned());
    compare("swarmlab", &weave(&load(SHOP), &wishes, &images).unwrap());
}

/// What the sample application has by hand is what is woven: the same counters, buckets, name service and scrapes.
#[test]
fn as_good_as_what_the_sample_has_by_hand() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let text = "services: { gateway: { image: i, ports: ['8080:8080'] } }";
    let woven = weave(&load(text), &wishes("auto"), &|_| None).unwrap();
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| line.replace("tasks.gateway-origin", "tasks.gateway")).collect()
    };
    let (front, prometheus) = (plain(&woven.files[0].1), plain(&woven.files[1].1));
    // A front has no time limits of its own, and listens where the service does.
    let otherwise =
        ["- name: ingress", "stream_idle_timeout: 60s", "route: { cluster: gateway, timeout: 60s }"];
    let missing: Vec<String> =
        plain(&read("envoy/gateway.yaml")).into_iter().filter(|l| !front.contains(l)).collect();
    assert_eq!(missing, otherwise);
    let of_cadvisor = plain(read("prometheus/prometheus.yml").split("- job_name: cadvisor").nth(1).unwrap());
    for line in of_cadvisor.iter().filter(|line| !line.contains("tasks.cadvisor")) {
        assert!(prometheus.contains(line), "{line}");
    }
    assert!(prometheus.contains(&"scrape_interval: 1s".to_owned()));
    let sample =
        swarmlab_stackfile::load_file(Path::new(&root().join("stacks/exercise.yml")), &|_| None).unwrap();
    for (ours, theirs) in [
        ("swarmlab-prometheus", "prometheus"),
        ("swarmlab-cadvisor", "cadvisor"),
        ("swarmlab-node-exporter", "node-exporter"),
        ("gateway-front", "gateway-envoy"),
    ] {
        let (ours, theirs) = (woven.stack.service(ours).unwrap(), sample.service(theirs).unwrap());
        assert_eq!((&ours.image, &ours.command, ours.init), (&theirs.image, &theirs.command, theirs.init));
        assert_eq!((&ours.healthcheck, ours.deploy.limits), (&theirs.healthcheck, theirs.deploy.limits));
        assert_eq!(
            (ours.deploy.mode, ours.deploy.restart_policy),
            (theirs.deploy.mode, theirs.deploy.restart_policy)
        );
        let mounts =
            |s: &swarmlab_stackfile::Service| s.mounts.iter().map(|m| m.kind.clone()).collect::<Vec<_>>();
        assert_eq!(mounts(ours), mounts(theirs));
    }
}
