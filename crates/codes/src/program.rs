//! 9xx: this program and its machine.

codes! { Program;

INTERRUPTED E 900 "interrupted", exit 130: "interrupted",
means "Ctrl-C or a signal to terminate. What was measured is reported as partial, what was created has been removed, unless it was to be kept.",
example "timeout -s INT 5 swarmlab quickstart",
advice "Nothing. A second Ctrl-C leaves at once and says what is left behind.";

BAD_ARGUMENTS E 901 "bad-arguments", exit 2: "arguments that make no command",
means "An unknown option, a missing value, or options that exclude each other.",
example "swarmlab run --nonsense",
advice "`swarmlab COMMAND --help` shows its options with examples.";

UNKNOWN_CODE E 902 "unknown-code", exit 2: "no error has this number or name",
means "`swarmlab explain` takes `E204`, `204`, `unknown-service` or `E204-unknown-service`.",
example "swarmlab explain E999",
advice "`swarmlab explain` without an argument lists all.";

OWN_FILE E 903 "own-file", exit 1: "this program's own file is unknown",
means "The embedded testbed starts this program as its children, and the sample image holds it; but the system does not say where it is.",
example "swarmlab quickstart",
advice "Perhaps it was moved or replaced while it ran: start it again.";

NO_RUNTIME E 904 "no-runtime", exit 1: "the threads of this program could not be started",
means "The operating system refused threads or timers.",
example "ulimit -u 1; swarmlab quickstart",
advice "See the limits of this user (`ulimit -a`).";

INTERNAL E 905 "internal", exit 1: "a fault of swarmlab",
means "A part of the program ended in a way that it should not.",
example "swarmlab load http://127.0.0.1/",
advice "Please report it, with the message and what was run.";

DEMO_PORT E 911 "demo-port", exit 3: "the address of a demo role is in use",
means "Another process listens there.",
example "swarmlab demo target-app & swarmlab demo target-app",
advice "Stop it (`ss -ltnp` names it), or choose another address with `--listen`.";

DEMO_FAILED E 912 "demo-failed", exit 1: "a role of the sample application could not go on",
means "Its configuration, its database or a secret is not as it needs it. The message says which.",
example "swarmlab demo ms-other",
advice "`swarmlab demo ROLE --help` lists its options and variables.";

UNHEALTHY E 913 "unhealthy", exit 1: "the URL of a health check does not answer 200",
means "Told by `swarmlab demo healthcheck`, which containers run to see whether they work.",
example "swarmlab demo healthcheck http://127.0.0.1:1/healthz",
advice "See the log of the service.";
}
