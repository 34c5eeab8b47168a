//! Loads that are measured.

use std::sync::Arc;

use rustix::time::{ClockId, clock_gettime};
use swarmlab_intervals::Outcome;
use swarmlab_intervals::trust::{Thresholds, verdict};
use swarmlab_loadgen::{
    Body, Check, Exhausted, Feeder, HttpRequest, HttpVersion, LoadSpec, LoadTarget, Model, Order, Reuse,
    Scenario, Source, Step, Table, Template, Wait, start,
};
use swarmlab_shapes::shape::Constant;
use swarmlab_shapes::{Arrivals, Shape};

fn constant(level: f64, duration_s: f64) -> Shape {
    Shape::Constant(Constant { level, duration_s })
}

fn plain() -> Scenario {
    let steps = vec![Step::new("hello", "GET", Template::parse("/").unwrap())];
    Scenario::journey("hello", steps, Wait::default())
}

/// `address` is an address, or a URL.
fn load(address: &str, model: Model, scenario: Scenario) -> LoadSpec {
    let mut spec = LoadSpec::new(Vec::new(), "", model, scenario);
    let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    spec.targets = vec![LoadTarget::parse(&url).unwrap()];
    spec
}

/// The word behind the numbers: `h2` for HTTP/2 with all users on one connection, `per-request` for a connection per
/// request, `poisson` for arrivals at random.
pub fn over(mut spec: LoadSpec, word: Option<&str>) -> LoadSpec {
    let users = spec.model.shape().maximum() as usize;
    let target = &mut spec.targets[0];
    match word {
        Some("h2") => (target.http, target.streams) = (HttpVersion::Http2, users.max(1)),
        Some("per-request") => target.connections = Reuse::PerRequest,
        Some("poisson") => match &mut spec.model {
            Model::Open { arrivals, .. } => *arrivals = Arrivals::Poisson,
            Model::Closed { .. } => panic!("a closed loop has no arrivals"),
        },
        Some(other) => panic!("{other} is none of h2, per-request, poisson"),
        None => {}
    }
    spec
}

/// Users without think time.
pub fn closed(address: &str, users: f64, duration_s: f64) -> LoadSpec {
    let model = Model::Closed { users: constant(users, duration_s), spawn_rate_per_s: None };
    load(address, model, plain())
}

/// Users without think time on a journey: 4 steps, 2 extractions, 1 assertion, a feeder.
pub fn journey(address: &str, users: f64, duration_s: f64) -> LoadSpec {
    let text = |source: &str| Template::parse(source).unwrap();
    let table = Table::csv(b"user,password\nann,secret\nbob,geheim\ncid,s3cret\n").unwrap();
    let credentials = text("{\"user\":\"{{people.user}}\",\"password\":\"{{people.password}}\"}");
    let login = HttpRequest::new("POST", text("/json/login")).body(Body::Text(credentials));
    let steps = vec![
        Step::http("login", login)
            .extract("id", Source::JsonPointer("/id".into()))
            .extract("token", Source::Header("x-token".into())),
        Step::http("list", HttpRequest::new("GET", text("/list")).header("X-Token", text("{{token}}")))
            .check(Check::BodyContains("world".into())),
        Step::new("item", "GET", text("/items/{{id}}")),
        Step::new("logout", "GET", text("/logout")),
    ];
    let mut scenario = Scenario::journey("journey", steps, Wait::default());
    let (order, exhausted) = (Order::Sequential, Exhausted::default());
    scenario.feeders = vec![Feeder { name: "people".into(), order, exhausted, table: Arc::new(table) }];
    let model = Model::Closed { users: constant(users, duration_s), spawn_rate_per_s: None };
    load(address, model, scenario)
}

/// Requests by schedule.
pub fn open(address: &str, rate_per_s: f64, duration_s: f64) -> LoadSpec {
    let model = Model::Open { rate_per_s: constant(rate_per_s, duration_s), arrivals: Arrivals::Uniform };
    load(address, model, plain())
}

/// Fifty users who think so long that together they send about `rate_per_s`, at random moments.
pub fn paced(address: &str, rate_per_s: f64, duration_s: f64) -> LoadSpec {
    const USERS: f64 = 50.0;
    let mut spec = closed(address, USERS, duration_s);
    let steps = vec![Step::new("hello", "GET", Template::parse("/").unwrap())];
    spec.scenario = Scenario::journey("hello", steps, Wait::Exponential { mean_s: USERS / rate_per_s });
    spec
}

/// Runs a load.
pub fn outcome(spec: LoadSpec) -> Outcome {
    let handle = start(spec).unwrap();
    for interval in handle.intervals() {
        drop(interval);
    }
    handle.join().unwrap()
}

/// Runs a load and prints what it cost.
pub fn run(spec: LoadSpec) {
    let cpu_before_s = process_cpu_s();
    let outcome = outcome(spec);
    let cpu_s = process_cpu_s() - cpu_before_s;
    let tally = &outcome.overall.tally;
    let length_s = outcome.load_end_unix_s - outcome.start_unix_s;
    println!(
        "offered {} sent {} succeeded {} errors {:?}",
        outcome.offered,
        tally.sent,
        tally.succeeded,
        tally.errors()
    );
    println!("Requests: {}", tally.completed);
    println!("Requests/sec: {:.1}", tally.completed as f64 / length_s);
    println!("CPU us/request: {:.3}", cpu_s * 1e6 / tally.completed as f64);
    for (name, histogram) in [
        ("response", &outcome.overall.response),
        ("service", &outcome.overall.service),
        ("lateness", &outcome.overall.lateness),
    ] {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| histogram.value_at_quantile(quantile));
        println!("{name:8} us: p50 {p50} p99 {p99} p99.9 {p999} max {}", histogram.max());
    }
    let judged = verdict(&outcome.verdict_inputs, &Thresholds::default());
    println!("{:?}: {:?}", judged.trust, judged.reasons.iter().map(|r| r.text.as_str()).collect::<Vec<_>>());
}

/// CPU time of all threads of this process, seconds.
fn process_cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
