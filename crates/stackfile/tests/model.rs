//! What the model holds.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{bad, good, load, web};
use std::time::Duration;
use swarmlab_stackfile::{Mode, MountKind, PortMode, Probe, RestartCondition, Role, Service};

fn service(lines: &str) -> Service {
    good(&web(lines)).services.remove(0)
}

#[test]
fn environment_from_both_forms_and_from_files() {
    let text = web(
        "env_file: [a.env, ./b.env]\nenvironment:\n  MODE: 0440\n  RATIO: 1.10\n  FLAG: true\n  EMPTY: ''\n  OUTSIDE:\n  UNSET:\n  B: over",
    );
    let files = [("stacks/a.env", "A=1\nB=1\n"), ("stacks/b.env", "B=2\nC=${A}\n")];
    let stack = load(&text, &[("OUTSIDE", "o"), ("EMPTY", "not taken")], &files).unwrap();
    let seen: Vec<_> =
        stack.services[0].environment.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
    let want = [
        ("A", Some("1")),
        ("B", Some("over")),
        ("C", Some("${A}")),
        ("EMPTY", Some("")),
        ("FLAG", Some("true")),
        ("MODE", Some("0440")),
        ("OUTSIDE", Some("o")),
        ("RATIO", Some("1.10")),
        ("UNSET", None),
    ];
    assert_eq!(seen, want);
    let list = service("environment: [A=1, B=, C]");
    let seen: Vec<_> = list.environment.into_iter().collect();
    let some = |s: &str| Some(s.to_owned());
    assert_eq!(seen, [("A".into(), some("1")), ("B".into(), some("")), ("C".into(), None)]);
}

#[test]
fn a_missing_or_broken_environment_file_is_pointed_at() {
    assert!(bad(&web("env_file: gone.env")).contains("cannot read stacks/gone.env"));
    let said =
        load(&web("env_file: a.env"), &[], &[("stacks/a.env", "A=1\nno name=x\n")]).unwrap_err().to_string();
    assert!(said.contains("line 2 of the file"), "{said}");
}

#[test]
fn commands_are_split_as_a_shell_does() {
    let web = service("command: run --name 'a b'\nentrypoint: [sh, -c]");
    assert_eq!(web.command.unwrap(), ["run", "--name", "a b"]);
    assert_eq!(web.entrypoint.unwrap(), ["sh", "-c"]);
}

#[test]
fn variables_become_numbers_and_booleans_where_they_look_like_them() {
    let text = web(
        "init: ${INIT}\nread_only: \"${RO:-true}\"\nenvironment: { N: \"${N}\", E: \"${E-}\" }\ndeploy: { replicas: \"${N}\" }",
    );
    let web = load(&text, &[("INIT", "true"), ("N", "3")], &[]).unwrap().services.remove(0);
    assert_eq!((web.init, web.read_only, web.replicas()), (Some(true), true, Some(3)));
    assert_eq!(web.environment["N"].as_deref(), Some("3"));
    assert_eq!(
        web.environment["E"].as_deref(),
        Some(""),
        "an empty variable is an empty text, not a missing one"
    );
}

#[test]
fn a_variable_cannot_change_the_structure() {
    let hostile = "x\n    privileged: true # {[\"";
    let stack = load(&web("hostname: ${H}"), &[("H", hostile)], &[]).unwrap();
    assert_eq!(stack.services[0].hostname.as_deref(), Some(hostile));
    assert_eq!(stack.services.len(), 1);
}

#[test]
fn health_checks_in_all_forms() {
    let probe = |lines: &str| service(&format!("healthcheck: {lines}")).healthcheck.unwrap().probe;
    assert_eq!(probe("{ test: curl -f x || exit 1 }"), Some(Probe::Shell("curl -f x || exit 1".into())));
    assert_eq!(probe("{ test: [CMD, curl, x] }"), Some(Probe::Exec(vec!["curl".into(), "x".into()])));
    assert_eq!(probe("{ test: [NONE] }"), Some(Probe::Disabled));
    assert_eq!(probe("{ disable: true }"), Some(Probe::Disabled));
    assert_eq!(probe("{ interval: 1s }"), None);
    let check = service("healthcheck: { interval: 1m30s, timeout: 500ms, retries: 3, start_period: 0s }")
        .healthcheck
        .unwrap();
    assert_eq!(check.interval, Some(Duration::from_secs(90)));
    assert_eq!((check.retries, check.start_period), (Some(3), Some(Duration::ZERO)));
}

