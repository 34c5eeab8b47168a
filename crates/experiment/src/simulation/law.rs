//! `4ms` | `{ law: lognormal, mean: 4ms, scv: 1 }` | `{ between: [1ms, 9ms] }` | `{ values: [1ms, 2ms, 9ms] }`: the law
//! of a time.

use swarmlab_codes as codes;
use swarmlab_simulate::Law;
use swarmlab_yaml::Value;

#[derive(Clone, Copy)]
enum Word {
    Constant,
    Exponential,
    Lognormal,
    Gamma,
}

/// Reads a law. A time alone is constant.
pub(super) fn read(value: &Value<'_>) -> Option<Law> {
    if value.node().text().is_some() {
        return value.duration().map(|d| Law::Constant { mean_s: d.as_secs_f64() });
    }
    let map = value.mapping()?;
    if map.get("values").is_some() {
        let values = map.required("values", |v| {
            let values = v.list(Value::duration)?;
            if values.is_empty() {
                v.fail(codes::BAD_VALUE, format!("{} is empty", v.path()), "at least one time");
                return None;
            }
            Some(values.iter().map(std::time::Duration::as_secs_f64).collect())
        });
        map.finish();
        return values.map(Law::Empirical);
    }
    if map.get("between").is_some() {
        let bounds = map.required("between", |v| {
            let bounds = v.list(Value::duration)?;
            match bounds[..] {
                [least, most] if least <= most => {
                    Some(Law::Uniform { min_s: least.as_secs_f64(), max_s: most.as_secs_f64() })
                }
                _ => {
                    let message = format!("{} is no pair of bounds", v.path());
                    v.fail(codes::BAD_VALUE, message, "[LEAST, MOST]");
                    None
                }
            }
        });
        map.finish();
        return bounds;
    }
    let word = map.required("law", |v| {
        v.enum_of(&[
            ("constant", Word::Constant),
            ("exponential", Word::Exponential),
            ("lognormal", Word::Lognormal),
            ("gamma", Word::Gamma),
        ])
    });
    let mean_s = map.required("mean", Value::duration).map(|d| d.as_secs_f64());
    let scv = |map: &swarmlab_yaml::MapReader<'_>| map.required("scv", |v| v.float(0.001..=1e4));
    let law = match word {
        None => {
            // Whichever it is to be, this is not the key that is wrong.
            map.known(&["scv"]);
            None
        }
        Some(Word::Constant) => mean_s.map(|mean_s| Law::Constant { mean_s }),
        Some(Word::Exponential) => mean_s.map(|mean_s| Law::Exponential { mean_s }),
        Some(Word::Lognormal) => {
            let scv = scv(&map);
            mean_s.zip(scv).map(|(mean_s, scv)| Law::Lognormal { mean_s, scv })
        }
        Some(Word::Gamma) => {
            let scv = scv(&map);
            mean_s.zip(scv).map(|(mean_s, scv)| Law::Gamma { mean_s, scv })
        }
    };
    map.finish();
    law
}
