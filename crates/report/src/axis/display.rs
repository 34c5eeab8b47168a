//! Which prefix a unit is shown with.

use crate::model::Unit;
use crate::text::{significant, superscript};

/// How values of a unit are printed on one axis: divided by `factor`, followed by `symbol`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Display {
    /// Values are divided by this before they are printed.
    pub(crate) factor: f64,
    /// Name of the printed unit. Empty for plain numbers.
    pub(crate) symbol: String,
    /// Whether fractions make no sense (replicas).
    pub(crate) whole: bool,
}

impl Display {
    /// The display that keeps numbers up to `largest` (of either sign) short.
    pub(crate) fn of(unit: &Unit, largest: f64) -> Self {
        let largest = largest.abs();
        match unit {
            Unit::Count => Self { whole: largest >= 1.0, ..decimal("", largest) },
            Unit::PerS(what) => decimal(&format!("{what}/s"), largest),
            Unit::Other(text) => decimal(text, largest),
            Unit::S => decimal("s", largest),
            Unit::Ms if largest >= 10_000.0 => Self::new(1000.0, "s"),
            Unit::Ms if largest > 0.0 && largest < 0.1 => Self::new(0.001, "µs"),
            Unit::Ms => decimal("ms", largest),
            Unit::Cores if largest > 0.0 && largest < 0.1 => Self::new(0.001, "millicores"),
            Unit::Cores => decimal("cores", largest),
            Unit::Ratio => Self::new(0.01, "%"),
            Unit::Bytes => binary("B", largest),
            Unit::BytesPerS => binary("B/s", largest),
        }
    }

    fn new(factor: f64, symbol: &str) -> Self {
        Self { factor, symbol: symbol.to_owned(), whole: false }
    }

    /// `value` (in the unit itself) with its symbol, to four significant digits.
    pub(crate) fn print(&self, value: f64) -> String {
        let number = significant(value / self.factor, 4);
        match self.symbol.as_str() {
            "" => number,
            "cores" if number == "1" => "1 core".to_owned(),
            symbol => format!("{number} {symbol}"),
        }
    }
}

fn decimal(name: &str, largest: f64) -> Display {
    let exponent = if largest.is_finite() && (largest >= 1e5 || (largest > 0.0 && largest < 1e-3)) {
        (largest.log10() / 3.0).floor() as i32 * 3
    } else {
        0
    };
    let prefix = match exponent {
        0 => return Display::new(1.0, name),
        3 => "thousand".to_owned(),
        6 => "million".to_owned(),
        9 => "billion".to_owned(),
        other => format!("×10{}", superscript(other)),
    };
    Display::new(10_f64.powi(exponent), format!("{prefix} {name}").trim_end())
}

fn binary(name: &str, largest: f64) -> Display {
    let mut factor = 1.0;
    let mut prefix = "";
    for next in ["Ki", "Mi", "Gi", "Ti", "Pi"] {
        if largest < factor * 1024.0 {
            break;
        }
        factor *= 1024.0;
        prefix = next;
    }
    Display::new(factor, &format!("{prefix}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_follow_the_largest_value() {
        let shown = |unit: &Unit, value: f64| Display::of(unit, value).print(value);
        assert_eq!(shown(&Unit::Bytes, 3.0 * 1024.0 * 1024.0), "3 MiB");
        assert_eq!(shown(&Unit::Bytes, 12.0), "12 B");
        assert_eq!(shown(&Unit::Cores, 0.015), "15 millicores");
        assert_eq!(shown(&Unit::Cores, 2.5), "2.5 cores");
        assert_eq!(shown(&Unit::Cores, 1.0), "1 core");
        assert_eq!(shown(&Unit::Ms, 12_500.0), "12.5 s");
        assert_eq!(shown(&Unit::Ratio, 0.5), "50 %");
        assert_eq!(shown(&Unit::PerS("requests".into()), 250_000.0), "250 thousand requests/s");
        assert_eq!(shown(&Unit::Count, -2e15), "−2 ×10¹⁵");
        assert_eq!(shown(&Unit::Count, 0.0), "0");
    }
}