#[test]
fn mounts_in_all_forms() {
    let stack = good(&format!(
        "{}volumes: {{ data: }}\n",
        web(
            "volumes:\n  - data:/d:nocopy\n  - /sys:/host/sys:ro,rslave\n  - ./conf:/conf\n  - /anonymous\n  - { type: bind, source: ../x, target: /x, bind: { propagation: shared } }\n  - { type: tmpfs, target: /t, tmpfs: { size: 16M } }\n  - { type: npipe, source: '\\\\.\\pipe\\e', target: '\\\\.\\pipe\\e' }\n  - C:\\data:D:\\data:ro"
        )
    ));
    let mounts = &stack.services[0].mounts;
    let here = std::path::absolute("stacks").unwrap();
    assert_eq!(mounts[0].kind, MountKind::Volume { source: Some("data".into()), no_copy: true });
    assert!(
        matches!(&mounts[1].kind, MountKind::Bind { source, propagation: Some(Some(_)) } if source.as_os_str() == "/sys")
    );
    assert!(mounts[1].read_only);
    assert!(matches!(&mounts[2].kind, MountKind::Bind { source, .. } if *source == here.join("conf")));
    assert_eq!(mounts[3].kind, MountKind::Volume { source: None, no_copy: false });
    assert!(matches!(&mounts[4].kind, MountKind::Bind { source, .. } if *source == here.with_file_name("x")));
    assert_eq!(mounts[5].kind, MountKind::Tmpfs { size_bytes: Some(16 << 20) });
    assert_eq!(mounts[6].kind, MountKind::Npipe { source: r"\\.\pipe\e".into() });
    assert!(matches!(&mounts[7].kind, MountKind::Bind { source, .. } if source.as_os_str() == r"C:\data"));
    assert_eq!((mounts[7].target.as_str(), mounts[7].read_only), (r"D:\data", true));
}

#[test]
fn restart_stands_for_the_policy_where_there_is_none() {
    let policy =
        |lines: &str| service(lines).deploy.restart_policy.map(|p| (p.condition.unwrap(), p.max_attempts));
    assert_eq!(policy("restart: on-failure:3"), Some((RestartCondition::OnFailure, Some(3))));
    assert_eq!(policy("restart: on-failure"), Some((RestartCondition::OnFailure, None)));
    assert_eq!(policy("restart: always"), Some((RestartCondition::Any, None)));
    assert_eq!(policy("restart: unless-stopped"), Some((RestartCondition::Any, None)));
    assert_eq!(policy("restart: \"no\""), None);
    let both = "restart: always\ndeploy: { restart_policy: { condition: none } }";
    assert_eq!(policy(both), Some((RestartCondition::None, None)));
}

#[test]
fn a_variable_may_say_yes() {
    let text = web("init: ${I}\ntty: ${T:-No}\nhostname: ${H}\nread_only: ${R}");
    let vars = [("I", "yes"), ("H", "on"), ("R", "Y")];
    let web = load(&text, &vars, &[]).unwrap().services.remove(0);
    assert_eq!((web.init, web.tty, web.read_only), (Some(true), false, true));
    assert_eq!(web.hostname.as_deref(), Some("on"));
}

#[test]
fn ports_roles_and_modes() {
    let web = service(
        "ports: [\"9000-9001:80-81\", { target: 5, published: 6, protocol: udp, mode: host }]\ndeploy: { mode: global, labels: [swarmlab.role=database] }",
    );
    let ports: Vec<_> = web.ports.iter().map(|p| (p.published, p.target, p.mode)).collect();
    assert_eq!(
        ports,
        [
            (Some(9000), 80, PortMode::Ingress),
            (Some(9001), 81, PortMode::Ingress),
            (Some(6), 5, PortMode::Host)
        ]
    );
    assert_eq!((web.role, web.deploy.mode, web.replicas()), (Role::Database, Mode::Global, None));
    assert_eq!(service("").deploy.mode, Mode::Replicated { replicas: 1 });
}

#[test]
fn extensions_and_merge_keys_are_shared_settings() {
    let text = "\
x-common: &common { init: true, environment: { A: \"${X:-x}\" } }
services:
  one: { <<: *common, image: i }
  two: { <<: *common, image: i, init: false }
";
    let stack = good(text);
    assert_eq!((stack.services[0].init, stack.services[1].init), (Some(true), Some(false)));
    assert_eq!(stack.services[1].environment["A"].as_deref(), Some("x"));
}
