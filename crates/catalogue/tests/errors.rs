//! What is wrong with a user's file is told at once, with its place and what to do.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use support::identify_by;
use swarmlab_catalogue::{Catalogues, Identified, parse};

fn errors(text: &str) -> String {
    parse(text, "my.yml").unwrap_err().to_string()
}

#[test]
fn everything_is_told_at_once() {
    let file = "\
name: Mine
role: proxy
edge: 1up
where: { zone: { } }
metrics:
  - { metric: \"x_total{a=b}\", meaning: queue, kind: gauge }
  - { metric: y_seconds, meaning: y_time, kind: histogram, unit: ms }
  - { metric: z_total, meaning: cpu, kind: counter, unit: ms, factor: 0 }
  - { metric: n, meaning: Queue Length, kind: gage }
";
    assert_eq!(errors(file), "\
error[E351-not-a-word]: name cannot be `Mine`
 --> my.yml:1:7 (name)
  |
1 | name: Mine
  |       ^^^^ expected lower-case letters, digits, `_` and `-`, a letter first

error[E352-bad-label]: edge cannot be `1up`: it is no name of a label
 --> my.yml:3:7 (edge)
  |
3 | edge: 1up
  |       ^^^ expected letters, digits and `_`, no digit first

error[E360-no-values]: where.zone leaves nothing out
 --> my.yml:4:16 (where.zone)
  |
4 | where: { zone: { } }
  |                ^^^ expected `is: [VALUE]` or `not: [VALUE]`

error[E350-bad-selector]: metrics[0].metric cannot be read: the value of `a` is not in quotes
 --> my.yml:6:15 (metrics[0].metric)
  |
6 |   - { metric: \"x_total{a=b}\", meaning: queue, kind: gauge }
  |               ^^^^^^^^^^^^^^ expected a name such as `x_total`, or `x_total{label=\"value\",other!=\"value\"}`

error[E354-not-buckets]: `y_seconds` is no name of a histogram's buckets
 --> my.yml:7:15 (metrics[1].metric)
  |
7 |   - { metric: y_seconds, meaning: y_time, kind: histogram, unit: ms }
  |               ^^^^^^^^^ expected a name that ends with `_bucket`
  = help: write `metric: y_seconds_bucket`

error[E357-other-kind]: `cpu` is a counter in s: figures count on it
 --> my.yml:8:59 (metrics[2].unit)
  |
8 |   - { metric: z_total, meaning: cpu, kind: counter, unit: ms, factor: 0 }
  |                                                           ^^
  = help: write `kind: counter, unit: s` with a `factor`, or give it a meaning of your own

error[E359-bad-factor]: metrics[2].factor must be above 0
 --> my.yml:8:71 (metrics[2].factor)
  |
8 |   - { metric: z_total, meaning: cpu, kind: counter, unit: ms, factor: 0 }
  |                                                                       ^ expected what the source's numbers are multiplied by, such as 1000 from s to ms

error[E351-not-a-word]: metrics[3].meaning cannot be `Queue Length`
 --> my.yml:9:27 (metrics[3].meaning)
  |
9 |   - { metric: n, meaning: Queue Length, kind: gage }
  |                           ^^^^^^^^^^^^ expected lower-case letters, digits and `_`, a letter first

error[E004-bad-value]: metrics[3].kind cannot be `gage`
 --> my.yml:9:47 (metrics[3].kind)
  |
9 |   - { metric: n, meaning: Queue Length, kind: gage }
  |                                               ^^^^ expected one of counter, gauge, histogram
  = help: did you mean `gauge`?

9 errors");
}

#[test]
fn a_proxy_must_be_able_to_prove_itself() {
    let file = "name: p\nrole: proxy\nmetrics: [{ metric: a, meaning: b, kind: gauge }]\n";
    assert_eq!(
        errors(file),
        "\
error[E355-no-proof-metric]: a proxy must have a metric that proves that requests go through it
 --> my.yml:2:1 (role)
  |
2 | role: proxy
  | ^^^^
  = help: write `proof: true` in the row of the counter of requests from clients

1 error"
    );
    let file = "name: p\nrole: proxy\nmetrics: [{ metric: a, meaning: b, kind: gauge, proof: true }]\n";
    assert!(errors(file).contains("expected a counter that means `downstream_requests`"), "{}", errors(file));
}

#[test]
fn a_metric_twice_and_an_unknown_base_are_told() {
    let file = "\
name: m
role: application
metrics:
  - { metric: a, meaning: b, kind: gauge }
  - { metric: 'a{x=\"1\"}', meaning: c, kind: gauge }
";
    assert_eq!(
        errors(file),
        "\
error[E353-metric-twice]: `a{x=\"1\"}` means series that `a` means already
 --> my.yml:5:15 (metrics[1])
  |
5 |   - { metric: 'a{x=\"1\"}', meaning: c, kind: gauge }
  |               ^^^^^^^^^^
  = help: remove one, or tell them apart by a label: name{label=\"value\"}

1 error"
    );
    assert_eq!(errors("name: m\nextends: envoi\n").lines().last(), Some("1 error"));
    assert!(errors("name: m\nextends: envoi\n").contains("did you mean `envoy`?"));
    assert!(errors("name: m\nrole: node\nmetrics: []\n").contains("E358-no-metrics"));
    assert!(errors("name: m\nrole: node\n").contains("E002-missing-key"));
}

#[test]
fn a_gauge_of_ones_own_is_a_row() {
    let file = "\
name: queues
role: application
metrics:
  - { metric: app_queue_length, meaning: queue, kind: gauge, unit: jobs, interval: 15s }
";
    let own = Catalogues::builtin().with(parse(file, "my.yml"));
    assert!(own.names_for_prometheus().contains(&"app_queue_length"));
    assert_eq!(own.longest_interval_s(), 15.0);
    let text = "app_queue_length{queue=\"mail\",job=\"ms-exercise\",instance=\"10.0.0.7:5001\"}";
    let Identified::Series(is) = identify_by(&own, text) else { panic!("{text}") };
    assert_eq!(
        (is.meaning.name(), is.unit.as_str(), support::kept(&is)),
        ("queue", "jobs", "queue=mail".to_owned())
    );
}

#[test]
fn an_extension_keeps_what_it_does_not_say() {
    let file = "\
name: envoy
extends: envoy
service: { label: job, names: { front-proxy: edge } }
edge: { label: envoy_cluster_name, names: { backend_v2: ms-exercise } }
metrics:
  - { metric: envoy_server_live, meaning: live, kind: gauge }
";
    let own = Catalogues::builtin().with(parse(file, "my.yml"));
    let text = "envoy_cluster_upstream_rq_total{envoy_cluster_name=\"backend_v2\",job=\"front-proxy\",instance=\"x:1\"}";
    let Identified::Series(is) = identify_by(&own, text) else { panic!("{text}") };
    assert_eq!((is.service.as_str(), is.upstream.as_deref()), ("edge", Some("ms-exercise")));
    let rows = |all: &Catalogues| all.get("envoy").map(|c| c.rows.len());
    assert_eq!(rows(&own), rows(&Catalogues::builtin()).map(|n| n + 1));
    let admin = "envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix=\"admin\",job=\"edge\",instance=\"x:1\"}";
    assert_eq!(identify_by(&own, admin), Identified::NotOurs);
    assert_eq!(Catalogues::builtin().proofs(), own.proofs());
}
