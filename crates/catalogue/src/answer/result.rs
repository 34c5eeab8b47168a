//! What stands where in an answer. Each series is handed over as soon as it is read, and its samples make room for the next.

use std::cell::Cell;
use std::fmt;
use std::io;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Answer, Each, Labels, Point};

/// Furthest time from 1970, milliseconds: the year 9999.
const FURTHEST_MS: f64 = 253_402_300_800_000.0;

/// What was read so far.
pub(super) struct Reading<'a, 'e> {
    pub(super) answer: Answer,
    pub(super) status: Option<String>,
    /// Why somebody did not take a series.
    pub(super) failed: Option<io::Error>,
    each: &'a mut Each<'e>,
    points: Vec<Point>,
    /// Bytes since a series was handed over.
    since: &'a Cell<u64>,
}

impl<'a, 'e> Reading<'a, 'e> {
    pub(super) fn new(each: &'a mut Each<'e>, since: &'a Cell<u64>) -> Self {
        Self { answer: Answer::default(), status: None, failed: None, each, points: Vec::new(), since }
    }

    fn hand_over<E: Error>(&mut self, labels: &Labels) -> Result<(), E> {
        self.since.set(0);
        self.answer.series += 1;
        self.answer.samples += self.points.len() as u64;
        (self.each)(labels, &self.points).map_err(|e| {
            self.failed = Some(e);
            E::custom("not taken")
        })
    }
}

/// The answer.
pub(super) struct Whole<'r, 'a, 'e>(pub(super) &'r mut Reading<'a, 'e>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        while let Some(key) = map.next_key::<String>()? {
            let answer = &mut reading.answer;
            match key.as_str() {
                "status" => reading.status = Some(text(&mut map)?),
                "errorType" => answer.error_type = text(&mut map)?,
                "error" => answer.error = text(&mut map)?,
                "warnings" => answer.warnings = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "infos" => answer.infos = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "isPartial" => answer.is_partial |= map.next_value::<Value>()? == true,
                "data" => map.next_value_seed(Data(&mut *reading))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A text; empty where something else stands.
fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<String, A::Error> {
    Ok(match map.next_value()? {
        Value::String(text) => text,
        _ => String::new(),
    })
}

/// `data`: a matrix, a vector or a scalar. Of an error it is null; of other questions (`labels`) a list, of other programs
/// anything.
struct Data<'r, 'a, 'e>(&'r mut Reading<'a, 'e>);

impl<'de> DeserializeSeed<'de> for Data<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Data<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "result" => map.next_value_seed(All(&mut *self.0))?,
                "isPartial" => self.0.answer.is_partial |= map.next_value::<Value>()? == true,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// `result`: series one after the other, or time and value of a scalar.
struct All<'r, 'a, 'e>(&'r mut Reading<'a, 'e>);

impl<'de> DeserializeSeed<'de> for All<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for All<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(scalar) = list.next_element_seed(Series(&mut *self.0))? {
            if let Some(t_s) = scalar {
                self.0.points.clear();
                self.0.points.push(behind(t_s, &mut list)?);
                self.0.hand_over(&Labels::new())?;
            }
        }
        Ok(())
    }
}

/// One series; or the time of a scalar, in seconds.
struct Series<'r, 'a, 'e>(&'r mut Reading<'a, 'e>);

impl<'de> DeserializeSeed<'de> for Series<'_, '_, '_> {
    type Value = Option<f64>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<f64>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Series<'_, '_, '_> {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a series")
    }

    fn visit_f64<E: Error>(self, t_s: f64) -> Result<Option<f64>, E> {
        Ok(Some(t_s))
    }

    fn visit_i64<E: Error>(self, t_s: i64) -> Result<Option<f64>, E> {
        Ok(Some(t_s as f64))
    }

    fn visit_u64<E: Error>(self, t_s: u64) -> Result<Option<f64>, E> {
        Ok(Some(t_s as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<f64>, A::Error> {
        let (mut labels, mut histograms) = (Labels::new(), false);
        self.0.points.clear();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metric" => labels = map.next_value()?,
                "values" => map.next_value_seed(Samples(&mut self.0.points))?,
                "value" => self.0.points.push(map.next_value_seed(Sample)?),
                key => {
                    histograms |= matches!(key, "histogram" | "histograms");
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        // A label without a value is no label.
        labels.retain(|_, value| !value.is_empty());
        if histograms {
            let name = labels.get("__name__").map_or("a series", String::as_str);
            let why = format!("it holds native histograms ({name}), which are no numbers");
            return Err(A::Error::custom(why));
        }
        self.0.hand_over(&labels)?;
        Ok(None)
    }
}

/// `[[1435781430.781, "1"], …]`.
struct Samples<'r>(&'r mut Vec<Point>);

impl<'de> DeserializeSeed<'de> for Samples<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Samples<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(point) = list.next_element_seed(Sample)? {
            self.0.push(point);
        }
        Ok(())
    }
}

/// `[1435781430.781, "1"]`.
struct Sample;

impl<'de> DeserializeSeed<'de> for Sample {
    type Value = Point;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Point, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Sample {
    type Value = Point;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("time and value of a sample")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Point, A::Error> {
        let t_s = list.next_element()?.ok_or_else(|| A::Error::custom("it holds a sample without a time"))?;
        behind(t_s, &mut list)
    }
}

/// The value that stands behind its time.
fn behind<'de, A: SeqAccess<'de>>(t_s: f64, list: &mut A) -> Result<Point, A::Error> {
    let t_ms = (t_s * 1e3).round();
    if t_ms.is_nan() || t_ms.abs() > FURTHEST_MS {
        return Err(A::Error::custom(format!("it holds a sample at {t_s} s, which is no time")));
    }
    let value = list
        .next_element_seed(Number)?
        .ok_or_else(|| A::Error::custom("it holds a sample without a value"))?;
    Ok(Point { t_ms: t_ms as i64, value })
}

/// A number as Prometheus writes values: a text.
struct Number;

impl<'de> DeserializeSeed<'de> for Number {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<f64, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number as a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        let number = match text {
            "NaN" => Some(f64::NAN),
            "+Inf" | "Inf" => Some(f64::INFINITY),
            "-Inf" => Some(f64::NEG_INFINITY),
            // Not the other words for such numbers that Rust reads.
            _ if text.ends_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| {
            let short: String = text.chars().take(40).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            E::custom(format!("it holds `{short}{more}`, which is no number"))
        })
    }
}
