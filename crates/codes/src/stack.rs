//! 2xx: the stack file.

codes! { Stack;

NO_STACK_FILE E 200 "no-stack-file", exit 2: "the stack file cannot be read",
means "The file does not exist, may not be read, or is no UTF-8 text.",
example "swarmlab up nowhere.yml",
advice "Check the path; in an experiment it is relative to the experiment file.";

BAD_VARIABLE E 201 "bad-variable", exit 2: "a variable that is not written as one",
means "In a stack file `$` begins a variable: `${NAME}`, `${NAME:-default}`, `${NAME:?message}` or `$NAME`.",
example r"
# stack.yml
services:
  web: { image: nginx, command: echo $(date) }
",
advice "Close the brace, or write `$$` where a single `$` is meant.";

REQUIRED_VARIABLE E 202 "required-variable", exit 2: "a variable that the stack file demands is not set",
means "The file says `${NAME:?message}`: without a value the stack makes no sense.",
example r"
# stack.yml
services:
  web: { image: '${WEB_IMAGE:?name the image}' }
",
advice "Set it in the environment (`NAME=value swarmlab …`).";

UNSET_VARIABLE W 203 "unset-variable", exit 0: "a variable is not set, and nothing takes its place",
means "As with `docker stack deploy` the variable is replaced by an empty text.",
example r"
# stack.yml
services:
  web: { image: nginx, hostname: 'a${NOTHING}b' }
",
advice "Set it, or give it a default: `${NAME:-default}`.";

UNKNOWN_SERVICE E 204 "unknown-service", exit 2: "the stack has no service of this name",
means "The experiment's `target` or `measure.services` names a service that the stack file does not have.",
example r"
# experiment.yml
target: { service: gatewai, port: 8080 }
",
advice "Take one of the names that the caret line lists, or add the service to the stack file.";

IGNORED_KEY W 211 "ignored-key", exit 0: "a key that a Swarm ignores",
means "Compose knows it, `docker stack deploy` leaves it out; so does swarmlab.",
example r"
# stack.yml
services:
  web: { image: nginx, privileged: true }
",
advice "Remove it; the help line names what has the effect on a Swarm (`cap_add` instead of `privileged`), if something has.";

REFUSED_KEY E 212 "refused-key", exit 2: "a key that a Swarm refuses",
means "`docker stack deploy` refuses a file with this key.",
example r"
# stack.yml
services:
  web: { image: nginx, mem_limit: 64m }
",
advice "Write what the help line names instead, as `deploy.resources.limits.memory`.";

UNSUPPORTED E 213 "unsupported", exit 2: "a key that a Swarm knows and swarmlab does not handle",
means "Leaving it out in silence would start something else than the file says.",
example r"
# stack.yml
services:
  web: { image: nginx, volumes: [{ type: cluster, source: data, target: /data }] }
",
advice "The help line says what to write instead, if there is something.";

IGNORED_ADDRESS W 214 "ignored-address", exit 0: "an address before a published port has no effect",
means "A Swarm publishes a port on all addresses of a node: `127.0.0.1:` before it does not hide it.",
example r"
# stack.yml
services:
  web: { image: nginx, ports: ['127.0.0.1:8080:80'] }
",
advice "Remove the address; keep others out by a firewall.";

UNREADABLE_FILE E 215 "unreadable-file", exit 2: "a file that the stack file names cannot be read",
means "The content of a config, a secret or an `env_file` is needed before anything is started.",
example r"
# stack.yml
services:
  web: { image: nginx, env_file: missing.env }
",
advice "A relative path starts at the folder of the stack file. Samples of secrets lie beside the sample stack: copy them.";

EXTERNAL_CONFLICT E 216 "external-conflict", exit 2: "an external object with settings of its own",
means "`external: true` says that it exists already and is not created, so nothing about it can be chosen here.",
example r"
# stack.yml
services:
  web: { image: nginx, configs: [c] }
configs:
  c: { external: true, file: c.conf }
",
advice "Remove the settings, or `external`.";

BAD_CONTENT E 217 "bad-content", exit 2: "a file that the stack file names has an unusable content",
means "An empty config or secret, one above the Engine's limit (a secret 500 KB, a config 1000 KB), or an `env_file` with a line that is not `NAME=value`.",
example r"
# stack.yml
services:
  web: { image: nginx, secrets: [s] }
secrets:
  s: { file: empty }
",
advice "Correct the file.";

DECIMAL_MODE W 218 "decimal-mode", exit 0: "a file mode that was probably meant as octal",
means "YAML reads `440` as four hundred and forty; the mode of a file is written with a leading zero.",
example r"
# stack.yml
services:
  web: { image: nginx, configs: [{ source: c, mode: 440 }] }
configs:
  c: { external: true }
",
advice "Write `0440`.";

BAD_NAME E 219 "bad-name", exit 2: "a name that the Engine would refuse",
means "Names are of letters, digits, `-` and `_`, with a letter or digit first and last. With the stack's name before it a service has at most 63 characters, a config or secret 64.",
example r"
# stack.yml
services:
  'web server': { image: nginx }
",
advice "Choose another name, or a shorter name of the stack (`--name`).";

UNKNOWN_ROLE E 220 "unknown-role", exit 2: "a role that does not exist",
means "The label `swarmlab.role` says what a service is to the measurement: application, proxy, database or telemetry.",
example r"
# stack.yml
services:
  web: { image: nginx, deploy: { labels: { swarmlab.role: proxi } } }
",
advice "Take one of the four. A service without the label is deployed and not measured.";

UNDECLARED E 221 "undeclared", exit 2: "a name that the stack file does not declare",
means "A service uses a network, volume, config, secret or other service that does not stand in the file.",
example r"
# stack.yml
services:
  web: { image: nginx, networks: [backend] }
",
advice "Declare it under the top-level key (`networks:`), or correct the name.";

FRONTS_ITSELF E 222 "fronts-itself", exit 2: "a proxy that stands before itself",
means "The label `swarmlab.fronts` names the service behind a proxy, and it names the proxy.",
example r"
# stack.yml
services:
  web: { image: nginx, deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: web } } }
