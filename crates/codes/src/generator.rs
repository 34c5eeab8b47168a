//! 6xx: sending a load, and merging loads.

codes! { Generator;

BAD_URL E 601 "bad-url", exit 2: "a URL that load cannot be sent to",
means "It has no scheme that is known, no host, or a part that has no meaning.",
example "swarmlab load ftp://host/",
advice "For example `http://127.0.0.1:8080/path`; docs/reference.md lists all forms.";

BAD_HEADER E 602 "bad-header", exit 2: "a header that is not NAME: VALUE",
means "`--header` takes the name, a colon and the value.",
example "swarmlab load http://127.0.0.1/ --header accept",
advice "For example `--header 'content-type: application/json'`.";

BAD_TEMPLATE E 603 "bad-template", exit 2: "an argument with a variable that cannot be understood",
means "`{{` opens a variable in the URL's path, in `--header` and in `--body`. It is not closed, or its name is not known.",
example "swarmlab load 'http://127.0.0.1/{{user'",
advice "Close it with `}}`; `--body-file` sends a body byte for byte.";

UNREADABLE_ARGUMENT E 604 "unreadable-argument", exit 2: "a file that an argument names cannot be read",
means "A certificate, a key or a body.",
example "swarmlab load https://host/ --cacert nowhere.pem",
advice "Check the path and the permissions.";

BAD_TARGET_OPTION E 605 "bad-target-option", exit 2: "a --target that is not NAME=URL",
means "It says where the steps of a scenario with this `target` go.",
example "swarmlab load http://127.0.0.1/ --target agent",
advice "For example `--target agent=http://127.0.0.1:8001`.";

TARGETS_NOT_GIVEN E 606 "targets-not-given", exit 2: "steps of the scenario go to targets that no argument gives",
means "The positional URL serves steps without a target, and one name that is left over. More than one is left.",
example "swarmlab load http://127.0.0.1/ --scenario two-targets.yml",
advice "Give `--target NAME=URL` for each.";

TLS_WITHOUT_HTTPS E 607 "tls-without-https", exit 2: "settings of TLS without an https:// URL",
means "`--cacert`, `--cert`, `--server-name`, `--insecure` and `--alpn` would have no effect.",
example "swarmlab load http://127.0.0.1/ --insecure",
advice "Write `https://`, or leave the settings out.";

TOO_MANY_THREADS E 608 "too-many-threads", exit 2: "more threads than connections",
means "Each thread of the generator has connections of its own: at least one.",
example "swarmlab load http://127.0.0.1/ --connections 1 --threads 2",
advice "More `--connections`, or fewer `--threads`.";

NO_ADDRESS E 610 "no-address", exit 2: "the load has no target",
means "There is no address to send to.",
example "swarmlab run experiment.yml",
advice "Give a URL, or a `target` in the experiment.";

NAME_NOT_RESOLVED E 611 "name-not-resolved", exit 2: "the name of a target could not be resolved",
means "The machine's name service does not know it, or does not answer. The load does not begin.",
example "swarmlab load http://no-such-host.invalid/",
advice "Check the name and the name service (`/etc/resolv.conf`, `/etc/hosts`), or give an IP address.";

STEP_WITHOUT_TARGET E 612 "step-without-target", exit 2: "a step goes to a target that the load does not have",
means "The message lists the names that there are.",
example "swarmlab load http://127.0.0.1/ --scenario scenario.yml",
advice "Correct the `target` of the step, or give the target.";

WRONG_PROTOCOL E 613 "wrong-protocol", exit 2: "a step and its target speak different protocols",
means "Steps with `publish` need a Redis (`redis://…`), all others need HTTP: those with `websocket` HTTP/1.1, those with `grpc` HTTP/2.",
example "swarmlab load redis://127.0.0.1/",
advice "Give the step the target that it is meant for.";

OUT_OF_RANGE E 614 "out-of-range", exit 2: "a parameter of the load is out of range",
means "The message says what is accepted. A start that lies in the past counts as well: its first requests would all be late.",
example "swarmlab load http://127.0.0.1/ --rate 0",
advice "Choose a value in the range.";

OPEN_FILES E 615 "open-files", exit 3: "more connections than this process may open",
means "Each connection is an open file, and the system limits how many there may be. It is checked before the load, which would otherwise fail in the middle.",
example "ulimit -n 64; swarmlab load http://127.0.0.1/ --connections 1000",
advice "Fewer `--connections` (`load.connections`), or a higher limit (`ulimit -n`).";

GENERATOR_SYSTEM E 616 "generator-system", exit 1: "the operating system refused something that the generator needs",
means "A thread, a poller, a timer. The message says which.",
example "swarmlab load http://127.0.0.1/ --threads 64",
advice "See the limits of this user (`ulimit -a`) and the memory of the machine.";

RESULTS_NOT_WRITTEN E 620 "results-not-written", exit 1: "results of a load could not be written",
means "A full disk, a folder that was removed, an output that was closed.",
example "swarmlab load http://127.0.0.1/ --json > /dev/full",
advice "Make room, or choose another folder.";

RESULTS_PLACE E 621 "results-place", exit 2: "results of a load cannot be written there",
means "The folder of `--out` must be new or empty; the one of `--locust-csv` must exist.",
example "swarmlab load http://127.0.0.1/ --out /etc",
advice "Choose another folder.";

DEBUG_FAILED E 625 "debug-failed", exit 7: "an iteration did not go as its scenario expects",
means "`--debug` does each task once. A request got no answer, or one that the step does not expect, whose checks do not hold, or without a value that is to be taken.",
example "swarmlab load http://127.0.0.1/missing --debug",
advice "What is printed above says which request it was, what came back, and what was expected. Correct the scenario, or the target.";

NOTHING_DUE E 630 "nothing-due", exit 5: "no request was due during the load",
means "The load was too short, or its level so low that the first request would come after its end.",
example "swarmlab load http://127.0.0.1/ --rate 0.01 --duration 1s",
advice "A longer `--duration`, a higher `--rate`, or a shape whose level is above 0.";

NO_ANSWER E 631 "no-answer", exit 5: "no request was answered",
means "Requests were sent or tried, and none came to a whole answer. The summary counts how they ended, the help line shows the first error.",
example "swarmlab load http://127.0.0.1:1/",
advice "Is the address right, and does anything listen there? docs/reference.md explains each name of an error.";

TARGET_REFUSES E 632 "target-refuses", exit 5: "the experiment's target refuses connections",
means "No request of the first second got through, so the run was ended.",
example "swarmlab run experiment.yml",
advice "Check `target` in the experiment and the state of the stack (`swarmlab run --keep`, then `swarmlab status`).";

OBJECTIVE_MISSED E 640 "objective-missed", exit 7: "an objective is not met, or could not be judged",
means "The 95th percentile of the response time or the share of errors is above what was demanded: by `slo` in the experiment, by `--max-p95` or `--max-errors` of `load`; or a threshold (`checks`, `--check`) does not hold. Or there was too little to judge by; the message tells both apart.",
example "swarmlab load http://127.0.0.1:8080/ --max-p95 1us",
advice "What failed is a result, not a fault: the service is slower, or fails more often, than it should. What could not be judged needs a longer load, or another figure: the reason stands beside it.";

NOT_VALID E 641 "not-valid", exit 6: "the figures are not valid, and --require-valid was given",
means "A verdict says that the measurement cannot be trusted: the generator was late, counts do not agree, data have gaps; or one could not be judged, for want of evidence. Whether objectives are met is another matter (E640).",
example "swarmlab run experiment.yml --require-valid",
advice "The verdict names its figures. Mostly the generator lacks CPU: a lower load, another machine, nothing else beside it (docs/measurement.md).";

CHECK_ENDED E 642 "check-ended", exit 7: "a threshold was missed while the load went on, and ended it",
means "The threshold has `abort: after …` in the experiment, or `load` was given `--abort-after`: so long after the beginning of the load or later it did not hold for what the clients had felt so far.",
example "swarmlab load http://127.0.0.1:8080/ --check 'p95(response) < 1us' --abort-after 2s",
advice "What was measured until then is kept, as partial. Without the option the load goes on to its end and is judged then.";

NO_RESULTS E 651 "no-results", exit 2: "a folder without the results of a load",
means "Neither `client.parquet` nor `client.jsonl` is in it.",
example "swarmlab merge /tmp",
advice "Give folders that `swarmlab load --out DIR` or `swarmlab run` wrote.";

EMPTY_RESULTS E 652 "empty-results", exit 2: "a load of which nothing was written",
means "It was ended before its first interval was complete.",
example "swarmlab merge results/killed",
advice "Leave it out, or send the load again.";

GIVEN_TWICE E 653 "given-twice", exit 2: "a folder is given twice",
means "Its requests would count twice.",
example "swarmlab merge results/a results/a",
advice "Give it once.";

UNREADABLE_RESULTS E 654 "unreadable-results", exit 2: "a folder's results cannot be read",
means "A file is damaged, may not be read, or is no table of a load.",
example "swarmlab merge damaged",
advice "Copy the folder again from where it was written.";
}
