//! `wait`: the pause of a user between two iterations.

use swarmlab_codes as codes;
use swarmlab_loadgen::Wait;
use swarmlab_yaml::Value;

use super::answer::keys_given;

const EXPECTED: &str = "one of between, constant, constant_pacing, constant_throughput, exponential";

pub(super) fn read(value: &Value<'_>) -> Option<Wait> {
    let map = value.mapping()?;
    let constant = map.optional("constant", Value::duration).map(|d| Wait::Constant { s: d.as_secs_f64() });
    let between = map.optional("between", between);
    let exponential =
        map.optional("exponential", Value::duration).map(|d| Wait::Exponential { mean_s: d.as_secs_f64() });
    let paced = |d: std::time::Duration| Wait::Pacing { s: d.as_secs_f64() };
    let pacing = map.optional("constant_pacing", Value::positive_duration).map(paced);
    // The shorter word is older.
    let short = map.get_unlisted("pacing").filter(|v| !v.is_null());
    let short = short.and_then(|v| v.positive_duration()).map(paced);
    let throughput = map
        .optional("constant_throughput", |v| v.float(1e-6..=1e6))
        .map(|per_s| Wait::ConstantThroughput { per_s });
    map.finish();
    let keys = ["constant", "between", "exponential", "constant_pacing", "constant_throughput"];
    let problem = match keys_given(&map, &keys) + usize::from(map.get_unlisted("pacing").is_some()) {
        0 => "no way",
        1 => return constant.or(between).or(exponential).or(pacing).or(short).or(throughput),
        _ => "more than one way",
    };
    value.fail(codes::BAD_VALUE, format!("{} names {problem} to wait", value.path()), EXPECTED);
    None
}

fn between(value: &Value<'_>) -> Option<Wait> {
    let bounds = value.list(Value::duration)?;
    match bounds.as_slice() {
        [min, max] if min <= max => {
            Some(Wait::Between { min_s: min.as_secs_f64(), max_s: max.as_secs_f64() })
        }
        _ => {
            value.fail(
                codes::BAD_VALUE,
                format!("{} must be two durations, the shorter first", value.path()),
                "[1s, 3s]",
            );
            None
        }
    }
}
