//! What is said about stack files that are wrong.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{bad, good, load, web};
use insta::assert_snapshot;

#[test]
fn ten_errors_are_reported_at_once() {
    let text = r#"version: "3.8"
services:
  web:
    imgae: ${WEB_IMAGE:?name the image}
    image: web
    ports: ["80:80:80:80", { target: 70000 }]
    networks: [bakend]
    volumes: [data:/var/lib]
    mem_limit: 1g
    deploy:
      replicas: two
      endpoint_mode: dnsrr
      labels: { swarmlab.role: proxi, swarmlab.fronts: gone }
      resources: { limits: { memory: 128X, cpus: "0,5" } }
  "bad name!":
    command: [true]
networks:
  backend:
configs:
  c: { file: missing.yml }
secretz: {}
"#;
    assert_snapshot!(bad(text), @r#"
    error[E001-unknown-key]: unknown key `imgae` in services.web
     --> stacks/t.yml:4:5 (services.web.imgae)
      |
    4 |     imgae: ${WEB_IMAGE:?name the image}
      |     ^^^^^
      = help: did you mean `image`?

    error[E202-required-variable]: the variable `WEB_IMAGE` must be set: name the image
     --> stacks/t.yml:4:12 (services.web.imgae)
      |
    4 |     imgae: ${WEB_IMAGE:?name the image}
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = help: set it in the environment: WEB_IMAGE=… swarmlab …

    error[E004-bad-value]: services.web.ports[0]: `80:80` is no IP address
     --> stacks/t.yml:6:13 (services.web.ports[0])
      |
    6 |     ports: ["80:80:80:80", { target: 70000 }]
      |             ^^^^^^^^^^^^^ expected [published:]target[/protocol], e.g. "8080:80"

    error[E004-bad-value]: services.web.ports[1].target is 70000, out of range
     --> stacks/t.yml:6:38 (services.web.ports[1].target)
      |
    6 |     ports: ["80:80:80:80", { target: 70000 }]
      |                                      ^^^^^ expected a whole number from 1 to 65535

    error[E221-undeclared]: the network `bakend` is not declared in this file
     --> stacks/t.yml:7:16 (services.web.networks[0])
      |
    7 |     networks: [bakend]
      |                ^^^^^^
      = help: did you mean `backend`?

    error[E221-undeclared]: the volume `data` is not declared in this file
     --> stacks/t.yml:8:15 (services.web.volumes[0])
      |
    8 |     volumes: [data:/var/lib]
      |               ^^^^^^^^^^^^^
      = help: declare it under the top-level `volumes`

    error[E212-refused-key]: `mem_limit` cannot be used on a Swarm
     --> stacks/t.yml:9:5 (services.web.mem_limit)
      |
    9 |     mem_limit: 1g
      |     ^^^^^^^^^
      = help: write `deploy.resources.limits.memory`

    error[E003-wrong-type]: services.web.deploy.replicas must be a whole number from 0 to 100000, found a string (`two`)
      --> stacks/t.yml:11:17 (services.web.deploy.replicas)
       |
    11 |       replicas: two
       |                 ^^^ expected a whole number from 0 to 100000

    error[E220-unknown-role]: `proxi` is no role
      --> stacks/t.yml:13:32 (services.web.deploy.labels."swarmlab.role")
       |
    13 |       labels: { swarmlab.role: proxi, swarmlab.fronts: gone }
       |                                ^^^^^ expected one of application, proxy, database, telemetry
       = help: did you mean `proxy`?

    error[E221-undeclared]: the service `gone` is not declared in this file
      --> stacks/t.yml:13:56 (services.web.deploy.labels."swarmlab.fronts")
       |
    13 |       labels: { swarmlab.role: proxi, swarmlab.fronts: gone }
       |                                                        ^^^^
       = help: services of this file: web, bad name!

    error[E004-bad-value]: services.web.deploy.resources.limits.memory: `x` is no unit of size (b, k, m, g, t, p)
      --> stacks/t.yml:14:38 (services.web.deploy.resources.limits.memory)
       |
    14 |       resources: { limits: { memory: 128X, cpus: "0,5" } }
       |                                      ^^^^ expected a size such as 128M or 1.5G

    error[E004-bad-value]: services.web.deploy.resources.limits.cpus: `0,5` is no number of processors
      --> stacks/t.yml:14:50 (services.web.deploy.resources.limits.cpus)
       |
    14 |       resources: { limits: { memory: 128X, cpus: "0,5" } }
       |                                                  ^^^^^ expected a number of processors such as 0.50

    error[E002-missing-key]: `image` is missing in services."bad name!"
      --> stacks/t.yml:15:3 (services."bad name!".image)
       |
    15 |   "bad name!":
       |   ^^^^^^^^^^^
       = help: add `image: …`

    error[E219-bad-name]: `bad name!` cannot be the name of a service
      --> stacks/t.yml:15:3 (services."bad name!")
       |
    15 |   "bad name!":
       |   ^^^^^^^^^^^ expected letters, digits, `-` and `_`, a letter or digit first and last

    error[E215-unreadable-file]: cannot read stacks/missing.yml: entity not found
      --> stacks/t.yml:20:14 (configs.c.file)
       |
    20 |   c: { file: missing.yml }
       |              ^^^^^^^^^^^ expected a readable file
       = help: a relative path starts at the folder of the stack file

    error[E001-unknown-key]: unknown key `secretz` in the file
      --> stacks/t.yml:21:1 (secretz)
       |
    21 | secretz: {}
       | ^^^^^^^
       = help: did you mean `secrets`?
               known keys: `configs`, `networks`, `secrets`, `services`, `version`, `volumes`

    16 errors
    "#);
}

#[test]
fn what_a_swarm_ignores_is_a_warning() {
    let stack = good(&web("build: .\ntmpfs: /t\ncontainer_name: w\ndepends_on: [web]\nprivileged: true"));
    let lines: Vec<_> =
        stack.warnings.iter().map(|w| format!("{}:{} {}", w.span.line, w.span.column, w.message)).collect();
    assert_snapshot!(lines.join("\n"), @r"
    4:5 `build` has no effect on a Swarm
    5:5 `tmpfs` has no effect on a Swarm
    6:5 `container_name` has no effect on a Swarm
    7:5 `depends_on` has no effect on a Swarm: all services start at once
    8:5 `privileged` has no effect on a Swarm
    ");
}

#[test]
fn what_a_swarm_refuses_is_an_error() {
    for key in [
        "extends",
        "volumes_from",
        "volume_driver",
        "cpu_quota",
        "cpu_shares",
        "cpuset",
        "mem_limit",
        "memswap_limit",
    ] {
        assert!(bad(&web(&format!("{key}: x"))).contains("E212-refused-key"), "{key}");
    }
}

#[test]
fn variables_are_pointed_at() {
    let text =
        "services:\n  web:\n    image: \"${REGISTRY}/web:${TAG:?which one?}\"\n    command: echo $(date)\n";
    assert_snapshot!(load(text, &[("REGISTRY", "r")], &[]).unwrap_err(), @r#"
    error[E202-required-variable]: the variable `TAG` must be set: which one?
     --> stacks/t.yml:3:29 (services.web.image)
      |
    3 |     image: "${REGISTRY}/web:${TAG:?which one?}"
      |                             ^^^^^^^^^^^^^^^^^^
      = help: set it in the environment: TAG=… swarmlab …

    error[E201-bad-variable]: a `$` must be followed by a name
     --> stacks/t.yml:4:19 (services.web.command)
      |
    4 |     command: echo $(date)
      |                   ^ expected ${NAME}, ${NAME:-default} or $NAME
      = help: write `$$` where a single `$` is meant

    2 errors
    "#);
}

#[test]
fn an_unset_variable_is_a_warning() {
    let stack = good(&web("hostname: a${NOTHING}b"));
    assert_eq!(stack.services[0].hostname.as_deref(), Some("ab"));
    assert_snapshot!(stack.warnings[0], @r"
    warning[W203-unset-variable]: the variable `NOTHING` is not set: nothing takes its place
     --> stacks/t.yml:4:16 (services.web.hostname)
      |
    4 |     hostname: a${NOTHING}b
      |                ^^^^^^^^^^
      = help: set it, or give it a default: `${NOTHING:-…}`
    ");
}

#[test]
fn references_must_be_declared() {
    let text =
        web("networks: [a]\nconfigs: [b]\nsecrets: [{ source: c }]\nvolumes: [\"d:/d\"]\ndepends_on: [e]");
    let said = bad(&text);
    for kind in ["network `a`", "config `b`", "secret `c`", "volume `d`"] {
        assert!(said.contains(&format!("the {kind} is not declared")), "{kind}\n{said}");
    }
    // It does nothing, so it may name whatever it likes.
    assert!(!said.contains("`e`"), "{said}");
}

#[test]
fn options_that_docker_passes_over_are_warned_of() {
    for (lines, what) in [
        ("volumes: [\"/a:/b:z,ro\"]", "the option `z`"),
        ("volumes: [\"/a:/b:cached\"]", "the option `cached`"),
        (
            "volumes: [{ type: bind, source: /a, target: /b, bind: { create_host_path: true } }]",
            "create_host_path",
        ),
        ("volumes: [{ type: volume, target: /b, volume: { subpath: x } }]", "subpath"),
        ("volumes: [{ type: tmpfs, target: /b, tmpfs: { mode: 0755 } }]", "mode"),
        ("tmpfs: [/a, \"/b:size=1m\"]", "`tmpfs`"),
        ("restart: always\ndeploy: { restart_policy: { condition: none } }", "`restart`"),
    ] {
        let stack = good(&web(lines));
        let [warning] = &stack.warnings[..] else { panic!("{lines}: {:?}", stack.warnings) };
        assert!(warning.code.name() == "ignored-key" && warning.message.contains(what), "{lines}: {warning}");
    }
}

#[test]
fn the_files_version_is_looked_at() {
    for version in ["3", "\"3\"", "3.8", "\"3.0\"", "\"3.13\"", "''", ""] {
        good(&format!("version: {version}\n{}", web("")));
    }
    for version in ["2", "\"2.4\"", "\"3.14\"", "4", "x", "3.8.1", "30"] {
        let said = bad(&format!("version: {version}\n{}", web("")));
        assert!(said.contains("E255-file-version"), "{version}: {said}");
    }
}

#[test]
fn a_broken_declaration_is_not_called_undeclared() {
    let said = bad(&format!("{}configs: {{ c: {{ fil: x }} }}\n", web("configs: [c]")));
    assert!(!said.contains("E221"), "{said}");
    assert!(said.contains("E001-unknown-key"), "{said}");
}

#[test]
fn parts_that_the_engine_would_refuse_are_refused_here() {
    for (lines, code) in [
        ("ports: [\"80:80\"]\ndeploy: { endpoint_mode: dnsrr }", "E224-ingress-dnsrr"),
        ("ports: [\"80:80\", \"80:81\"]", "E226-published-twice"),
        ("deploy: { mode: global, replicas: 2 }", "takes no `replicas`"),
        ("deploy: { resources: { limits: { memory: 1M } } }", "at least 4M"),
        ("deploy: { resources: { limits: { cpus: \"0.0001\" } } }", "at least 0.001"),
        ("deploy: { labels: [swarmlab.fronts=web] }", "E222-fronts-itself"),
        ("deploy: { labels: [\"swarmlab.fronts=a,b\"] }", "the service `b` is not declared"),
        ("deploy: { labels: [\"swarmlab.fronts=a,,b\"] }", "the service `` is not declared"),
        ("deploy: { labels: [\"swarmlab.fronts=a, a\"] }", "repeated"),
        ("x-swarmlab: { demand: 15 }", "without a unit"),
        ("x-swarmlab: { demand: muchms }", "expected a duration"),
        ("deploy: { labels: { swarmlab.demand: much } }", "bad-demand"),
        ("x-swarmlab: { demand: 1ms }\ndeploy: { labels: { swarmlab.demand: 1ms } }", "demand-twice"),
        ("deploy: { rollback_config: { failure_action: rollback } }", "one of continue, pause"),
        ("deploy: { placement: { constraints: [node.role] } }", "compares nothing"),
        ("healthcheck: { test: [curl, x] }", "must begin with CMD"),
        ("healthcheck: { test: x, disable: true }", "cannot have a test and be disabled"),
        ("healthcheck: { interval: 5 }", "without a unit"),
        ("healthcheck: { interval: 5us }", "too short"),
        ("networks: [default, default]", "E223-repeated"),
        ("volumes: [\"/a:b\"]", "no absolute path"),
        ("volumes: [\"/a:/b:nocopy\"]", "concerns volumes only"),
        ("volumes: [\"v:/b:rslave\"]", "concerns folders of the node only"),
        ("volumes: [{ type: cluster, source: v, target: /b }]", "E213-unsupported"),
        ("restart: sometimes", "is no restart policy"),
        ("restart: on-failure:x", "no number of attempts"),
        ("credential_spec: { file: a, registry: b }", "from one place only"),
        ("credential_spec: { config: c }", "the config `c` is not declared"),
        ("isolation: vm", "one of default, process, hyperv"),
        ("stop_grace_period: -1s", "is negative"),
        ("stop_grace_period: 1d", "is no unit of time"),
        ("deploy: { resources: { limits: { memory: 512Mi } } }", "is no unit of size"),
        ("volumes: [{ type: tmpfs, source: x, target: /t }]", "a tmpfs has no source"),
        ("volumes: [{ type: bind, target: /t }]", "`source`"),
        ("volumes: [{ type: volume, target: /t, bind: {} }]", "takes no `bind`"),
        ("command: \"echo 'open\"", "a single quote is left open"),
        ("dns: [nowhere]", "an IP address"),
        ("init: yes", "write true"),
        ("x-swarmlab: { alais: w }", "did you mean `alias`"),
        ("deploy: { labels: { swarmlab.role: proxi } }", "did you mean `proxy`"),
        ("environment: [\"=x\"]", "no name before"),
        ("user: [1]", "must be a string"),
    ] {
        let said = bad(&web(lines));
        assert!(said.contains(code), "{lines} should say {code}\n{said}");
    }
}

#[test]
fn a_file_without_services_is_refused() {
    assert!(bad("version: '3'\n").contains("`services` is missing"));
    assert!(bad("services: {}\n").contains("no service"));
    assert!(bad("services:\n").contains("has no value"));
    assert!(bad("services: { web: }\n").contains("must be a mapping"));
    assert!(bad("services: { web: {} }\n").contains("`image` is missing"));
}

#[test]
fn unwise_things_are_warned_of() {
    let warned = |text: &str| good(text).warnings.iter().map(|w| w.code.id()).collect::<Vec<_>>();
    let host = "ports: [{ target: 80, published: 80, mode: host }]";
    assert_eq!(warned(&web(&format!("{host}\ndeploy: {{ replicas: 2 }}"))), ["W225-host-port-replicas"]);
    assert_eq!(warned(&format!("{}networks: {{ n: }}\nvolumes: {{ v: }}\n", web(""))), ["W229-unused"; 2]);
    assert_eq!(warned(&web("ports: [\"127.0.0.1:80:80\"]")), ["W214-ignored-address"]);
    let two = format!("{}  db: {{ image: d, networks: {{ default: {{ aliases: [web] }} }} }}\n", web(""));
    assert_eq!(warned(&two), ["W228-shared-name"]);
    let taken_over = "services:\n  web: { image: i, x-swarmlab: { alias: web-origin } }\n  web-envoy: { image: e, x-swarmlab: { alias: web } }\n";
    assert_eq!(warned(taken_over), [""; 0]);
    let text =
        format!("{}configs: {{ c: {{ external: true }} }}\n", web("configs: [{ source: c, mode: 440 }]"));
    assert_eq!(warned(&text), ["W218-decimal-mode"]);
}
