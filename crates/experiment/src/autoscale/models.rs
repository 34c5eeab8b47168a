//! `pid`, `mmc`, `optctrl`, `predictive`.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_control::controllers::pid::{Pid, PidScaling};
use swarmlab_control::controllers::{MmcScaling, OptCtrl, Predictive, mmc as queue, optctrl as optimal};
use swarmlab_control::forecast::{Ar, Forecast, HoltWinters};
use swarmlab_control::metrics;
use swarmlab_yaml::{MapReader, Value};

use super::{Decider, Place, decider, keys};

/// Gains beyond this are a slip of units.
const GREATEST_GAIN: f64 = 1e6;
/// A delay beyond this is one, too; and each decision would look ahead step by step for it.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3600);

pub fn pid(map: &MapReader<'_>, place: &Place<'_>) -> Option<PidScaling> {
    let metric = map.required("metric", |v| keys::metric(v, place));
    let known = metric.as_ref().map(|(_, m)| *m);
    let setpoint = map.required("setpoint", |v| keys::amount(v, known?));
    let deadband = map.optional("deadband", |v| keys::amount(v, known?)).unwrap_or(0.0);
    let gain = |v: &Value<'_>| v.float(0.0..=GREATEST_GAIN);
    let kp = map.required("kp", gain);
    let (ki, kd) = (map.or("ki", 0.0, gain), map.or("kd", 0.0, gain));
    let pid = Pid::new(kp?, ki, kd, 0.0);
    Some(PidScaling { metric: metric?.0, setpoint: setpoint?, deadband, pid, asked_s: None, gave: None })
}

pub fn mmc(map: &MapReader<'_>, place: &Place<'_>) -> Option<MmcScaling> {
    let arrivals = map.optional("arrivals", |v| keys::metric(v, place)).map(|(name, _)| name);
    let demand = map.or("demand", queue::Demand::Cpu, |v| match v.node().text() {
        Some("cpu") => Some(queue::Demand::Cpu),
        _ => v.positive_duration().map(|d| queue::Demand::Fixed(d.as_secs_f64())),
    });
    let servers = map.or("servers", 1, |v| v.int(1..=10_000));
    let scv = |v: &Value<'_>| v.float(0.0..=1e4);
    let (arrival_scv, service_scv) = (map.or("arrival_scv", 1.0, scv), map.or("service_scv", 1.0, scv));
    let objective = map.required("objective", objective);
    Some(MmcScaling {
        arrivals: arrivals.unwrap_or_else(|| metrics::REQUEST_RATE.to_owned()),
        demand,
        servers_per_replica: servers.unsigned_abs(),
        variability: (arrival_scv + service_scv) / 2.0,
        objective: objective?,
    })
}

