//! `fixed`, `schedule`, `threshold`, `step`, `target-tracking`.

use swarmlab_codes as codes;
use swarmlab_control::controllers::target::Of;
use swarmlab_control::controllers::threshold::{Change, Rule, When};
use swarmlab_control::controllers::{Fixed, Schedule, StepScaling, TargetTracking, Threshold, step as steps};
use swarmlab_control::metrics::Metric;
use swarmlab_yaml::{Diagnostic, MapReader, Span, Value};

use super::{Place, keys};
use crate::read_named_file;

pub fn fixed(map: &MapReader<'_>, place: &Place<'_>) -> Option<Fixed> {
    let replicas = map.required("replicas", |v| {
        let replicas = v.int(0..=100)?.unsigned_abs();
        let (min, max) = (place.bounds.min, place.bounds.max);
        // Crossed bounds have their own finding.
        if min <= max && !(min..=max).contains(&replicas) {
            let message = format!("{} is outside of the service's bounds", v.path());
            v.fail(codes::BAD_VALUE, message, format!("{min} to {max} replicas"));
            return None;
        }
        Some(replicas)
    });
    Some(Fixed { replicas: replicas? })
}

pub fn schedule(map: &MapReader<'_>, place: &Place<'_>) -> Option<Schedule> {
    let entries = map.required("file", |v| {
        let (path, text) = read_named_file(v, place.base)?;
        Schedule::parse(&text)
            .map_err(|(line, what)| {
                let shown = path.display().to_string();
                let at = Span { line, ..Span::default() };
                let finding = Diagnostic::error(codes::BAD_VALUE, &shown, &text, at, what);
                v.cx().push(finding.expected("lines of `seconds,replicas`, in the order of time"));
            })
            .ok()
    });
    let repeat_s = map.optional("repeat", Value::positive_duration).map(|d| d.as_secs_f64());
    Some(Schedule { entries: entries?, repeat_s, begun_s: None })
}

/// `change: +2`, `change: -1`, `change: +50%`; `set: 5`.
fn change(map: &MapReader<'_>) -> Option<Change> {
    const EXPECTED: &str = "a number of replicas such as +2 or -1, or a percentage such as +50%";
    let by = map.optional("change", |v| {
        v.parse(EXPECTED, |text| {
            let wrong = || "is no change of a count".to_owned();
            let bounded = |v: f64| if v.is_finite() && v.abs() <= 10_000.0 { Ok(v) } else { Err(wrong()) };
            match text.strip_suffix('%') {
                Some(percent) => {
                    percent.trim().parse().map_err(|_| wrong()).and_then(bounded).map(Change::Percent)
                }
                None => text
                    .parse::<i32>()
                    .ok()
                    .filter(|n| n.unsigned_abs() <= 100)
                    .map(|n| Change::By(n.into()))
                    .ok_or_else(wrong),
            }
        })
    });
    let to = map.optional("set", |v| v.int(0..=100)).map(|n| Change::To(n.unsigned_abs()));
    match (by, to) {
        (Some(_), Some(_)) => {
            let at = map.get("set")?;
            at.fail(codes::BAD_VALUE, "`change` and `set` cannot both be".to_owned(), "one of them");
            None
        }
        (None, None) if !map.value().cx().has_errors() => {
            map.required("change", |_| None::<Change>);
            None
        }
        (by, to) => by.or(to),
    }
}

pub fn threshold(map: &MapReader<'_>, place: &Place<'_>) -> Option<Threshold> {
    let rules = map.required("rules", |v| keys::some(v, "rule", |item| rule(item, place)));
    Some(Threshold { cooldown: keys::cooldown(map, 60.0, 300.0), rules: rules? })
}

fn rule(value: &Value<'_>, place: &Place<'_>) -> Option<Rule> {
    let map = value.mapping()?;
    let metric = map.required("metric", |v| keys::metric(v, place));
    let side = |key: &'static str, side: fn(f64) -> When| {
        let known = metric.as_ref().map(|(_, m)| *m);
        map.optional(key, |v| keys::amount(v, known?)).map(side)
    };
    let (above, below) = (side("above", When::Above), side("below", When::Below));
    let when = match (above, below) {
        (Some(_), Some(_)) => {
            value.fail(
                codes::BAD_VALUE,
                format!("{} has both `above` and `below`", value.path()),
                "one of them",
            );
            None
        }
        (None, None) if metric.is_some() && map.get("above").is_none() && map.get("below").is_none() => {
            map.required("above", |_| None::<When>)
        }
        (above, below) => above.or(below),
    };
    let for_s = keys::seconds(&map, "for", 0.0);
    let change = change(&map);
    map.finish();
    Some(Rule { metric: metric?.0, when: when?, for_s, change: change?, since_s: None })
}

pub fn step(map: &MapReader<'_>, place: &Place<'_>) -> Option<StepScaling> {
    let metric = map.required("metric", |v| keys::metric(v, place));
    let known = metric.as_ref().map(|(_, m)| *m);
    let threshold = map.required("threshold", |v| keys::amount(v, known?));
    let steps = map.required("steps", |v| keys::some(v, "step", |item| row(item, known)));
    let cooldown = keys::cooldown(map, 60.0, 300.0);
    Some(StepScaling { metric: metric?.0, threshold: threshold?, steps: steps?, cooldown })
}

fn row(value: &Value<'_>, metric: Option<&Metric>) -> Option<steps::Step> {
    let map = value.mapping()?;
    let from = map.optional("from", |v| keys::difference(v, metric?));
    let to = map.optional("to", |v| keys::difference(v, metric?));
    let change = change(&map);
    map.finish();
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        value.fail(codes::BAD_VALUE, format!("{} ends before it begins", value.path()), "`from` below `to`");
        return None;
    }
    Some(steps::Step { from, to, change: change? })
}

pub fn target_tracking(map: &MapReader<'_>, place: &Place<'_>) -> Option<TargetTracking> {
    let metric = map.required("metric", |v| keys::metric(v, place));
    let known = metric.as_ref().map(|(_, m)| *m);
    let target = map.required("target", |v| keys::above_zero(v, known?));
    // Fractions and times are the same however many replicas there are; amounts add up.
    let standard =
        if known.is_some_and(|m| matches!(m.unit, "fraction" | "s")) { Of::Mean } else { Of::Total };
    let of = map.or("of", standard, |v| v.enum_of(&[("mean", Of::Mean), ("total", Of::Total)]));
    let only_up = map.or("only_up", false, Value::bool);
    let cooldown = keys::cooldown(map, 0.0, 300.0);
    Some(TargetTracking { metric: metric?.0, of, target: target?, only_up, cooldown })
}
