//! 1xx: the experiment file.

codes! { Experiment;

MISSING_FILE E 101 "missing-file", exit 2: "a file that is named cannot be read",
means "The experiment, or a shape or scenario that it names, does not exist, is no plain file, or may not be read. Names are relative to the folder of the file in which they stand.",
example r"
# shape.yml
shape: trace
format: csv
file: nowhere.csv
",
advice "The help line says where it was looked for. Correct the name, or the permissions of the file.";

NOT_IN_THIS_MODEL E 103 "not-in-this-model", exit 2: "a key that has no meaning in this model of load",
means "`spawn_rate` belongs to the closed model (users), `arrivals` to the open one (requests per second).",
example r"
# experiment.yml
load: { model: closed, arrivals: poisson, shape: users.yml, scenario: journey.yml }
",
advice "Remove the key, or choose the other `model`.";

NOT_A_NAME E 106 "not-a-name", exit 2: "a name that cannot be part of a folder's name",
means "The experiment's name begins the name of the folder of each run, so it must be one word that every file system takes.",
example r"
# experiment.yml
name: Black Friday / 2
",
advice "Use letters, digits, `-`, `_` and `.`, at most 100 of them, not beginning with a dot.";

UNKNOWN_TARGET E 109 "unknown-target", exit 2: "a step of the scenario goes to a target that is not given",
means "Steps may name a `target`. Where it is, the experiment says under `load.targets`; `swarmlab load` takes it from `--target`.",
example r"
# experiment.yml
load: { model: closed, shape: users.yml, scenario: two-targets.yml, targets: {} }
",
advice "Add the name with its URL to `load.targets`, or correct the `target` of the step.";

UNUSED_VARIABLE E 110 "unused-variable", exit 2: "the experiment sets a variable that the stack file does not have",
means "A misspelt name would do nothing, and a study would vary a factor that has no effect.",
example r"
# experiment.yml
name: study
variables: { EXERCISE_DEMAND_MSS: '8' }
",
advice "Correct the name (the help line names the nearest, or all), or remove it.";

NO_EVIDENCE W 111 "no-evidence", exit 0: "the load is too little to judge anything by",
means "It sends nothing, or ends before there are bins enough: then demands, correlations and verdicts are *not judged*.",
example r"
# experiment.yml
measure: { bin: 60s }
",
advice "A longer load, narrower bins (`measure.bin`), or a higher level.";

DEMO_OPTION E 112 "demo-option", exit 2: "the sample application would refuse its configuration",
means "A service of the stack runs the sample application, and one of its options (`command`, or `DEMO_…` in its environment) has a value that it does not take, or is none.",
example "swarmlab run experiments/quickstart.yml --set DEMAND_DISTRIBUTION=bimodal",
advice "The message says which and what it takes; `swarmlab demo ROLE --help` lists all.";

NOT_TEXT E 113 "not-text", exit 2: "a file that should be text is not",
means "An experiment, a campaign, a stack, a shape, a scenario or a catalogue is YAML in UTF-8; this file holds other bytes: a picture, an archive, or text in another encoding.",
example r"
# experiment.yml
load: { model: closed, shape: picture.yml, scenario: journey.yml }
",
advice "Correct the name, or write the file as UTF-8 (`iconv -t UTF-8`).";

WRONG_FILE E 120 "wrong-file", exit 2: "a file of another kind than is read here",
means "By the keys at its top it is a stack, a shape, a scenario, an experiment, controllers, a catalogue, a model of `simulate`, a recording or the description of an API, and something else is wanted in its place; or none of its keys is one of what is wanted.",
example "swarmlab run stacks/exercise.yml",
advice "The message says what the file is, and the help line which command takes it. `swarmlab check FILE` checks a file of any kind that has a checker.";

NOT_EMBEDDED E 121 "not-embedded", exit 2: "the experiment asks for what the embedded testbed cannot do",
means "Its services are child processes: only applications are scaled and restarted, further replicas need a proxy before them, nothing has limits, and there is no Prometheus that `measure.queries` could ask.",
example "swarmlab run experiments/exercise-actions.yml --testbed embedded",
advice "Act on the service behind the proxy, leave the query out, or use `testbed: swarm`.";

NOT_SIMULATED E 122 "not-simulated", exit 2: "the experiment asks for what cannot be simulated",
means "The simulated testbed plays the services of a model (`simulation: FILE`) in virtual time. The model's services must be those of the stack, its `entry` the one that load goes to; clients make requests one after the other and pause. Answers have no content, so conditions on them are not played; memory, restarts, programs that decide and PromQL need services that are really there.",
example "swarmlab run experiments/exercise-actions.yml --testbed simulated",
advice "The message names each. Give the model, a simpler scenario (`load.scenario`), or use another `testbed`.";

NEVER_ACTED E 140 "never-acted", exit 2: "an action is planned for a moment that does not come",
means "`at` of an action counts from the beginning of the load and must lie before its end (which `--duration` may have moved); `warmup` needs a `load.warmup`.",
example r"
# experiment.yml
actions:
  - { at: 1h, scale: { gateway: 2 } }
",
advice "An earlier moment, a longer load, or `settle` for what must be in force before it.";

CANNOT_SCALE E 141 "cannot-scale", exit 2: "an action scales a service that has as many tasks as it has",
means "A global service runs once on each node. Replicas of one that writes to a volume would share its data, or each begin with none: it would be another service than before.",
example r"
# experiment.yml
stack: keeps-data.yml
actions:
  - { at: 1s, scale: { gateway: 2 } }
",
advice "Scale a replicated service that keeps nothing; `restart` and `limits` are possible with any.";

NOT_ONE_ACTION E 142 "not-one-action", exit 2: "an item of `actions` does not name one change",
means "Each has a moment, `at`, and one of `scale`, `limits` and `restart`. Several changes at one moment are several items with the same `at`.",
example r"
# experiment.yml
actions:
  - { at: 1s, scale: { gateway: 2 }, restart: gateway }
",
advice "Make it one item for each change.";

ABOVE_MAX_REPLICAS E 143 "above-max-replicas", exit 2: "an action asks for more replicas than the experiment allows",
means "A slip of a digit must not start a hundred containers. The bound is `max_replicas`, 10 where the experiment does not set it.",
example r"
# experiment.yml
actions:
  - { at: 1s, scale: { gateway: 30 } }
",
advice "Correct the number, or set `max_replicas`.";

CANNOT_LIMIT E 144 "cannot-limit", exit 2: "an action limits a service of the embedded testbed",
means "The embedded testbed runs services as plain processes of this machine, without limits on CPU and memory.",
example r"
# experiment.yml
testbed: embedded
actions:
  - { at: 1s, limits: { gateway: { cpus: 0.5 } } }
",
advice "Use `testbed: swarm`, or scale and restart only.";

BOUNDS_CROSSED E 145 "bounds-crossed", exit 2: "a least that is greater than its greatest",
means "No count of replicas, or of cores, is at least `min` and at most `max`.",
example r"
# controllers.yml
autoscale: { gateway: { min: 5, max: 2, controller: { kind: fixed, replicas: 2 } } }
",
advice "Raise `max` or lower `min`. What is not written has its default: `min` is 1 replica, `cpu` is 0.1 to 16 cores.";

UNKNOWN_METRIC E 146 "unknown-metric", exit 2: "a metric that no controller sees",
means "Controllers see the metrics that swarmlab makes of each service, by their names; of another service as `service.metric`.",
example r"
# controllers.yml
autoscale: { gateway: { max: 2, controller: { kind: target-tracking, metric: cpu_utilisation, target: 60% } } }
",
advice "The help line names the nearest; docs/autoscaling.md has the list with units.";

NOT_AUTOSCALABLE E 147 "not-autoscalable", exit 2: "a service that no controller can scale",
means "A global service runs once on every node, a job ends by itself, and replicas that write into one volume would damage what the others wrote.",
example r"
# controllers.yml
stack: global.yml
autoscale: { agent: { max: 2, controller: { kind: fixed, replicas: 2 } } }
",
advice "Scale another service; or make this one replicated (`deploy.mode`), or mount its volume `read_only`.";

NO_CONTROLLER_PROGRAM E 148 "no-controller-program", exit 2: "the program of a controller does not exist",
means "A controller of your own is a program that speaks JSON lines. With a slash its name is a file, relative to the controllers file; without one it is looked for in `PATH`.",
example r"
# controllers.yml
autoscale: { gateway: { max: 2, controller: { kind: command, command: [./nowhere.py] } } }
",
advice "The help line says where it was looked for. Correct the name, or write `./NAME` for a file beside the controllers file.";

NO_SUCH_METRIC E 149 "no-such-metric", exit 2: "a controller needs a metric that the run will not have",
means "Utilisation needs a limit, which plain processes never have; users are of the closed model alone; times and failures of a service that is not the load's target are what a proxy before it alone counts. A controller that cannot see what it needs would hold from the beginning of the load to its end.",
example r"
# experiment.yml
testbed: embedded
autoscale: { gateway: { max: 2, controller: { kind: target-tracking, metric: cpu_utilization, target: 60% } } }
",
advice "Choose another metric: docs/autoscaling.md says which there are of which service. Or set the limit, the proxy or the model that it needs.";

BAD_CHECK E 150 "bad-check", exit 2: "a threshold that cannot be understood, or is on what the run lacks",
means "A check is a figure or a function of a column, a comparison, and a number with its unit: `p95(response) < 250ms`, `max(ms-exercise.cpu) < 0.9 cores`, `errors / sent < 1 %`, `throughput >= 95 % of offered`. The message says at which character it ends to be one; units must fit what is bounded. A figure, service or endpoint that the run will not have is found as well, before anything starts; names of columns are known when there is a frame.",
example r"
# experiment.yml
checks: [ p95(response) < 250 cores ]
",
advice "Write what is expected there. Names with blanks or slashes stand between double quotes. `swarmlab load` knows figures of clients alone: columns of servers are for `checks` of an experiment.";

TWO_SCALERS E 151 "two-scalers", exit 2: "a service is scaled by an action and by a controller",
means "What an action asks for, the controller takes for what it finds and changes again at its next decision: neither would be what the run is about. A restart is no contradiction.",
example r"
# experiment.yml
autoscale: { gateway: { max: 3, controller: { kind: target-tracking, metric: cpu, target: 0.5 } } }
actions:
  - { at: 1s, scale: { gateway: 2 } }
",
advice "Leave the action out, or the service out of `autoscale`. Another count to begin with is `deploy.replicas` of the stack.";

CALLS_IN_A_CIRCLE E 160 "calls-in-a-circle", exit 2: "services of a model that call each other in a circle",
means "A request that comes back to a service that waits for it would never be answered, so it cannot be simulated.",
example r"
# simulation.yml
services:
  a: { demand: 1ms, calls: [b] }
  b: { demand: 1ms, calls: [a] }
",
advice "Leave out the call that leads back; or make two services of the one that is called twice.";

TOO_MANY_VISITS E 161 "too-many-visits", exit 2: "a request of a model that causes too many visits",
means "Calls multiply: a service that is called 100 times by one that is called 200 times is visited 20000 times for each request. More than 10000 visits are a mistake, or would take too long.",
example r"
# simulation.yml
services:
  a: { demand: 1ms, calls: [{ service: b, times: 200 }] }
  b: { demand: 1ms, calls: [{ service: c, times: 100 }] }
  c: { demand: 1ms }
",
advice "Correct `times`; or make one call of many, with the sum of their demands.";
}
