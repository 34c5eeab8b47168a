//! What the Engine is asked to create.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{good, load, sorted, web};
use insta::assert_snapshot;
use swarmlab_stackfile::{StackSpecs, specs};

const SMALL: &str = r#"version: "3.8"
services:
  gateway:
    image: ${DEMO_IMAGE:-swarmlab/demo:1}
    command: [demo, gateway]
    environment: { DEMAND_MS: 15, EMPTY: "" }
    init: true
    stop_grace_period: 3s
    labels: { tier: front }
    healthcheck: { test: [CMD, swarmlab, healthz], interval: 1s, timeout: 500ms, retries: 3, start_period: 2s }
    networks: { backend: { aliases: [gw] } }
    x-swarmlab: { alias: gateway-origin }
    secrets: [{ source: token, target: token.txt, uid: "103", mode: 0440 }]
    deploy:
      replicas: 2
      endpoint_mode: dnsrr
      labels: { swarmlab.role: application }
      resources:
        limits: { cpus: "0.50", memory: 128M, pids: 100 }
        reservations: { cpus: "0.25", memory: 64M }
      restart_policy: { condition: on-failure, delay: 1s, max_attempts: 3, window: 2m }
      placement: { constraints: [node.role == manager], preferences: [{ spread: node.labels.zone }], max_replicas_per_node: 2 }
      update_config: { parallelism: 2, order: start-first, failure_action: rollback, max_failure_ratio: 0.1 }
      rollback_config: { delay: 1s }
  gateway-envoy:
    image: envoy:1
    ports: [{ target: 80, published: 8080, mode: host }]
    networks: [backend]
    x-swarmlab: { alias: gateway }
    configs: [{ source: envoy, target: /etc/envoy.yml }]
    cap_drop: [all]
    logging: { driver: json-file, options: { max-size: 1m } }
    ulimits: { nofile: 1024, core: { soft: 0, hard: 1 } }
    sysctls: { net.core.somaxconn: 1024 }
    extra_hosts: ["db:10.0.0.1"]
    deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: gateway } }
  db:
    image: postgres:15
    volumes: ["data:/var/lib/postgresql/data", { type: tmpfs, target: /run, tmpfs: { size: 16M } }]
    deploy: { mode: global, labels: { swarmlab.role: database } }
networks:
  backend: { attachable: true, ipam: { config: [{ subnet: 10.5.0.0/24 }] } }
volumes:
  data: { labels: { keep: "yes" } }
configs:
  envoy: { file: ../envoy/e.yml }
secrets:
  token: { external: true, name: shared-token }
"#;

fn small() -> StackSpecs {
    let stack = load(SMALL, &[], &[("envoy/e.yml", "static: {}\n")]).unwrap_or_else(|e| panic!("{e}"));
    specs(&stack, "shop").unwrap()
}

