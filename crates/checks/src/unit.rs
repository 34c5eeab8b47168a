//! Units of thresholds, and which may be compared with which.

use std::fmt;

/// What a number measures; its base unit is in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Time (milliseconds).
    Time,
    /// Something a second (requests a second).
    Rate,
    /// CPU (cores).
    Cores,
    /// Memory (bytes).
    Bytes,
    /// A number of things, or a share.
    Count,
}

impl Kind {
    /// Units it may be written in.
    pub fn units(self) -> &'static str {
        match self {
            Self::Time => "us, ms, s or min",
            Self::Rate => "/s",
            Self::Cores => "cores or mcores",
            Self::Bytes => "B, KiB, MiB or GiB",
            Self::Count => "no unit, or %",
        }
    }

    /// The base unit; empty for counts and shares.
    pub fn base_unit(self) -> &'static str {
        match self {
            Self::Time => "ms",
            Self::Rate => "/s",
            Self::Cores => "cores",
            Self::Bytes => "bytes",
            Self::Count => "",
        }
    }
}

/// A number in the base unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    /// How much.
    pub value: f64,
    /// Of what.
    pub kind: Kind,
}

impl Amount {
    /// How many decimals of it are shown.
    pub fn decimals(self) -> usize {
        match self.kind {
            Kind::Time | Kind::Rate if self.value.abs() >= 10.0 => 1,
            Kind::Time | Kind::Rate | Kind::Cores => 3,
            Kind::Bytes => 0,
            Kind::Count if self.value.fract() == 0.0 => 0,
            Kind::Count => 4,
        }
    }
}

/// The number with its unit: `12.3 ms`, `0.250 cores`, `0.0100`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = format!("{:.*}", self.decimals(), self.value);
        match self.kind.base_unit() {
            "" => f.write_str(&number),
            unit => write!(f, "{number} {unit}"),
        }
    }
}

/// Units by name, with what one of them is in the base unit.
const UNITS: [(&str, Kind, f64); 21] = [
    ("us", Kind::Time, 1e-3),
    ("ms", Kind::Time, 1.0),
    ("s", Kind::Time, 1e3),
    ("min", Kind::Time, 6e4),
    ("/s", Kind::Rate, 1.0),
    ("requests/s", Kind::Rate, 1.0),
    ("per_s", Kind::Rate, 1.0),
    ("cores", Kind::Cores, 1.0),
    ("core", Kind::Cores, 1.0),
    ("mcores", Kind::Cores, 1e-3),
    ("B", Kind::Bytes, 1.0),
    ("bytes", Kind::Bytes, 1.0),
    ("KiB", Kind::Bytes, 1024.0),
    ("MiB", Kind::Bytes, 1_048_576.0),
    ("GiB", Kind::Bytes, 1_073_741_824.0),
    ("requests", Kind::Count, 1.0),
    ("users", Kind::Count, 1.0),
    ("replicas", Kind::Count, 1.0),
    ("%", Kind::Count, 0.01),
    ("ms/request", Kind::Time, 1.0),
    ("", Kind::Count, 1.0),
];

/// A number in a unit; `None` where the unit is not known.
pub fn amount(value: f64, unit: &str) -> Option<Amount> {
    UNITS
        .iter()
        .find(|(name, ..)| *name == unit)
        .map(|(_, kind, one)| Amount { value: value * one, kind: *kind })
}

/// Names of all units.
pub fn names() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(name, ..)| *name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_with_their_unit() {
        for (value, kind, shown) in [
            (0.47, Kind::Time, "0.470 ms"),
            (250.0, Kind::Time, "250.0 ms"),
            (47.04, Kind::Rate, "47.0 /s"),
            (0.2504, Kind::Cores, "0.250 cores"),
            (1_048_576.0, Kind::Bytes, "1048576 bytes"),
            (0.01, Kind::Count, "0.0100"),
            (100.0, Kind::Count, "100"),
        ] {
            assert_eq!(Amount { value, kind }.to_string(), shown);
        }
    }
}
