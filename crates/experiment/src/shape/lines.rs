//! Shapes of straight lines.

use swarmlab_shapes::shape::{
    Constant, Cyclical, Peak, Ramp, Sawtooth, Shape, Spike, Stage, Stages, Step as StepShape,
};
use swarmlab_yaml::{MapReader, Value};

use super::keys::{MAX_LEVEL, count, difference, level, long, maybe_zero};

pub fn constant(map: &MapReader<'_>) -> Option<Shape> {
    let d = Constant::default();
    Some(Shape::Constant(Constant {
        level: level(map, "level", d.level),
        duration_s: long(map, "duration", d.duration_s),
    }))
}

pub fn ramp(map: &MapReader<'_>) -> Option<Shape> {
    let d = Ramp::default();
    Some(Shape::Ramp(Ramp {
        from: level(map, "from", d.from),
        to: level(map, "to", d.to),
        duration_s: long(map, "duration", d.duration_s),
    }))
}

pub fn step(map: &MapReader<'_>) -> Option<Shape> {
    let d = StepShape::default();
    Some(Shape::Step(StepShape {
        first: level(map, "first", d.first),
        increment: difference(map, "increment", d.increment),
        steps: count(map, "steps", d.steps),
        hold_s: long(map, "hold", d.hold_s),
        down: map.or("down", d.down, Value::bool),
    }))
}

pub fn stages(map: &MapReader<'_>) -> Option<Shape> {
    let from = level(map, "from", Stages::default().from);
    let stages = map.required("stages", |v| {
        v.list(|v| {
            let stage = v.mapping()?;
            let target = stage.required("target", |v| v.float(0.0..=MAX_LEVEL));
            let duration = stage.required("duration", Value::duration);
            stage.finish();
            Some(Stage { target: target?, duration_s: duration?.as_secs_f64() })
        })
    });
    Some(Shape::Stages(Stages { from, stages: stages? }))
}

pub fn spike(map: &MapReader<'_>) -> Option<Shape> {
    let d = Spike::default();
    Some(Shape::Spike(Spike {
        base: level(map, "base", d.base),
        peak: level(map, "peak", d.peak),
        rise_s: maybe_zero(map, "rise", d.rise_s),
        hold_s: maybe_zero(map, "hold", d.hold_s),
        fall_s: maybe_zero(map, "fall", d.fall_s),
        lead_s: maybe_zero(map, "lead", d.lead_s),
        tail_s: maybe_zero(map, "tail", d.tail_s),
    }))
}

pub fn peak(map: &MapReader<'_>) -> Option<Shape> {
    let d = Peak::default();
    Some(Shape::Peak(Peak {
        level: level(map, "level", d.level),
        rise_s: maybe_zero(map, "rise", d.rise_s),
        hold_s: maybe_zero(map, "hold", d.hold_s),
        fall_s: maybe_zero(map, "fall", d.fall_s),
    }))
}

pub fn cyclical(map: &MapReader<'_>) -> Option<Shape> {
    let d = Cyclical::default();
    Some(Shape::Cyclical(Cyclical {
        from: level(map, "from", d.from),
        peak: level(map, "peak", d.peak),
        rest: level(map, "rest", d.rest),
        rise_s: maybe_zero(map, "rise", d.rise_s),
        hold_s: maybe_zero(map, "hold", d.hold_s),
        period_s: long(map, "period", d.period_s),
        cycles: count(map, "cycles", d.cycles),
    }))
}

pub fn sawtooth(map: &MapReader<'_>) -> Option<Shape> {
    let d = Sawtooth::default();
    Some(Shape::Sawtooth(Sawtooth {
        from: level(map, "from", d.from),
        to: level(map, "to", d.to),
        period_s: long(map, "period", d.period_s),
        cycles: count(map, "cycles", d.cycles),
    }))
}
