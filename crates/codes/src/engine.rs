//! 4xx: Docker, its Swarm and images.

codes! { Engine;

NO_ENGINE E 401 "no-engine", exit 3: "no Docker engine answers",
means "There is no socket at the address, or nobody listens there.",
example "swarmlab status --engine unix:///nowhere.sock",
advice "Start the engine (`systemctl start docker`), or name its address with `--engine` or `DOCKER_HOST`. `swarmlab run --testbed embedded` and `swarmlab quickstart` need none.";

ENGINE_PERMISSION E 402 "engine-permission", exit 3: "this user may not use the Docker engine's socket",
means "The socket is there, but only root and its group may open it.",
example "sudo -u nobody swarmlab status",
advice "Run as root, or join the socket's group (`usermod -aG docker $USER`) and log in again.";

ENGINE_ADDRESS E 403 "engine-address", exit 3: "the address of the Docker engine is of no use",
means "It is of a kind that cannot be talked to (as `ssh://`), or comes from a docker context that cannot be read.",
example "swarmlab status --engine ssh://host",
advice "Give `unix:///path/docker.sock` or `tcp://host:2375`; forward a remote socket yourself (`ssh -L`).";

NOT_A_SWARM E 404 "not-a-swarm", exit 3: "the Docker engine is not part of a Swarm",
means "Stacks are made of Swarm services; an engine alone has none.",
example "docker swarm leave --force && swarmlab up stack.yml",
advice "Make it a Swarm of one node: `docker swarm init`.";

NOT_A_MANAGER E 405 "not-a-manager", exit 3: "the Docker engine is a worker of its Swarm",
means "Only a manager can create services.",
example "DOCKER_HOST=tcp://worker:2375 swarmlab up stack.yml",
advice "Talk to a manager; the help line names those that the worker knows.";

SWARM_LOCKED E 406 "swarm-locked", exit 3: "the Swarm is locked",
means "Its state is encrypted, and the key has not been given since the engine started.",
example "systemctl restart docker && swarmlab status",
advice "`docker swarm unlock`.";

SWARM_NOT_READY E 407 "swarm-not-ready", exit 3: "the Swarm cannot work now",
means "The engine is a member, but there is no leader, it is still joining, or it reports an error.",
example "swarmlab status",
advice "See `docker info` and `docker node ls`; a majority of the managers must be reachable.";

STACK_EXISTS E 411 "stack-exists", exit 3: "a stack of this name exists already",
means "It may be another one, or what an earlier run left (`--keep`).",
example "swarmlab up stack.yml && swarmlab up stack.yml",
advice "Change it in place (`swarmlab up FILE --update`), remove it (`swarmlab down NAME`), or choose another name (`--name`).";

FOREIGN_STACK E 412 "foreign-stack", exit 3: "a stack that swarmlab did not deploy",
means "It is left alone: only what carries swarmlab's label is changed or removed.",
example "docker stack deploy -c stack.yml lab && swarmlab down lab",
advice "Choose another name, take it over with `--adopt` (of `up --update`, `scale` and `down`), or remove it with what deployed it (`docker stack rm NAME`).";

NO_SUCH_STACK E 413 "no-such-stack", exit 2: "there is no stack of this name",
means "Nothing on the Swarm carries the label of such a stack.",
example "swarmlab status nowhere",
advice "Check the spelling; `swarmlab status` lists all.";

NO_SUCH_SERVICE E 414 "no-such-service", exit 2: "the deployed stack has no service of this name",
means "The name is the one in the stack file, without the stack's name before it.",
example "swarmlab scale lab wbe=2",
advice "Check the spelling; `swarmlab status NAME` lists the services.";

NOT_SCALABLE E 415 "not-scalable", exit 2: "the number of this service's replicas is not a setting",
means "A global service has one task a node, a job ends by itself.",
example "swarmlab scale lab node-exporter=2",
advice "Give it `deploy.mode: replicated` in the stack file.";

NAME_TAKEN E 416 "name-taken", exit 3: "another object holds a name that the stack needs",
means "A network, config or secret of this name exists and does not belong to the stack.",
example "docker network create lab_default && swarmlab up stack.yml --name lab",
advice "Choose another name of the stack, or remove the object.";

EXTERNAL_MISSING E 417 "external-missing", exit 2: "an external object does not exist",
means "The stack file says `external: true`, so it is not created; but it is not there.",
example "swarmlab up stack-with-external-network.yml",
advice "Create it, or drop `external` in the stack file.";

FRONTS_STAY E 418 "fronts-stay", exit 3: "proxies that were woven into the stack would stay",
means "The stack was brought up with `--observe`, and what comes up now is not woven, or with proxies before other services. A \
proxy that stays keeps its service's name and published ports, so that requests would go to it or past it by chance.",
example "swarmlab up stack.yml --observe && swarmlab up stack.yml --update",
advice "Weave it again with the flags of then (`--observe`), take the proxies out (`--update --prune`), or remove the stack first \
(`swarmlab down NAME`).";

IMAGE_MISSING E 421 "image-missing", exit 3: "images are missing and cannot be pulled",
means "They are neither on the engine nor to be had from their registry.",
example "swarmlab up stacks/exercise.yml",
advice "Build what the sample stack needs (`swarmlab images build`); pull or build others yourself.";

PORT_TAKEN E 422 "port-taken", exit 3: "a published port is in use",
means "Another program of this machine, or another service of the Swarm, holds a port that the stack publishes.",
example "python3 -m http.server 8080 & swarmlab up stacks/exercise.yml",
advice "Stop what holds it (`ss -ltnp` names it), or publish another port in the stack file.";

NOT_CONVERGED E 423 "not-converged", exit 4: "services did not come up",
means "They were not running and healthy in time, or cannot come up at all. The lines of the message say for each service why.",
example "swarmlab up stack.yml --wait 1s",
advice "Read the lines: an image without the command, a failing health check, no room on a node. Give it more time with `--wait`.";

CONTENTION E 424 "contention", exit 4: "something else keeps changing a service",
means "Each time the service was to be updated, it had been changed since it was read.",
example "swarmlab scale lab web=3",
advice "Find out what else updates it (an autoscaler?), then try again.";

DOWN_TIMEOUT E 425 "down-timeout", exit 4: "not everything of a stack was gone in time",
means "The message lists what is left, and why, as far as the engine says.",
example "swarmlab down lab --wait 1s",
advice "Run `swarmlab down NAME` again; see what holds on: `docker ps`.";

ENGINE_ERROR E 426 "engine-error", exit 1: "the Docker engine refused, or answered something unexpected",
means "The message says what was asked and the engine's own words.",
example "swarmlab up stack.yml",
advice "The engine's log may say more (`journalctl -u docker`).";

IMAGE_BUILD E 431 "image-build", exit 3: "an image could not be built or listed",
means "A tool is not installed, a package could not be downloaded, or the engine did not take the image. The message says which.",
example "swarmlab images build --mirror http://nowhere",
advice "Install what is named; `--mirror` takes another Debian mirror, `--refresh` asks for newer versions.";

TOO_MANY_REPLICAS E 480 "too-many-replicas", exit 2: "more tasks than a Swarm should be asked for",
means "A replica count with too many digits fills the engine within seconds and takes the whole Swarm with it. So there is a bound on each service (100), and on all together by the processors of the Swarm (100 for each).",
example "swarmlab scale lab web=99999999999",
advice "Ask for fewer. `--force` lifts both bounds, up to 100000 replicas of a service.";

SCALED_TWICE E 481 "scaled-twice", exit 2: "one service is to be scaled to two numbers",
means "The same service is named twice in one order, perhaps once with the stack's name before it.",
example "swarmlab scale lab web=1 web=2",
advice "Name each service once.";

ENVIRONMENT_BROKEN E 482 "environment-broken", exit 3: "something keeps every stack from coming up",
means "`swarmlab doctor` found what no stack can do without, for instance a node that takes tasks.",
example "docker node update --availability drain self && swarmlab doctor",
advice "Its lines say what is wrong, each with a remedy.";
}
