//! Curves, and the random path.

use swarmlab_shapes::shape::{Diurnal, DoubleWave, Mmpp2, Mmpp2Parameters, Shape, Sine};
use swarmlab_yaml::MapReader;

use super::keys::{count, hour, level, long, maybe_zero, seed};

pub fn sine(map: &MapReader<'_>) -> Option<Shape> {
    let d = Sine::default();
    Some(Shape::Sine(Sine {
        min: level(map, "min", d.min),
        max: level(map, "max", d.max),
        period_s: long(map, "period", d.period_s),
        phase_s: maybe_zero(map, "phase", d.phase_s),
        duration_s: long(map, "duration", d.duration_s),
    }))
}

pub fn diurnal(map: &MapReader<'_>) -> Option<Shape> {
    let d = Diurnal::default();
    Some(Shape::Diurnal(Diurnal {
        low: level(map, "low", d.low),
        high: level(map, "high", d.high),
        low_hour: hour(map, "low_hour", d.low_hour),
        high_hour: hour(map, "high_hour", d.high_hour),
        start_hour: hour(map, "start_hour", d.start_hour),
        day_s: long(map, "day", d.day_s),
        days: count(map, "days", d.days),
    }))
}

pub fn double_wave(map: &MapReader<'_>) -> Option<Shape> {
    let d = DoubleWave::default();
    Some(Shape::DoubleWave(DoubleWave {
        base: level(map, "base", d.base),
        first: level(map, "first", d.first),
        second: level(map, "second", d.second),
        duration_s: long(map, "duration", d.duration_s),
    }))
}

pub fn mmpp2(map: &MapReader<'_>) -> Option<Shape> {
    let d = Mmpp2Parameters::default();
    Some(Shape::Mmpp2(Mmpp2::new(Mmpp2Parameters {
        low: level(map, "low", d.low),
        high: level(map, "high", d.high),
        low_for_s: long(map, "low_for", d.low_for_s),
        high_for_s: long(map, "high_for", d.high_for_s),
        duration_s: long(map, "duration", d.duration_s),
        seed: seed(map, d.seed),
    })))
}