",
advice "Name the service behind it.";

REPEATED E 223 "repeated", exit 2: "something stands twice in a service",
means "A network, a mount point, or the file of a config or secret. The Engine refuses it.",
example r"
# stack.yml
services:
  web: { image: nginx, networks: [default, default] }
",
advice "Keep one.";

INGRESS_DNSRR E 224 "ingress-dnsrr", exit 2: "a port through the ingress of a service without a virtual address",
means "The ingress forwards to the service's virtual address; with `endpoint_mode: dnsrr` it has none.",
example r"
# stack.yml
services:
  web: { image: nginx, ports: ['8080:80'], deploy: { endpoint_mode: dnsrr } }
",
advice "Publish the port with `mode: host`, or leave `endpoint_mode` out.";

HOST_PORT_REPLICAS W 225 "host-port-replicas", exit 0: "several replicas publish one port of the node",
means "With `mode: host` a port belongs to one task of a node. With one node only the first replica can start.",
example r"
# stack.yml
services:
  web:
    image: nginx
    ports: [{ target: 80, published: 8080, mode: host }]
    deploy: { replicas: 2 }
",
advice "Use one replica, as many nodes as replicas, or the ingress (`mode: ingress`).";

PUBLISHED_TWICE E 226 "published-twice", exit 2: "two services, or one twice, publish the same port",
means "Only one of them could have it.",
example r"
# stack.yml
services:
  web: { image: nginx, ports: ['80:80', '80:81'] }
",
advice "Publish another port.";

HOST_PORT_SHARED W 227 "host-port-shared", exit 0: "two services publish the same port of their node",
means "With `mode: host` this works as long as their tasks run on different nodes, and never on one.",
example r"
# stack.yml
services:
  web: { image: nginx, ports: [{ target: 80, published: 8080, mode: host }] }
  api: { image: nginx, ports: [{ target: 80, published: 8080, mode: host }] }
",
advice "Publish another port, or place them on different nodes.";

SHARED_NAME W 228 "shared-name", exit 0: "an alias that is another service's name",
means "Callers on the network that both share reach one or the other.",
example r"
# stack.yml
services:
  web: { image: nginx }
  db: { image: postgres, networks: { default: { aliases: [web] } } }
",
advice "If one is a proxy before the other, give the other a name of its own: `x-swarmlab: { alias: web-origin }`.";

UNUSED W 229 "unused", exit 0: "something is declared and no service uses it",
means "A network, volume, config or secret of the stack file that is not created.",
example r"
# stack.yml
services:
  web: { image: nginx }
volumes: { data: {} }
",
advice "Remove it, or use it: perhaps the name is spelt differently in the service.";

BAD_DEMAND E 231 "bad-demand", exit 2: "a declared demand that is no duration",
means "A service may declare the CPU time that one request costs it: by `x-swarmlab: { demand: 15ms }` or by the deploy label `swarmlab.demand`. Figures are compared with it.",
example r"
# stack.yml
services:
  web: { image: nginx, deploy: { labels: { swarmlab.demand: much } } }
",
advice "Write a duration such as `15ms` or `0.5s`.";

