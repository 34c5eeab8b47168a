//! 35x: catalogues: what the metrics of a source mean.

codes! { Load;

BAD_SELECTOR E 350 "bad-selector", exit 2: "a metric's selector cannot be read",
means "The value of `metric` is a name, or a name with label matchers as PromQL writes them.",
example r#"
# catalogue.yml
name: m
role: application
metrics: [{ metric: 'x{a=b}', meaning: queue, kind: gauge }]
"#,
advice r#"Write `x_total`, or `x_total{label="value",other!="value"}`."#;

NOT_A_WORD E 351 "not-a-word", exit 2: "a name in a catalogue that cannot be one",
means "Names of catalogues and meanings become parts of column names: lower-case letters, digits and `_`, a letter first.",
example r#"
# catalogue.yml
name: m
role: application
metrics: [{ metric: x, meaning: Queue Length, kind: gauge }]
"#,
advice r#"Write `queue_length`."#;

BAD_LABEL E 352 "bad-label", exit 2: "a label in a catalogue that cannot be one",
means "Labels have letters, digits and `_`, no digit first; some keys may be given only once.",
example r#"
# catalogue.yml
name: m
role: application
task: 1up
metrics: [{ metric: x, meaning: queue, kind: gauge }]
"#,
advice r#"Write the label as the exporter has it."#;

METRIC_TWICE E 353 "metric-twice", exit 2: "two rows of a catalogue mean the same series",
means "A series means one thing. The second row would never be used.",
example r#"
# catalogue.yml
name: m
role: application
metrics:
  - { metric: a, meaning: b, kind: gauge }
  - { metric: a, meaning: c, kind: gauge }
"#,
advice r#"Remove one, or tell them apart by a label: `name{label="value"}`."#;

NOT_BUCKETS E 354 "not-buckets", exit 2: "a histogram is named by its buckets",
means "Quantiles come from the cumulative buckets, whose name ends with `_bucket`.",
example r#"
# catalogue.yml
name: m
role: application
metrics: [{ metric: y_seconds, meaning: y_time, kind: histogram, unit: ms }]
"#,
advice r#"Write `metric: y_seconds_bucket`."#;

NO_PROOF_METRIC E 355 "no-proof-metric", exit 2: "a proxy's catalogue without a metric that proves it",
means "Before the load each proxy is proven to lie in the path: a request must make a counter of requests from clients move. The catalogue must say which one.",
example r#"
# catalogue.yml
name: p
role: proxy
metrics: [{ metric: a, meaning: b, kind: gauge }]
"#,
advice r#"Write `proof: true` in the row of the counter that means `downstream_requests`."#;

UNKNOWN_CATALOGUE E 356 "unknown-catalogue", exit 2: "there is no catalogue of this name",
means "`extends` names a catalogue that is not built in.",
example r#"
# catalogue.yml
name: m
extends: envoi
"#,
advice r#"`swarmlab catalogues list` shows their names."#;

OTHER_KIND E 357 "other-kind", exit 2: "a known meaning with another kind or unit",
means "Figures count on it: `cpu`, for example, is a counter of seconds.",
example r#"
# catalogue.yml
name: m
role: application
metrics: [{ metric: z_total, meaning: cpu, kind: counter, unit: ms }]
"#,
advice r#"Write the kind and unit that the message names, with a `factor`, or give it a meaning of your own."#;

NO_METRICS E 358 "no-metrics", exit 2: "a catalogue without metrics",
means "Nothing would be collected by it.",
example r#"
# catalogue.yml
name: m
role: node
metrics: []
"#,
advice r#"Add at least one row, or leave the catalogue out."#;

BAD_FACTOR E 359 "bad-factor", exit 2: "a factor that is not above 0",
means "The source's numbers are multiplied by it.",
example r#"
# catalogue.yml
name: m
role: application
metrics: [{ metric: z, meaning: q, kind: gauge, factor: 0 }]
"#,
advice r#"For example 1000, from seconds to ms."#;

NO_VALUES E 360 "no-values", exit 2: "a filter that leaves nothing out",
means "`where` keeps or leaves out series by values of a label; neither is given.",
example r#"
# catalogue.yml
name: m
role: application
where: { zone: { } }
metrics: [{ metric: x, meaning: queue, kind: gauge }]
"#,
advice r#"Write `is: [VALUE]` or `not: [VALUE]`."#;

CATALOGUE_TWICE E 361 "catalogue-twice", exit 2: "two catalogues of one name",
means "`measure.catalogues` names two files with the same `name`, or one file twice.",
example r"
# experiment.yml
measure: { catalogues: [queue.yml, queue.yml] }
",
advice "Give each catalogue a name of its own.";
}