#[test]
fn services() {
    let specs = small();
    let services: Vec<_> = specs.services.iter().map(|s| sorted(&s.spec)).collect();
    assert_snapshot!(services[0], @r#"
    {
      "EndpointSpec": {
        "Mode": "dnsrr"
      },
      "Labels": {
        "com.docker.stack.image": "swarmlab/demo:1",
        "com.docker.stack.namespace": "shop",
        "swarmlab.role": "application"
      },
      "Mode": {
        "Replicated": {
          "Replicas": 2
        }
      },
      "Name": "shop_gateway",
      "RollbackConfig": {
        "Delay": 1000000000,
        "Parallelism": 1
      },
      "TaskTemplate": {
        "ContainerSpec": {
          "Args": [
            "demo",
            "gateway"
          ],
          "Env": [
            "DEMAND_MS=15",
            "EMPTY="
          ],
          "HealthCheck": {
            "Interval": 1000000000,
            "Retries": 3,
            "StartPeriod": 2000000000,
            "Test": [
              "CMD",
              "swarmlab",
              "healthz"
            ],
            "Timeout": 500000000
          },
          "Image": "swarmlab/demo:1",
          "Init": true,
          "Labels": {
            "com.docker.stack.namespace": "shop",
            "tier": "front"
          },
          "Secrets": [
            {
              "File": {
                "GID": "0",
                "Mode": 288,
                "Name": "token.txt",
                "UID": "103"
              },
              "SecretName": "shared-token"
            }
          ],
          "StopGracePeriod": 3000000000
        },
        "Networks": [
          {
            "Aliases": [
              "gw",
              "gateway-origin"
            ],
            "Target": "shop_backend"
          }
        ],
        "Placement": {
          "Constraints": [
            "node.role == manager"
          ],
          "MaxReplicas": 2,
          "Preferences": [
            {
              "Spread": {
                "SpreadDescriptor": "node.labels.zone"
              }
            }
          ]
        },
        "Resources": {
          "Limits": {
            "MemoryBytes": 134217728,
            "NanoCPUs": 500000000,
            "Pids": 100
          },
          "Reservations": {
            "MemoryBytes": 67108864,
            "NanoCPUs": 250000000
          }
        },
        "RestartPolicy": {
          "Condition": "on-failure",
          "Delay": 1000000000,
          "MaxAttempts": 3,
          "Window": 120000000000
        }
      },
      "UpdateConfig": {
        "FailureAction": "rollback",
        "MaxFailureRatio": 0.1,
        "Order": "start-first",
        "Parallelism": 2
      }
    }
    "#);
    assert_snapshot!(services[1], @r#"
    {
      "EndpointSpec": {
        "Ports": [
          {
            "Protocol": "tcp",
            "PublishMode": "host",
            "PublishedPort": 8080,
            "TargetPort": 80
          }
        ]
      },
      "Labels": {
        "com.docker.stack.image": "envoy:1",
        "com.docker.stack.namespace": "shop",
        "swarmlab.fronts": "gateway",
        "swarmlab.role": "proxy"
      },
      "Mode": {
        "Replicated": {
          "Replicas": 1
        }
      },
      "Name": "shop_gateway-envoy",
      "TaskTemplate": {
        "ContainerSpec": {
          "CapabilityDrop": [
            "ALL"
          ],
          "Configs": [
            {
              "ConfigName": "shop_envoy_8c77ae5b",
              "File": {
                "GID": "0",
                "Mode": 292,
                "Name": "/etc/envoy.yml",
                "UID": "0"
              }
            }
          ],
          "Hosts": [
            "10.0.0.1 db"
          ],
          "Image": "envoy:1",
          "Labels": {
            "com.docker.stack.namespace": "shop"
          },
          "Sysctls": {
            "net.core.somaxconn": "1024"
          },
          "Ulimits": [
            {
              "Hard": 1,
              "Name": "core",
              "Soft": 0
            },
            {
              "Hard": 1024,
              "Name": "nofile",
              "Soft": 1024
            }
          ]
        },
        "LogDriver": {
          "Name": "json-file",
          "Options": {
            "max-size": "1m"
          }
        },
        "Networks": [
          {
            "Aliases": [
              "gateway"
            ],
            "Target": "shop_backend"
          }
        ],
        "Placement": {}
      }
    }
    "#);
    assert_snapshot!(services[2], @r#"
    {
      "EndpointSpec": {},
      "Labels": {
        "com.docker.stack.image": "postgres:15",
        "com.docker.stack.namespace": "shop",
        "swarmlab.role": "database"
      },
      "Mode": {
        "Global": {}
      },
      "Name": "shop_db",
      "TaskTemplate": {
        "ContainerSpec": {
          "Image": "postgres:15",
          "Labels": {
            "com.docker.stack.namespace": "shop"
          },
          "Mounts": [
            {
              "Source": "shop_data",
              "Target": "/var/lib/postgresql/data",
              "Type": "volume",
              "VolumeOptions": {
                "Labels": {
                  "com.docker.stack.namespace": "shop",
                  "keep": "yes"
                }
              }
            },
            {
              "Target": "/run",
              "TmpfsOptions": {
                "SizeBytes": 16777216
              },
              "Type": "tmpfs"
            }
          ]
        },
        "Networks": [
          {
            "Aliases": [
              "db"
            ],
            "Target": "shop_default"
          }
        ],
        "Placement": {}
      }
    }
    "#);
    let roles: Vec<_> =
        specs.services.iter().map(|s| format!("{} {:?} {:?}", s.full, s.role, s.fronts)).collect();
    assert_snapshot!(roles.join("\n"), @r#"
    shop_gateway Application []
    shop_gateway-envoy Proxy ["gateway"]
    shop_db Database []
    "#);
    assert!(specs.warnings.is_empty(), "{:?}", specs.warnings);
}

#[test]
fn everything_else() {
    let specs = small();
    let networks: Vec<_> =
        specs.networks.iter().map(|n| format!("{} {} {}", n.short, n.external, sorted(&n.request))).collect();
    assert_snapshot!(networks.join("\n"), @r#"
    backend false {
      "Attachable": true,
      "Driver": "overlay",
      "IPAM": {
        "Config": [
          {
            "Subnet": "10.5.0.0/24"
          }
        ]
      },
      "Internal": false,
      "Labels": {
        "com.docker.stack.namespace": "shop"
      },
      "Name": "shop_backend"
    }
    default false {
      "Attachable": false,
      "Driver": "overlay",
      "Internal": false,
      "Labels": {
        "com.docker.stack.namespace": "shop"
      },
      "Name": "shop_default"
    }
    "#);
    let volumes: Vec<_> =
        specs.volumes.iter().map(|v| format!("{} {} {}", v.short, v.full, v.external)).collect();
    assert_eq!(volumes, ["data shop_data false"]);
    assert_snapshot!(format!("{:?}\n{:?}", specs.configs, specs.secrets), @r#"
    [BlobPlan { short: "envoy", full: "shop_envoy_8c77ae5b", external: false, data_bytes: 11, labels: {"com.docker.stack.namespace": "shop"}, template_driver: None, driver: None }]
    [BlobPlan { short: "token", full: "shared-token", external: true, data_bytes: 0, labels: {}, template_driver: None, driver: None }]
    "#);
    assert_eq!(specs.configs[0].data, b"static: {}\n");
}

#[test]
fn a_changed_content_is_a_new_name() {
    let name = |content: &str| {
        let text = format!("{}configs: {{ c: {{ file: c }} }}\n", web("configs: [c]"));
        let stack = load(&text, &[], &[("stacks/c", content)]).unwrap();
        specs(&stack, "s").unwrap().configs.remove(0).full
    };
    assert_eq!(name("a"), "s_c_ca978112", "the first digits of SHA-256 of `a`");
    assert_ne!(name("a"), name("b"));
}

#[test]
fn the_engines_own_networks_get_no_alias() {
    let text =
        format!("{}networks: {{ outside: {{ external: true, name: host }} }}\n", web("networks: [outside]"));
    let specs = specs(&good(&text), "s").unwrap();
    let networks = specs.services[0].spec.task_template.clone().unwrap().networks.unwrap();
    assert_eq!((networks[0].target.as_deref(), &networks[0].aliases), (Some("host"), &None));
    assert!(specs.networks[0].external);
}

#[test]
fn names_that_the_engine_would_refuse_are_refused() {
    let stack = good(&web(""));
    for name in ["", "a b", "-a", "a.b", "é"] {
        assert!(specs(&stack, name).unwrap_err().to_string().contains("E219"), "{name:?}");
    }
    let said = specs(&stack, &"a".repeat(60)).unwrap_err().to_string();
    assert!(said.contains("at most 63"), "{said}");
}