DEMAND_TWICE E 232 "demand-twice", exit 2: "a demand that is declared twice",
means "Once by `x-swarmlab` and once by the deploy label `swarmlab.demand`: one of them would be a lie.",
example r"
# stack.yml
services:
  web:
    image: nginx
    x-swarmlab: { demand: 1ms }
    deploy: { labels: { swarmlab.demand: 1ms } }
",
advice "Keep one of the two.";

FILE_VERSION E 255 "file-version", exit 2: "a stack file of another format",
means "`version` names a format that a Swarm does not take: it takes Compose v3 (3, or 3.0 to 3.13), as `docker stack deploy` does.",
example r"
# stack.yml
version: '2.4'
services:
  web: { image: nginx }
",
advice "Leave `version` out, or write \"3.8\"; then see what else of the file is of the older format.";

LITERAL_DEFAULT W 256 "literal-default", exit 0: "a default with a variable in it, which is not replaced",
means "As with `docker stack deploy` a default ends at the first `}` and is taken as it stands: `${A:-${B}}` is the text `${B}` where `A` is not set.",
example r"
# stack.yml
services:
  web: { image: nginx, hostname: '${A:-${B:-c}}' }
",
advice "Give the variable its value where swarmlab is started.";

BARE_DEFAULT W 257 "bare-default", exit 0: "text after a variable is taken for its default",
means "As with `docker stack deploy` a name without braces takes what follows a `-` or `?` for its default or message: `$HOST-$PORT` is the value of `HOST` alone.",
example r"
# stack.yml
services:
  web: { image: nginx, hostname: 'a$A-b' }
",
advice "Write braces around the name: `${A}-b`.";

CANNOT_FRONT E 260 "cannot-front", exit 2: "a service that no proxy can be put before",
means "A front takes over a service's name and its published ports. That cannot be done for jobs, for what lives in its node's own network, for UDP and long ranges of ports, and where somebody has taken the name already.",
example "swarmlab weave stack.yml --front dns -o out.yml",
advice "The message says what is in the way. Leave the service out, or change it as the help says.";

NOT_FRONTED W 261 "not-fronted", exit 0: "a service that `--front auto` puts no proxy before",
means "It looks as if it took requests, but not by HTTP, or not in a way that a front could take over. What passes before it is not counted.",
example "swarmlab weave stack.yml --front auto -o out.yml",
advice "Name it (`--front NAME`) if you want a front all the same: what is not HTTP passes as bytes, and connections are counted. The deploy label `swarmlab.front: \"false\"` says that you do not.";

FRONT_PORT E 262 "front-port", exit 2: "no port is known for a front",
means "A front must listen where the service listens, or callers would not reach it any more. The file says nowhere which port that is.",
example "swarmlab weave stack.yml --front api -o out.yml",
advice "Name it: `--front api:3000`, or the deploy label `swarmlab.front.port: \"3000\"`. Published ports, `expose` and the URL of a health check are found without.";

OWN_PROMETHEUS E 263 "own-prometheus", exit 2: "the stack has a Prometheus of its own",
means "A service with the role telemetry publishes 9090. A second Prometheus would be woven in, and figures would come from one or the other.",
example "swarmlab weave stacks/exercise.yml -o out.yml",
advice "Use the one that is there: `--prometheus URL`, with a scrape job for each front (`swarmlab weave` writes them). Or take its label `swarmlab.role` away.";

FRONT_REMARK W 264 "front-remark", exit 0: "something of a woven service is not as one might think",
means "A host name that is changed, a proxy that goes round the front, fronts on each node, another name in templates: the message says which.",
example "swarmlab weave stack.yml --front web -o out.yml",
advice "Nothing, if it does not matter to you; else what the help says.";

BAD_FRONT_LABEL E 265 "bad-front-label", exit 2: "a label about fronts or metrics that cannot be read",
means "`swarmlab.front` is true or false, `swarmlab.front.port` a port or several separated by commas, `swarmlab.front.protocol` one of http1, http2, grpc and tcp, `swarmlab.metrics` a port or a port with a path.",
example "swarmlab weave stack.yml -o out.yml",
advice "Write it as the message says, with quotes around numbers and truth values.";

NO_FIRST_TARGET E 266 "no-first-target", exit 2: "a stack of which nothing says where load can go",
means "`swarmlab init` writes an experiment whose load goes to a service that is published at a port for HTTP. No service is, or the one that was named is not, or there is none of that name.",
example "swarmlab init stack.yml --service db",
advice "Publish a port of the service in the stack file (`ports: [{ target: 80, published: 8080 }]`), or name it with the port that speaks HTTP: `--service NAME:PORT`.";
}
