//! 3xx: shapes and scenarios: what the load is to be.

codes! { Load;

IMPOSSIBLE_SHAPE E 301 "impossible-shape", exit 2: "a shape with parameters that contradict each other",
means "Each value alone is in range, but together they are no load: a minimum above the maximum, a sum of no parts, more pieces than are kept.",
example r"
# shape.yml
shape: sine
min: 5
max: 3
period: 60s
duration: 60s
",
advice "`swarmlab shapes list` shows the kinds of shapes with their keys and defaults.";

CONTRADICTION E 302 "contradiction", exit 2: "two settings of a trace that exclude each other",
means "For example `scale` and `peak`, which both say how high it is, or a key that belongs to another `format`.",
example r"
# shape.yml
shape: trace
format: csv
file: rates.csv
scale: 2
peak: 100
",
advice "Keep one of them.";

BAD_TRACE E 303 "bad-trace", exit 2: "a recorded trace cannot be read as its format says",
means "A line of the file is not what the format demands, nothing in it is selected, or it would have too many points.",
example r"
# shape.yml
shape: trace
format: csv
file: not-a-trace.csv
",
advice "See whether `format` is right. `bad_lines` lets a number of lines of an access log pass; `select`, `bin` and `resample` make a trace shorter.";

BAD_LINES W 304 "bad-lines", exit 0: "unreadable lines of an access log were left out",
means "No more of them than `bad_lines` allows: the load is slightly lower than it was recorded.",
example r"
# shape.yml
shape: trace
format: access-log
file: access.log
bad_lines: 5
",
advice "Nothing, if they are few. Else see what is in them.";

IMPOSSIBLE_SCENARIO E 311 "impossible-scenario", exit 2: "a scenario that cannot be run",
means "Its parts can be read but do not fit together: a variable that nothing sets, a step that publishes without a channel, a probability of nothing.",
example r"
# scenario.yml
name: s
steps: [{ request: 'GET /{{token}}' }]
",
advice "The message names the step. Variables come from `extract` of an earlier step, from a feeder, or are built in (docs/reference.md, Variables).";

BAD_TABLE E 312 "bad-table", exit 2: "the file of a feeder is no table",
means "CSV (RFC 4180) needs names in the first line and as many cells in every row; JSON lines need an object a line.",
example r"
# scenario.yml
name: s
feeders: { user: { file: empty.csv } }
steps: [{ request: 'GET /{{user.name}}' }]
",
advice "Correct the line that the message names, or set `format`.";

FILE_TOO_LARGE E 313 "file-too-large", exit 2: "a file of a scenario is too large",
means "Bodies and templates may have 16 MiB, feeders 64 MiB: they are kept in memory while the load runs.",
example r"
# scenario.yml
name: s
steps: [{ request: POST /upload, body_file: huge.bin }]
",
advice "Use a smaller file.";

UNBOUNDED_LOOP E 320 "unbounded-loop", exit 2: "a loop without a bound",
means "`while` and `until` depend on what a target answers, which may never change: a user would then send requests to the end of the load, and none of its iterations would end.",
example r"
# scenario.yml
name: s
steps:
  - request: GET /job
    extract: { state: { json: /state } }
    until: { value: '{{state}}', equals: done }
",
advice "Add `max`, the most rounds. At that bound the loop ends and the next step follows; an `if` behind it can tell whether the condition came true.";

BAD_JSONPATH E 321 "bad-jsonpath", exit 2: "a JSONPath with a mistake",
means "A path is read as RFC 9535 says: `$.items[0].id`, `$..price`, `$.items[?@.price < 10].id`. Functions in filters (`length()`, `match()`) are not known here.",
example r"
# scenario.yml
name: s
steps:
  - request: GET /
    extract: { id: { jsonpath: '$.items[0.id' } }
",
advice "The message says what is expected at which byte. A single value is also found by a JSON pointer: `{ json: /items/0/id }`.";

NEVER_SET E 322 "never-set", exit 2: "a condition looks at a variable that nothing sets",
means "No step of this class extracts or sets the variable, so the condition would always come out the same.",
example r"
# scenario.yml
name: s
steps:
  - request: GET /
    extract: { token: { json: /token, optional: true } }
  - if: { defined: tokne }
    request: GET /mine
",
advice "Correct the name (the message names the nearest, or all), or extract it in an earlier step: with `optional: true`, if it may be missing.";

IMPORT_UNREADABLE E 325 "import-unreadable", exit 2: "a file to import cannot be read",
means "A recording or description that is to become a scenario is neither JSON nor YAML, breaks off in the middle, or is too large.",
example "swarmlab scenario import half-a-file.har",
advice "The message says where reading ended. Export the file again; browsers write it whole with *Save all as HAR*.";

IMPORT_UNKNOWN E 326 "import-unknown", exit 2: "a file to import is of no known kind",
means "A recording is JSON with the key `log` (HAR), a description JSON or YAML with `openapi` (3.x) or `swagger` (2.0).",
example "swarmlab scenario import package.json",
advice "Browsers: developer tools, Network, *Save all as HAR*. APIs often serve theirs as `/openapi.json` or `/v3/api-docs`.";

IMPORT_NOTHING_LEFT E 327 "import-nothing-left", exit 2: "nothing of a file to import becomes a step",
means "All requests go to other hosts, are images, styles and scripts, or had no answer; or all operations are destructive.",
example "swarmlab scenario import empty.har",
advice "The message counts what was left out and why. `--host` chooses whose requests are kept, `--keep-static` keeps the parts of pages, `--destructive` what deletes.";

BAD_WEBSOCKET E 330 "bad-websocket", exit 2: "a WebSocket step that does nothing, or several things",
means "A step does one thing on its connection: open it, send a message (and await its answer), await a message, or close it.",
example r"
# scenario.yml
name: s
steps: [{ name: chat, websocket: { connect: /chat, send: hello } }]
",
advice "One step for each action; steps with the same `connection` (or none) share it (docs/reference.md, WebSocket).";

BAD_DESCRIPTOR E 331 "bad-descriptor", exit 2: "a file that is no descriptor of gRPC services",
means "It is not what `protoc` writes, or lacks types that its services use.",
example r"
# scenario.yml
name: s
steps: [{ name: call, grpc: { descriptor: rates.csv, method: shop.Cart/Add } }]
",
advice "Make it with `protoc --include_imports --descriptor_set_out=api.binpb api.proto`.";

BAD_METHOD E 332 "bad-method", exit 2: "a gRPC method that cannot be called",
means "The descriptor has none of this name, or it streams: only unary methods can be called.",
example r"
# scenario.yml
name: s
steps: [{ name: call, grpc: { descriptor: cart.binpb, method: shop.Cart/Ad } }]
",
advice "The message names those that there are.";

GRPC_MESSAGE E 333 "grpc-message", exit 2: "a gRPC message that does not fit its type",
means "A field that the type does not have, or a value that the field cannot hold. Messages are written in the canonical mapping of Protocol Buffers to JSON.",
example r"
# scenario.yml
name: s
steps: [{ name: call, grpc: { descriptor: cart.binpb, method: shop.Cart/Add, message: { quantity: many } } }]
",
advice "The message says what is expected. Text with `{{variables}}` fits any field; it is looked at when the values are known.";
}
