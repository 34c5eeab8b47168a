//! Typed getters for single values.

use super::Value;
use super::units::{parse_duration, parse_percent};
use crate::suggest::nearest;
use crate::tree::Kind;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use swarmlab_codes as codes;

impl<'c> Value<'c> {
    /// A string. Numbers and booleans are refused: they must be quoted to be meant as text.
    pub fn string(&self) -> Option<String> {
        match &self.node().kind {
            Kind::String(text) => Some(text.clone()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
                let text = &self.node().raw;
                let message =
                    format!("{} must be a string, found {}", self.path(), self.node().kind.describe());
                let wrong = self.error(codes::WRONG_TYPE, message).expected("a string");
                self.cx().push(wrong.help(format!("put it in quotes: \"{text}\"")));
                None
            }
            _ => self.wrong_type("a string"),
        }
    }

    /// A string that is not empty.
    pub fn name(&self) -> Option<String> {
        let text = self.string()?;
        if text.trim().is_empty() {
            self.fail(codes::BAD_VALUE, format!("{} must not be empty", self.path()), "some text");
            return None;
        }
        Some(text)
    }

    /// The text of any scalar as it was written: `0.50` stays `0.50`, `true` stays `true`.
    pub fn text(&self) -> Option<String> {
        match self.node().text() {
            Some(text) => Some(text.to_owned()),
            None => self.wrong_type("a string"),
        }
    }

    /// `true` or `false`.
    pub fn bool(&self) -> Option<bool> {
        match &self.node().kind {
            Kind::Bool(b) => Some(*b),
            Kind::String(text) => {
                let meant = match text.to_ascii_lowercase().as_str() {
                    "yes" | "y" | "on" | "true" => "true",
                    "no" | "n" | "off" | "false" => "false",
                    _ => return self.wrong_type("true or false"),
                };
                let message = format!("{} must be true or false, found the string `{text}`", self.path());
                let wrong = self.error(codes::WRONG_TYPE, message).expected("true or false");
                self.cx().push(wrong.help(format!("write {meant}, without quotes")));
                None
            }
            _ => self.wrong_type("true or false"),
        }
    }

    /// A whole number within bounds.
    pub fn int(&self, bounds: RangeInclusive<i64>) -> Option<i64> {
        match self.node().kind {
            Kind::Int(n) => self.within(n, bounds, "a whole number"),
            _ => self.wrong_type(&format!("a whole number{}", shown(&bounds, i64::MIN, i64::MAX))),
        }
    }

    /// A finite number within bounds.
    pub fn float(&self, bounds: RangeInclusive<f64>) -> Option<f64> {
        let number = match self.node().kind {
            Kind::Int(n) => n as f64,
            Kind::Float(x) if x.is_finite() => x,
            _ => return self.wrong_type(&format!("a number{}", shown(&bounds, f64::MIN, f64::MAX))),
        };
        self.within_float(number, bounds)
    }

    /// A duration with its unit: `250ms`, `1s`, `2m`, `1h`, `1m30s`, `1.5s`. A plain number is refused,
    /// because nobody can see whether it means seconds.
    pub fn duration(&self) -> Option<Duration> {
        const EXPECTED: &str = "a duration such as 250ms, 1s or 1m30s";
        match &self.node().kind {
            Kind::Int(_) | Kind::Float(_) => {
                let text = &self.node().raw;
                let message = format!("{} is a number without a unit", self.path());
                let wrong = self.error(codes::BAD_VALUE, message).expected(EXPECTED);
                self.cx().push(
                    wrong.help(format!("write the unit: {text}s for seconds, {text}ms for milliseconds")),
                );
                None
            }
            Kind::String(_) => self.parse(EXPECTED, parse_duration),
            _ => self.wrong_type(EXPECTED),
        }
    }

    /// A duration longer than zero.
    pub fn positive_duration(&self) -> Option<Duration> {
        let duration = self.duration()?;
        if duration.is_zero() {
            self.fail(
                codes::BAD_VALUE,
                format!("{} must be longer than zero", self.path()),
                "a duration above 0s",
            );
            return None;
        }
        Some(duration)
    }

    /// A share written as a percentage (`1%`, `0.5%`), returned as a fraction between 0 and 1.
    pub fn percent(&self) -> Option<f64> {
        const EXPECTED: &str = "a percentage such as 1%, between 0% and 100%";
        match &self.node().kind {
            Kind::Int(_) | Kind::Float(_) => {
                let text = &self.node().raw;
                let wrong =
                    self.error(codes::BAD_VALUE, format!("{} is a number without a `%`", self.path()));
                self.cx().push(wrong.expected(EXPECTED).help(format!("write {text}%")));
                None
            }
            Kind::String(_) => self.parse(EXPECTED, parse_percent),
            _ => self.wrong_type(EXPECTED),
        }
    }

    /// One of the listed words.
    pub fn enum_of<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let list = words.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", ");
        let expected = format!("one of {list}");
        let Some(text) = self.node().text() else { return self.wrong_type(&expected) };
        if let Some((_, value)) = words.iter().find(|(w, _)| *w == text) {
            return Some(value.clone());
        }
        let wrong =
            self.error(codes::BAD_VALUE, format!("{} cannot be `{text}`", self.path())).expected(expected);
        self.cx().push(match nearest(text, words.iter().map(|(w, _)| *w)) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        });
        None
    }

    /// Any scalar's text, understood by `read`, whose error says what is wrong with it.
    pub fn parse<T, E: Display>(&self, expected: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let Some(text) = self.node().text() else { return self.wrong_type(expected) };
        match read(text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fail(codes::BAD_VALUE, format!("{}: {why}", self.path()), expected);
                None
            }
        }
    }

    /// Any scalar's text, understood by the type's own `FromStr`.
    pub fn parsed<T: FromStr>(&self, expected: &str) -> Option<T>
    where
        T::Err: Display,
    {
        self.parse(expected, str::parse)
    }

    fn within(&self, n: i64, bounds: RangeInclusive<i64>, what: &str) -> Option<i64> {
        if bounds.contains(&n) {
            return Some(n);
        }
        let range = shown(&bounds, i64::MIN, i64::MAX);
        self.fail(
            codes::BAD_VALUE,
            format!("{} is {n}, out of range", self.path()),
            format!("{what}{range}"),
        );
        None
    }

    fn within_float(&self, x: f64, bounds: RangeInclusive<f64>) -> Option<f64> {
        if bounds.contains(&x) {
            return Some(x);
        }
        let range = shown(&bounds, f64::MIN, f64::MAX);
        self.fail(
            codes::BAD_VALUE,
            format!("{} is {x}, out of range", self.path()),
            format!("a number{range}"),
        );
        None
    }
}

/// " from 1 to 10", " of at least 1", "": bounds at the type's own limits are not worth a word.
fn shown<N: PartialOrd + Display>(bounds: &RangeInclusive<N>, least: N, most: N) -> String {
    match (*bounds.start() > least, *bounds.end() < most) {
        (true, true) => format!(" from {} to {}", bounds.start(), bounds.end()),
        (true, false) => format!(" of at least {}", bounds.start()),
        (false, true) => format!(" of at most {}", bounds.end()),
        (false, false) => String::new(),
    }
}
