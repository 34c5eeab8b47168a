//! `shape: dlim`

use swarmlab_shapes::shape::{
    Burst, BurstForm, Dlim, DlimNoise, Form, Law, Operator, Seasonal, Shape, Trend,
};
use swarmlab_yaml::{MapReader, Value};

use super::keys::{MAX_LEVEL, count, difference, level, long, maybe_zero, seed, word};

const FORMS: [(&str, Form); 4] = [
    ("sin", Form::Sin),
    ("linear", Form::Linear),
    ("exponential", Form::Exponential),
    ("logarithmic", Form::Logarithmic),
];

/// Laws of random deviations.
pub const LAWS: [(&str, Law); 2] = [("normal", Law::Normal), ("uniform", Law::Uniform)];

pub fn dlim(map: &MapReader<'_>) -> Option<Shape> {
    let seasonal = map.or("seasonal", Seasonal::default(), seasonal);
    let periods = count(map, "periods", Dlim::default().periods);
    let trend = map.optional("trend", |v| trend(v, seasonal.period_s));
    let burst = map.optional("burst", burst);
    let noise = map.optional("noise", noise);
    Some(Shape::Dlim(Box::new(Dlim { seasonal, periods, trend, burst, noise })))
}

fn seasonal(value: &Value<'_>) -> Option<Seasonal> {
    let map = value.mapping()?;
    let d = Seasonal::default();
    let period_s = long(&map, "period", d.period_s);
    let base = level(&map, "base", d.base);
    let first_peak = level(&map, "first_peak", d.first_peak);
    let seasonal = Seasonal {
        period_s,
        peaks: map.or("peaks", i64::from(d.peaks), |v| v.int(0..=1000)).try_into().unwrap_or(d.peaks),
        base,
        inner_base: level(&map, "inner_base", base),
        first_peak,
        last_peak: level(&map, "last_peak", first_peak),
        peaks_within_s: long(&map, "peaks_within", period_s / 2.0),
        form: word(&map, "form", d.form, &FORMS),
    };
    map.finish();
    Some(seasonal)
}

fn trend(value: &Value<'_>, period_s: f64) -> Option<Trend> {
    let map = value.mapping()?;
    let d = Trend::default();
    let operator =
        word(&map, "operator", d.operator, &[("multiply", Operator::Multiply), ("add", Operator::Add)]);
    let least = if operator == Operator::Add { -MAX_LEVEL } else { 0.0 };
    let points = map.required("points", |v| v.list(|v| v.float(least..=MAX_LEVEL)));
    let every_s = long(&map, "every", period_s);
    let offset_s = maybe_zero(&map, "offset", d.offset_s);
    let form = word(&map, "form", d.form, &FORMS);
    map.finish();
    Some(Trend { operator, points: points?, every_s, offset_s, form })
}

fn burst(value: &Value<'_>) -> Option<Burst> {
    let map = value.mapping()?;
    let d = Burst::default();
    let forms = [
        ("exponential", BurstForm::Exponential),
        ("exponential-logarithmic", BurstForm::ExponentialLogarithmic),
        ("linear", BurstForm::Linear),
    ];
    let burst = Burst {
        peak: level(&map, "peak", d.peak),
        width_s: long(&map, "width", d.width_s),
        first_s: maybe_zero(&map, "first", d.first_s),
        every_s: long(&map, "every", d.every_s),
        form: word(&map, "form", d.form, &forms),
    };
    map.finish();
    Some(burst)
}

fn noise(value: &Value<'_>) -> Option<DlimNoise> {
    let map = value.mapping()?;
    let d = DlimNoise::default();
    let noise = DlimNoise {
        law: word(&map, "law", d.law, &LAWS),
        mean: difference(&map, "mean", d.mean),
        spread: level(&map, "spread", d.spread),
        step_s: long(&map, "step", d.step_s),
        seed: seed(&map, d.seed),
    };
    map.finish();
    Some(noise)
}
