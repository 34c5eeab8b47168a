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
means "An experiment, a shape or a scenario is YAML in UTF-8; this file holds other bytes: a picture, an archive, or text in another encoding.",
example r"
# experiment.yml
load: { model: closed, shape: picture.yml, scenario: journey.yml }
",
advice "Correct the name, or write the file as UTF-8 (`iconv -t UTF-8`).";

BOUNDS_CROSSED E 145 "bounds-crossed", exit 2: "a least that is greater than its greatest",
means "No count of replicas, or of cores, is at least `min` and at most `max`.",
example r"
# experiment.yml
autoscale: { gateway: { min: 5, max: 2, controller: { kind: fixed, replicas: 2 } } }
",
advice "Raise `max` or lower `min`. What is not written has its default: `min` is 1 replica, `cpu` is 0.1 to 16 cores.";

UNKNOWN_METRIC E 146 "unknown-metric", exit 2: "a metric that no controller sees",
means "Controllers see the metrics that swarmlab makes of each service, by their names; of another service as `service.metric`.",
example r"
# experiment.yml
autoscale: { gateway: { max: 2, controller: { kind: target-tracking, metric: cpu_utilisation, target: 60% } } }
",
advice "The help line names the nearest; docs/autoscaling.md has the list with units.";

NOT_AUTOSCALABLE E 147 "not-autoscalable", exit 2: "a service that no controller can scale",
means "A global service runs once on every node, a job ends by itself, and replicas that write into one volume would damage what the others wrote.",
example r"
# experiment.yml
stack: global.yml
autoscale: { agent: { max: 2, controller: { kind: fixed, replicas: 2 } } }
",
advice "Scale another service; or make this one replicated (`deploy.mode`), or mount its volume `read_only`.";

NO_CONTROLLER_PROGRAM E 148 "no-controller-program", exit 2: "the program of a controller does not exist",
means "A controller of your own is a program that swarmlab starts. With a slash its name is a file, relative to the experiment; without one it is looked for in `PATH`.",
example r"
# experiment.yml
autoscale: { gateway: { max: 2, controller: { kind: command, command: [./nowhere.py] } } }
",
advice "The help line says where it was looked for. Correct the name, or write `./NAME` for a file beside the experiment.";
}
