//! Shapes made of shapes.

use swarmlab_shapes::shape::{Clip, Noise, Repeat, Scale, Sequence, Shape, Sum};
use swarmlab_yaml::{MapReader, Value};

use super::dlim::LAWS;
use super::element;
use super::keys::{MAX_LEVEL, level, long, seed};

fn parts(map: &MapReader<'_>) -> Option<Vec<Shape>> {
    map.required("parts", |v| v.list(element))
}

fn of(map: &MapReader<'_>) -> Option<Box<Shape>> {
    map.required("of", element).map(Box::new)
}

fn factor(map: &MapReader<'_>, key: &'static str, least: f64) -> f64 {
    map.or(key, 1.0, |v| v.float(least..=1e6))
}

pub fn sequence(map: &MapReader<'_>) -> Option<Shape> {
    Some(Shape::Sequence(Sequence { parts: parts(map)? }))
}

pub fn sum(map: &MapReader<'_>) -> Option<Shape> {
    Some(Shape::Sum(Sum { parts: parts(map)? }))
}

pub fn scale(map: &MapReader<'_>) -> Option<Shape> {
    let (factor, stretch) = (factor(map, "factor", 0.0), factor(map, "stretch", 1e-6));
    Some(Shape::Scale(Scale { factor, stretch, of: of(map)? }))
}

pub fn repeat(map: &MapReader<'_>) -> Option<Shape> {
    let times = map.required("times", |v| v.int(1..=100_000));
    let of = of(map);
    Some(Shape::Repeat(Repeat { times: u32::try_from(times?).ok()?, of: of? }))
}

pub fn clip(map: &MapReader<'_>) -> Option<Shape> {
    let min = level(map, "min", 0.0);
    let max = map.optional("max", |v| v.float(0.0..=MAX_LEVEL));
    Some(Shape::Clip(Clip { min, max, of: of(map)? }))
}

pub fn noise(map: &MapReader<'_>) -> Option<Shape> {
    let of = of(map);
    // Everything is asked for before anything is given up.
    let law = map.optional("law", |v| v.enum_of(&LAWS));
    let relative = map.optional("relative", Value::percent);
    let (absolute, step_s) = (level(map, "absolute", 0.0), long(map, "step", 1.0));
    let seed = seed(map, 1);
    let plain = Noise::over(*of?);
    Some(Shape::Noise(Noise {
        law: law.unwrap_or(plain.law),
        relative: relative.unwrap_or(plain.relative),
        absolute,
        step_s,
        seed,
        ..plain
    }))
}
