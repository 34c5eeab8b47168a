//! What is woven, and what is not: over the stack files of the repository and small ones.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::{corpus, load, wishes};
use swarmlab_stackfile::{EndpointMode, Mode, Role, WOVEN_LABEL, specs};
use swarmlab_weave::{Naming, Protocol, Telemetry, Wishes, Woven, weave};

fn woven(text: &str, wishes: &Wishes) -> Woven {
    weave(&load(text), wishes, &|_| None).unwrap_or_else(|e| panic!("{e}"))
}

fn refused(text: &str, front: &str) -> String {
    weave(&load(text), &wishes(front), &|_| None).unwrap_err().to_string()
}

const SHOP: &str = "\
services:
  web:
    image: web
    ports: ['8080:80']
    networks: { edge: { aliases: [shop] }, inside: }
  api:
    image: api
    networks: [inside]
    healthcheck: { test: curl -f http://localhost:3000/health || exit 1 }
  db:
    image: postgres
    networks: [inside]
    ports: ['5432:5432']
networks: { edge: , inside: }
";

#[test]
fn a_front_takes_names_and_ports_and_the_service_steps_back() {
    let woven = woven(SHOP, &wishes("auto"));
    let named: Vec<_> =
        woven.fronts.iter().map(|f| (f.name.as_str(), f.proxy.as_str(), f.ports.clone())).collect();
    let expected = [
        ("web", "web-front", vec![(80, Protocol::Http1)]),
        ("api", "api-front", vec![(3000, Protocol::Http1)]),
    ];
    assert_eq!(named, expected);
    let specs = specs(&woven.stack, "s").unwrap();
    let service = |name: &str| specs.services.iter().find(|s| s.short == name).unwrap();
    let names = |name: &str| -> Vec<(String, Vec<String>)> {
        let networks = service(name).spec.task_template.as_ref().unwrap().networks.clone().unwrap();
        networks.into_iter().map(|n| (n.target.unwrap(), n.aliases.unwrap_or_default())).collect()
    };
    let of = |network: &str, aliases: &[&str]| {
        (format!("s_{network}"), aliases.iter().map(|a| a.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(names("web"), [of("edge", &["web-origin"]), of("inside", &["web-origin"])]);
    assert_eq!(
        names("web-front"),
        [
            of("edge", &["shop", "web", "web-front"]),
            of("inside", &["web", "web-front"]),
            of("swarmlab", &["web-front"])
        ]
    );
    let ports =
        |name: &str| service(name).spec.endpoint_spec.as_ref().unwrap().ports.clone().unwrap_or_default();
    assert!(ports("web").is_empty());
    assert_eq!(
        (ports("web-front")[0].published_port, ports("web-front")[0].target_port),
        (Some(8080), Some(80))
    );
    assert_eq!((service("web").role, service("web-front").role), (Role::Application, Role::Proxy));
    assert_eq!(service("web-front").fronts, ["web"]);
    assert_eq!(service("api-front").spec.labels.as_ref().unwrap()["swarmlab.proof"], "/health");
    // What is no HTTP is told and left alone.
    assert_eq!(woven.remarks.len(), 1);
    assert!(woven.remarks[0].to_string().contains("`db`"), "{}", woven.remarks[0]);
    assert_eq!(woven.stack.service("db"), load(SHOP).service("db"));
}

#[test]
fn in_a_file_for_docker_the_service_is_renamed() {
    let wishes = Wishes { naming: Naming::Renamed, ..wishes("web") };
    let woven = woven(SHOP, &wishes);
    assert!(woven.stack.service("web").is_none());
    let origin = woven.stack.service("web-origin").unwrap();
    // No alias of ours is needed: docker gives the service its name.
    assert_eq!((origin.network_name(), &origin.alias), ("web-origin", &None));
    assert_eq!(woven.stack.service("web-front").unwrap().deploy.labels["swarmlab.fronts"], "web-origin");
    assert!(woven.files[0].1.contains("address: tasks.web-origin, port_value: 80"));
    assert!(woven.files[0].1.contains("alt_stat_name: web-origin"));
}

#[test]
fn what_cannot_be_woven_is_refused_by_name_all_at_once() {
    let text = "\
services:
  job: { image: i, ports: ['1:1'], deploy: { mode: replicated-job } }
  dns: { image: i, ports: ['53:53/udp'] }
  range: { image: i, ports: ['9000-9020:9000-9020'] }
  host: { image: i, networks: [node], expose: ['80'] }
  silent: { image: i }
  taken: { image: i, ports: ['81:80'], x-swarmlab: { alias: taken-origin } }
  proxied: { image: i, ports: ['82:80'] }
  proxy: { image: i, deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: proxied } } }
  bad: { image: i, deploy: { labels: { swarmlab.front: maybe, swarmlab.metrics: x } } }
networks: { node: { external: true, name: host } }
";
    let said = refused(text, "job,dns,range,host,silent,taken,proxied,nobody");
    for (code, words) in [
        ("E260", "`job`: it is a job"),
        ("E260", "`dns`: it publishes UDP (port 53)"),
        ("E260", "`range`: it listens on 21 ports"),
        ("E260", "`host`: it is on the network `host`"),
        ("E262", "`silent` takes requests"),
        ("E260", "`taken`: it has given its name away"),
        ("E260", "`proxied`: it has the proxy `proxy` before it"),
        ("E204", "no service `nobody`"),
        ("E265", "`maybe` is neither true nor false"),
        ("E265", "`x` is no port"),
    ] {
        assert!(said.contains(code) && said.contains(words), "{code} {words}\n{said}");
    }
    // With all others they are told, and left.
    let others = text.replace("swarmlab.front: maybe, swarmlab.metrics: x", "swarmlab.front: 'false'");
    let woven = woven(&others, &wishes("auto"));
    assert!(woven.fronts.is_empty(), "{:?}", woven.fronts);
    assert_eq!(woven.remarks.len(), 5, "{:#?}", woven.remarks);
}

#[test]
fn labels_and_flags_say_ports_and_protocols() {
    let text = "\
services:
  a: { image: i, deploy: { labels: { swarmlab.front: 'true', swarmlab.front.port: '9000,9001', swarmlab.front.protocol: grpc } } }
  b: { image: i, ports: ['6379:6379', '8080:8080'] }
  c: { image: i, ports: ['1:1'], deploy: { labels: { swarmlab.front: 'false' } } }
";
    let ports = |wishes: &Wishes| -> Vec<(String, Vec<(u16, Protocol)>)> {
        woven(text, wishes).fronts.into_iter().map(|f| (f.name, f.ports)).collect()
    };
    let grpc = ("a".to_owned(), vec![(9000, Protocol::Grpc), (9001, Protocol::Grpc)]);
    let b = |redis, web| ("b".to_owned(), vec![(6379, redis), (8080, web)]);
    assert_eq!(ports(&wishes("auto")), [grpc.clone(), b(Protocol::Tcp, Protocol::Http1)]);
    let http2 = Wishes { protocol: Some(Protocol::Http2), ..wishes("b") };
    assert_eq!(ports(&http2), [grpc.clone(), b(Protocol::Http2, Protocol::Http2)]);
    assert_eq!(ports(&wishes("none")), std::slice::from_ref(&grpc));
    let named = ports(&wishes("c:3000"));
    assert_eq!(named, [grpc, ("c".to_owned(), vec![(1, Protocol::Http1), (3000, Protocol::Http1)])]);
    let texts = woven(text, &http2).files;
    assert!(
        texts[0].1.contains("http2_protocol_options: {}")
            && !texts[0].1.contains("{ http_protocol_options: {} }")
    );
    let tcp = woven(text, &wishes("b")).files.remove(1).1;
    assert!(
        tcp.contains("tcp_proxy.v3.TcpProxy")
            && tcp.contains("alt_stat_name: b\n")
            && tcp.contains("name: b-8080")
    );
}

#[test]
fn a_protocol_for_all_is_none_for_ports_that_are_known_for_another() {
    for protocol in [Protocol::Http2, Protocol::Tcp] {
        let woven = woven(SHOP, &Wishes { protocol: Some(protocol), ..wishes("auto") });
        let named: Vec<_> = woven.fronts.iter().map(|f| (f.name.as_str(), f.ports.clone())).collect();
        // The database is left alone: neither is HTTP read where it speaks, nor is the rest taken for its like.
        assert_eq!(named, [("web", vec![(80, protocol)]), ("api", vec![(3000, protocol)])]);
    }
    let beside = "services: { both: { image: i, ports: ['5432:5432', '8080:8080'] } }";
    let grpc = woven(beside, &Wishes { protocol: Some(Protocol::Grpc), ..wishes("auto") });
    assert_eq!(grpc.fronts[0].ports, [(5432, Protocol::Tcp), (8080, Protocol::Grpc)]);
}

#[test]
fn a_port_of_a_node_stays_on_its_node() {
    let text = "\
services:
  each: { image: i, ports: [{ target: 80, published: 80, mode: host }], deploy: { mode: global, endpoint_mode: dnsrr, placement: { constraints: [node.role == worker] } } }
  any: { image: i, ports: ['81:80'], deploy: { replicas: 5, placement: { constraints: [node.role == worker] } } }
";
    let woven = woven(text, &wishes("each,any"));
    let deploy = |name: &str| &woven.stack.service(name).unwrap().deploy;
    let each = deploy("each-front");
    assert_eq!((each.mode, each.endpoint_mode), (Mode::Global, Some(EndpointMode::Dnsrr)));
    assert_eq!(each.placement.constraints, ["node.role == worker"]);
    let any = deploy("any-front");
    assert_eq!((any.mode, any.endpoint_mode), (Mode::Replicated { replicas: 1 }, None));
    assert!(any.placement.constraints.is_empty());
    assert!(woven.remarks.iter().any(|r| r.to_string().contains("on each node")), "{:?}", woven.remarks);
}

#[test]
fn names_that_the_stack_has_are_not_taken_again() {
    let text = "\
services:
  web: { image: i, ports: ['9090:80'], hostname: web }
  web-front: { image: i }
  swarmlab-prometheus: { image: i }
  x: { image: i, networks: { swarmlab: { aliases: [web-origin] } } }
networks: { swarmlab: }
";
    let woven = woven(text, &wishes("web"));
    assert_eq!(woven.fronts[0].proxy, "web-front-2");
    let web = woven.stack.service("web").unwrap();
    assert_eq!((web.network_name(), web.hostname.as_deref()), ("web-origin-2", Some("web-origin-2")));
    assert!(woven.remarks[0].to_string().contains("becomes `web-origin-2`"), "{}", woven.remarks[0]);
    let prometheus = woven.stack.service("swarmlab-prometheus-2").unwrap();
    assert_eq!(prometheus.ports[0].published, Some(19090));
    assert_eq!(prometheus.networks[0].network, "swarmlab-2");
    assert!(woven.files.iter().any(|(_, text)| text.contains("names: [tasks.web-front-2]")));
}

#[test]
fn a_wished_port_is_one_that_the_stack_leaves_free() {
    let wishes = |port| Wishes { telemetry: Telemetry::Woven { port: Some(port) }, ..wishes("none") };
    let said = weave(&load(SHOP), &wishes(8080), &|_| None).unwrap_err().to_string();
    assert!(said.contains("E226") && said.contains("`web` publishes it"), "{said}");
    assert!(weave(&load(SHOP), &wishes(8081), &|_| None).is_ok());
}

#[test]
fn a_prometheus_that_is_there_is_used_and_told_what_to_scrape() {
    let own = "services: { p: { image: i, ports: ['9090:9090'], deploy: { labels: { swarmlab.role: telemetry } } }, \
               web: { image: i, ports: ['80:80'], deploy: { labels: { swarmlab.metrics: '9100/own' } } } }";
    assert!(refused(own, "auto").contains("E263"));
    let elsewhere = Wishes { telemetry: Telemetry::Elsewhere, ..wishes("auto") };
    let woven = woven(own, &elsewhere);
    assert_eq!(woven.stack.services.len(), 3);
    assert!(woven.stack.networks.is_empty());
    let (path, scrape) = woven.files.last().unwrap();
    assert!(path.ends_with("scrape.yml"));
    assert!(scrape.contains("job_name: web-front") && scrape.contains("metrics_path: /own"), "{scrape}");
    assert!(scrape.contains("names: [tasks.web-origin], type: A, port: 9100"), "{scrape}");
}

#[test]
fn what_was_woven_is_not_woven_again() {
    let once = woven(SHOP, &wishes("auto"));
    let said = weave(&once.stack, &wishes("auto"), &|_| None).unwrap_err().to_string();
    assert!(said.contains("was woven in already"), "{said}");
}

/// Over every stack file: what is not named is as it was, in the model and in what the Engine is asked for.
#[test]
fn nothing_else_is_changed() {
    let (mut fronts, mut tried) = (0, 0);
    for (path, stack) in corpus() {
        for (naming, telemetry) in
            [(Naming::Kept, Telemetry::Woven { port: None }), (Naming::Renamed, Telemetry::Elsewhere)]
        {
            let wishes = Wishes { naming, telemetry, ..wishes("auto") };
            let Ok(woven) = weave(&stack, &wishes, &|_| None) else {
                assert!(path.ends_with("exercise.yml"), "{}", path.display());
                continue;
            };
            tried += 1;
            fronts += woven.fronts.len();
            assert_eq!(&woven.stack.networks[..stack.networks.len()], stack.networks, "{}", path.display());
            assert_eq!(&woven.stack.configs[..stack.configs.len()], stack.configs);
            assert_eq!((&woven.stack.volumes, &woven.stack.secrets), (&stack.volumes, &stack.secrets));
            for (before, after) in stack.services.iter().zip(&woven.stack.services) {
                let Some(front) = woven.front(&before.name) else {
                    assert_eq!(before, after, "{}", path.display());
                    continue;
                };
                // Taken back part by part: nothing else remains.
                let mut undone = after.clone();
                assert_eq!(undone.name, front.service);
                undone.name.clone_from(&before.name);
                undone.alias.clone_from(&before.alias);
                undone.hostname.clone_from(&before.hostname);
                assert!(undone.ports.is_empty());
                undone.ports.clone_from(&before.ports);
                for (at, was) in undone.networks.iter_mut().zip(&before.networks) {
                    assert!(at.aliases.is_empty());
                    at.aliases.clone_from(&was.aliases);
                }
                undone.role = before.role;
                for label in ["swarmlab.role", "swarmlab.proof"] {
                    match before.deploy.labels.get(label) {
                        Some(value) => undone.deploy.labels.insert(label.to_owned(), value.clone()),
                        None => undone.deploy.labels.remove(label),
                    };
                }
                assert_eq!(&undone, before, "{}", path.display());
            }
            let added = &woven.stack.services[stack.services.len()..];
            assert!(added.iter().all(|s| s.deploy.labels.contains_key(WOVEN_LABEL)));
            // It is a stack: what is written is read, and the Engine can be asked for it.
            let place = |file: &std::path::Path| file.display().to_string();
            let text = swarmlab_stackfile::write(&woven.stack, &place);
            let file =
                |file: &std::path::Path| match woven.files.iter().find(|(path, _)| file.ends_with(path)) {
                    Some((_, text)) => Ok(text.clone().into_bytes()),
                    None => std::fs::read(file),
                };
            let again = swarmlab_stackfile::load(&text, &path, &|_| None, &file);
            let again = again.unwrap_or_else(|e| panic!("{}: {e}\n{text}", path.display()));
            assert_eq!(again.unplaced(), woven.stack.unplaced(), "{}", path.display());
            assert!(specs(&woven.stack, "s").is_ok());
        }
    }
    assert!(fronts > 5 && tried > 100, "{fronts} fronts in {tried} weaves");
}