/// `{ mean: 100ms }`, `{ quantile: 95%, within: 250ms }`, `{ wait: 20ms }`, `{ wait_quantile: 95%, within: 50ms }`.
fn objective(value: &Value<'_>) -> Option<queue::Objective> {
    let map = value.mapping()?;
    let time = |key| map.optional(key, Value::positive_duration).map(|d| d.as_secs_f64());
    let share = |key| map.optional(key, |v: &Value<'_>| keys::share(v).filter(|s| below_one(v, *s)));
    let (mean, wait) = (time("mean"), time("wait"));
    let (quantile, wait_quantile) = (share("quantile"), share("wait_quantile"));
    let within = (quantile.is_some() || wait_quantile.is_some())
        .then(|| map.required("within", Value::positive_duration))
        .flatten()
        .map(|d| d.as_secs_f64());
    map.finish();
    let all = [
        mean.map(queue::Objective::MeanResponse),
        wait.map(queue::Objective::MeanWait),
        quantile.zip(within).map(|(share, t_s)| queue::Objective::ResponseQuantile { share, t_s }),
        wait_quantile.zip(within).map(|(share, t_s)| queue::Objective::WaitQuantile { share, t_s }),
    ];
    let given: Vec<_> = all.into_iter().flatten().collect();
    match given.as_slice() {
        [one] => Some(*one),
        [] if value.cx().has_errors() => None,
        _ => {
            let expected = "one of `mean`, `quantile`, `wait`, `wait_quantile`";
            value.fail(codes::BAD_VALUE, format!("{} needs one objective", value.path()), expected);
            None
        }
    }
}

fn below_one(value: &Value<'_>, share: f64) -> bool {
    if share >= 1.0 {
        value.fail(codes::BAD_VALUE, format!("{} can never be met", value.path()), "less than 100%");
    }
    share < 1.0
}

pub fn optctrl(map: &MapReader<'_>, place: &Place<'_>) -> Option<OptCtrl> {
    let named = |key, standard: &str| {
        if map.get(key).is_none() {
            keys::has(map.value(), standard, place);
        }
        map.optional(key, |v| keys::metric(v, place)).map_or(standard.to_owned(), |(name, _)| name)
    };
    let acts = [("replicas", optimal::Act::Replicas), ("cores", optimal::Act::Cores)];
    let target = map.required("target", keys::share);
    let cores = |v: &Value<'_>| v.float(0.001..=1e5);
    Some(OptCtrl {
        users: named("users", metrics::USERS),
        requests: named("requests", metrics::REQUEST_RATE),
        think_s: keys::seconds(map, "think", 1.0),
        target: target?,
        min_cores: map.or("min_cores", 0.1, cores),
        max_cores: map.or("max_cores", 16.0, cores),
        hold_rounds: map.or("hold", 3, |v| v.int(1..=1000)).unsigned_abs() as usize,
        act: map.or("act", optimal::Act::Replicas, |v| v.enum_of(&acts)),
        recent: Vec::new(),
    })
}

pub fn predictive(map: &MapReader<'_>, place: &Place<'_>) -> Option<Predictive> {
    let metric = map.required("metric", |v| keys::metric(v, place));
    let model = map.or("model", true, |v| v.enum_of(&[("holt-winters", true), ("ar", false)]));
    let factor = |v: &Value<'_>| v.float(0.0..=1.0);
    let step_s = place.every.as_secs_f64();
    let forecast = if model {
        let season = map.optional("season", |v| {
            let season = v.positive_duration()?;
            let steps = season.as_secs_f64() / step_s;
            let whole = steps.round();
            if (steps - whole).abs() > 1e-9 || !(2.0..=100_000.0).contains(&whole) {
                let message = format!("{} must be at least two whole decisions long", v.path());
                v.fail(codes::BAD_VALUE, message, format!("a multiple of `every`, {step_s} s"));
                return None;
            }
            Some(whole as usize)
        });
        Forecast::HoltWinters(HoltWinters::new(
            map.or("alpha", 0.5, factor),
            map.or("beta", 0.1, factor),
            map.or("gamma", 0.3, factor),
            season.unwrap_or(0),
        ))
    } else {
        let order = map.or("order", 2, |v| v.int(1..=50)).unsigned_abs() as usize;
        let window = map.or("window", 60, |v| v.int(4..=10_000)).unsigned_abs() as usize;
        // Fewer values than three for each coefficient fit anything.
        Forecast::Ar(Ar::new(order, window.max(3 * order + 1)))
    };
    let delay = map.required("delay", |v| {
        let delay = v.positive_duration()?;
        if delay > LONGEST_DELAY {
            v.fail(codes::BAD_VALUE, format!("{} is longer than a day", v.path()), "at most 24h");
            return None;
        }
        Some(delay)
    });
    let around = map.required("around", |v| match decider(v, place)? {
        Decider::House(strategy) => Some(strategy),
        Decider::Command(_) => {
            let expected = "a controller of swarmlab; a command may forecast for itself";
            v.fail(codes::BAD_VALUE, format!("{} cannot be a command", v.path()), expected);
            None
        }
    });
    Some(Predictive {
        metric: metric?.0,
        forecast,
        step_s,
        delay_s: delay?.as_secs_f64(),
        around: Box::new(around?),
        last_s: None,
    })
}
