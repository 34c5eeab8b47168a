//! 5xx: the testbed and its telemetry.

codes! { Testbed;

NOT_PUBLISHED E 501 "not-published", exit 2: "the experiment's target is not published",
means "The load comes from outside the stack's networks, so the port of the target must be published.",
example r"
# experiment.yml
target: { service: gateway, port: 1234 }
",
advice "Publish it in the stack file with `mode: host`, or choose another target.";

TARGETS_DOWN E 503 "targets-down", exit 4: "Prometheus does not see every service",
means "A service has no scrape job of its name, or fewer targets that are up than replicas. Its figures would be missing.",
example "swarmlab up stack.yml",
advice "Each scrape job must be named after its service; see prometheus/prometheus.yml. `/targets` of Prometheus says why a target is down.";

NO_PROOF E 504 "no-proof", exit 4: "the proof request did not pass every proxy",
means "Before the load, one request must be counted by each proxy in its path. One of them did not count it, so its figures would say nothing about the load.",
example "swarmlab up stack.yml",
advice "Every proxy must lie in the path of the proof request. The deploy label `swarmlab.proof` on the published proxy names its path.";

PROMETHEUS_SILENT E 505 "prometheus-silent", exit 4: "Prometheus did not answer",
means "It did not answer in time, or with an error. The message has its words.",
example "swarmlab scale lab prometheus=0",
advice "Check the service with `swarmlab status NAME`, and its memory limit.";

SCRAPE_FAILED E 506 "scrape-failed", exit 4: "a process's metrics could not be read",
means "On the embedded testbed swarmlab reads `/metrics` of each process itself; one did not answer.",
example "swarmlab quickstart",
advice "Its log in the run folder (`logs/`) says what became of it.";

PROCESS_GONE E 507 "process-gone", exit 4: "a process could not be observed",
means "On the embedded testbed CPU and memory come from `/proc`. The process has ended, or may not be read.",
example "swarmlab quickstart",
advice "Its log in the run folder (`logs/`) says what became of it.";

NOT_EMBEDDABLE E 508 "not-embeddable", exit 2: "a service cannot run without containers",
means "The embedded testbed starts child processes of this program: roles of `swarmlab demo`, and what stands in for proxies, databases and telemetry.",
example "swarmlab run experiment-of-your-own-images.yml --testbed embedded",
advice "Use `testbed: swarm`, or a stack whose applications are `swarmlab demo` roles.";

CHILD_FAILED E 509 "child-failed", exit 4: "a process of the embedded testbed failed",
means "It did not start, ended by itself, or never became healthy. The message shows the last lines of its log.",
example "swarmlab quickstart",
advice "Read these lines; the whole log is in the run folder (`logs/`).";

TESTBED_IO E 510 "testbed-io", exit 1: "a file or process of the testbed could not be handled",
means "The operating system refused: a full disk, no more processes, a folder that cannot be written.",
example "swarmlab quickstart --results /proc",
advice "The message has the system's words.";

NO_NODE_ADDRESS E 511 "no-node-address", exit 3: "the address of the engine's node is not known",
means "Published ports answer where the engine's machine answers. The engine's address names a host that cannot be resolved, or several machines, so that another machine's Prometheus might be measured.",
example "swarmlab --engine tcp://no-such-host:2375 run experiment.yml",
advice "Name the engine by the IP address of its machine (`--engine tcp://192.0.2.1:2375`, or DOCKER_HOST).";

OUT_OF_BOUNDS E 512 "out-of-bounds", exit 2: "an action beyond its bound",
means "Every action on a testbed has a bound: a service scaled to a hundred thousand million replicas takes its engine with it.",
example "swarmlab run experiment.yml",
advice "Ask for less: the message says the bound.";

NO_SUCH_SERVICE_HERE E 513 "no-such-service-here", exit 2: "an action on a service or task that the testbed does not have",
means "The stack that is up has no service, or the service no task, of this name.",
example "swarmlab run experiment.yml",
advice "`swarmlab status NAME` lists the services of a stack.";

CANNOT_ACT E 514 "cannot-act", exit 2: "an action that this testbed cannot do",
means "For example limits of a child process on the embedded testbed, or another number of replicas for a service that is not scaled.",
example "swarmlab run experiment.yml --testbed embedded",
advice "Use `testbed: swarm`, or leave the action out.";

ACT_TIMEOUT E 515 "act-timeout", exit 4: "an action was not in force in time",
means "It was asked for and accepted, but the tasks did not become healthy within its bound of time.",
example "swarmlab run experiment.yml",
advice "`swarmlab status NAME` shows what tasks wait for; their logs say why.";

GOING_DOWN E 516 "going-down", exit 4: "an action came while the testbed was going down",
means "The run was over when it was asked for, so it was not done.",
example "swarmlab run experiment.yml",
advice "Nothing, if the run was interrupted; else let it come earlier.";

PROMETHEUS_LOGIN E 517 "prometheus-login", exit 2: "a Prometheus wants other credentials",
means "It, or the proxy before it, answered 401 or 403: no credentials were given, or not those that it knows.",
example "swarmlab query up --prometheus https://metrics.example --from now-1h --to now --step 15s",
advice "`--user NAME` with `--password-file FILE`, or `--bearer-file FILE`. In the environment: SWARMLAB_PROMETHEUS_PASSWORD, SWARMLAB_PROMETHEUS_BEARER. Never in the address: every user of the machine sees a command's arguments.";

REFUSED_QUERY E 518 "refused-query", exit 2: "a query that Prometheus refuses",
means "It is no PromQL, or can never be answered: Prometheus's own words are in the message. With `--raw` it must be a selector alone, since `[range]` is put behind it.",
example "swarmlab query 'rate(up)' --prometheus http://127.0.0.1:9090 --from now-1h --to now --step 15s",
advice "Try it on the Prometheus' own page (`/graph`), and give it here in single quotes.";

NOT_PROMETHEUS E 519 "not-prometheus", exit 3: "an address at which no Prometheus answers",
means "Something answers there, but not as the HTTP API of Prometheus does: another program, a login page, or the API stands below a path.",
example "swarmlab query up --prometheus http://127.0.0.1:8080 --from now-1h --to now --step 15s",
advice "Give the address before `/api/v1`: `http://host:9090`, or `https://host/prometheus` where it is served below a path.";

NO_SAMPLES E 520 "no-samples", exit 5: "a query without a sample in its window",
means "Prometheus knows no series that the query selects, or of the services that are imported, or none that had a sample then. Nothing was written.",
example "swarmlab query no_such_metric --prometheus http://127.0.0.1:9090 --from now-1h --to now --step 15s",
advice "Look at the name and the labels, and whether the samples of that time are still kept (`--storage.tsdb.retention.time` of Prometheus).";

BAD_PAST_WINDOW E 521 "bad-past-window", exit 2: "a window of the past that cannot be asked for",
means "It ends before it begins, begins in the future, is empty, or has more points than anyone could keep.",
example "swarmlab query up --prometheus http://127.0.0.1:9090 --from now --to now-1h --step 15s",
advice "`--from` and `--to` are dates with a zone (`2026-11-28T02:00:00Z`), Unix seconds, or `now-90m`; `--step` is a duration.";

ODD_ANSWER E 522 "odd-answer", exit 1: "an answer of Prometheus that cannot be kept as it is",
means "For example native histograms, which are no numbers, or samples of times that were not asked for. Left out, they would be missed by nobody, so nothing is written.",
example "swarmlab query native_histogram --raw --prometheus http://127.0.0.1:9090 --from now-1h --to now",
advice "Ask for numbers: `histogram_quantile(…)`, `histogram_count(…)`.";

OTHER_PARTS E 523 "other-parts", exit 2: "an unfinished output of another query",
means "Beside the output lies the folder `FILE.parts` with what an earlier command of another query, window or step had fetched. It is neither mixed with this one nor thrown away unasked.",
example "swarmlab query up -o out.csv --prometheus http://127.0.0.1:9090 --from now-2h --to now --step 15s",
advice "Give another `-o FILE`, give the same command as then to go on with it, or begin anew with `--restart`.";

PARTS_BUSY E 524 "parts-busy", exit 3: "an output that another command is writing",
means "Two commands with the same `-o FILE` would write the same parts, and neither could vouch for what is in them.",
example "swarmlab query up -o out.csv --prometheus http://127.0.0.1:9090 --from now-2h --step 15s & swarmlab query up -o out.csv --prometheus http://127.0.0.1:9090 --from now-2h --step 15s",
advice "Wait for the other one, end it with Ctrl-C, or give another `-o FILE`.";
}
