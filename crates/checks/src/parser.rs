//! Text -> check.

use super::lexer::{Token, error, tokens};
use super::unit::{self, Amount, Kind};
use super::{Check, Comparison, Function, Limit, Quantity, SyntaxError};

/// Longer texts are refused.
const LONGEST: usize = 500;

/// Reads a check.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn parse(text: &str) -> Result<Check, SyntaxError> {
    if text.chars().count() > LONGEST {
        return Err(error(LONGEST, "a check that is too long", format!("at most {LONGEST} characters")));
    }
    let mut p = Parser { tokens: tokens(text)?, next: 0, end: text.chars().count() };
    let begin = p.at();
    let left = p.quantity()?;
    let over = p.sign("/").then(|| p.quantity()).transpose()?;
    let comparison = p.comparison()?;
    let limit_at = p.at();
    let limit = p.limit()?;
    if p.next < p.tokens.len() {
        return Err(p.unexpected("the end"));
    }
    let check = Check { text: text.trim().to_owned(), left, over, comparison, limit };
    kinds(&check, begin, limit_at)?;
    Ok(check)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn unexpected(&self, expected: impl Into<String>) -> SyntaxError {
        error(self.at(), self.peek().map_or_else(|| "the end".to_owned(), Token::shown), expected)
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted);
        self.next += usize::from(found);
        found
    }

    fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        self.next += 1;
        Some(word)
    }

    fn quantity(&mut self) -> Result<Quantity, SyntaxError> {
        let at = self.at();
        let Some(name) = self.word() else {
            return Err(
                self.unexpected("a figure, or a function of a column: p95(response), max(ms-exercise.cpu)")
            );
        };
        if !self.sign("(") {
            return Ok(Quantity { function: None, name });
        }
        let Some((_, function)) = Function::NAMES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = Function::NAMES.iter().map(|(name, _)| *name).collect();
            return Err(error(at, format!("an unknown function `{name}`"), known.join(", ")));
        };
        let Some(name) = self.word() else {
            return Err(self.unexpected("the name of a column, or `response`"));
        };
        if !self.sign(")") {
            return Err(self.unexpected("`)`"));
        }
        if is_response(&name) && matches!(function, Function::Min | Function::Sum | Function::Last) {
            let problem = format!("no {} of all response times is known", function.name());
            return Err(error(at, problem, "mean, max, p50, p90, p95, p99 or p99.9"));
        }
        Ok(Quantity { function: Some(*function), name })
    }

    fn comparison(&mut self) -> Result<Comparison, SyntaxError> {
        let known = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Below),
            (">", Comparison::Above),
        ];
        match known.into_iter().find(|(sign, _)| self.sign(sign)) {
            Some((_, comparison)) => Ok(comparison),
            None => Err(self.unexpected("<, <=, > or >=")),
        }
    }

    fn limit(&mut self) -> Result<Limit, SyntaxError> {
        let Some(Token::Number(number)) = self.peek() else {
            return Err(self.unexpected("a number with its unit: 250ms, 0.9 cores, 1 %"));
        };
        let number = *number;
        self.next += 1;
        if self.sign("%") {
            if !matches!(self.peek(), Some(Token::Word(word)) if word == "of") {
                return Ok(Limit::Amount(Amount { value: number / 100.0, kind: Kind::Count }));
            }
            self.next += 1;
            return Ok(Limit::Share { of_one: number / 100.0, of: self.quantity()? });
        }
        let at = self.at();
        let per_s = self.sign("/");
        let mut unit = self.word().unwrap_or_default();
        if per_s {
            unit.insert(0, '/');
        } else if self.sign("/") {
            unit = format!("{unit}/{}", self.word().unwrap_or_default());
        }
        unit::amount(number, &unit).map(Limit::Amount).ok_or_else(|| {
            error(at, format!("an unknown unit `{unit}`"), unit::names().collect::<Vec<_>>().join(", "))
        })
    }
}

/// Whether a name is that of all response times, or of those of an endpoint.
fn is_response(name: &str) -> bool {
    name.split(':').next() == Some("response")
}

/// What a name measures, where the name tells.
pub(crate) fn kind_of(q: &Quantity) -> Option<Kind> {
    let stem = q.name.split(':').next().unwrap_or(&q.name);
    let metric = stem.rsplit_once('.').map_or(stem, |(_, metric)| metric);
    match metric {
        "response" => Some(Kind::Time),
        "throughput" | "offered" => Some(Kind::Rate),
        "sent" | "completed" | "failed" | "errors" | "error_rate" => Some(Kind::Count),
        "cpu" => Some(Kind::Cores),
        "memory" => Some(Kind::Bytes),
        name if name.ends_with("_ms") => Some(Kind::Time),
        name if name.ends_with("_per_s") => Some(Kind::Rate),
        name if name.ends_with("_cores") => Some(Kind::Cores),
        name if name.ends_with("_bytes") => Some(Kind::Bytes),
        _ => None,
    }
}

/// Refuses units that do not fit what is bounded.
fn kinds(check: &Check, left_at: usize, limit_at: usize) -> Result<(), SyntaxError> {
    let left = kind_of(&check.left);
    if let Some(over) = &check.over {
        if let (Some(a), Some(b)) = (left, kind_of(over))
            && a != b
        {
            return Err(error(left_at, "a ratio of unlike quantities", format!("both in {}", a.units())));
        }
        return match &check.limit {
            Limit::Amount(amount) if amount.kind == Kind::Count => Ok(()),
            _ => Err(error(limit_at, "a unit on a ratio", "a number, or a percentage: 1 %")),
        };
    }
    match (&check.limit, left) {
        (Limit::Amount(amount), Some(kind)) if amount.kind != kind => {
            Err(error(limit_at, "a unit that does not fit", kind.units()))
        }
        (Limit::Share { of, .. }, Some(kind)) if kind_of(of).is_some_and(|k| k != kind) => {
            Err(error(limit_at, "a share of something unlike", format!("a quantity in {}", kind.units())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_examples_of_the_manual() {
        let check = parse("p95(response) < 250ms").unwrap();
        assert_eq!(
            check.left,
            Quantity { function: Some(Function::Quantile(950)), name: "response".to_owned() }
        );
        assert_eq!(check.limit, Limit::Amount(Amount { value: 250.0, kind: Kind::Time }));
        let check = parse("max(ms-exercise.cpu) < 0.9 cores").unwrap();
        assert_eq!(check.left.name, "ms-exercise.cpu");
        let check = parse("errors / sent < 1 %").unwrap();
        assert_eq!(check.limit, Limit::Amount(Amount { value: 0.01, kind: Kind::Count }));
        let check = parse("throughput >= 95 % of offered").unwrap();
        assert!(
            matches!(&check.limit, Limit::Share { of_one, of } if *of_one == 0.95 && of.name == "offered")
        );
        for good in [
            "p99.9(\"response:GET /a b\") <= 1.5 s",
            "demand_ms:ms-exercise < 16 ms/request",
            "throughput > 40/s",
        ] {
            parse(good).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_has_a_place_and_what_would_be_right() {
        let cases = [
            ("", 0, "a figure"),
            ("p95(response)", 13, "<, <=, > or >="),
            ("p95(response) < 250", 16, "us, ms, s or min"),
            ("p95(response) < 250 cores", 16, "us, ms, s or min"),
            ("p42(response) < 1ms", 0, "p50, p90"),
            ("sum(response) < 1ms", 0, "mean, max, p50"),
            ("sent / min(response:login) < 1", 7, "mean, max, p50"),
            ("p95(response < 1ms", 13, "`)`"),
            ("p95() < 1ms", 4, "the name"),
            ("errors / sent < 1 ms", 16, "a percentage"),
            ("errors / throughput < 1 %", 0, "both in"),
            ("throughput >= 95 % of sent", 14, "/s"),
            ("sent > 5 apples", 9, "requests"),
            ("sent > 5 requests more", 18, "the end"),
            ("sent ? 5", 5, "a name"),
            ("sent > 1.2.3", 7, "a number"),
            ("\"sent > 5", 0, "`\"`"),
        ];
        for (text, at, expected) in cases {
            let e = parse(text).unwrap_err();
            assert!(e.at == at && e.expected.contains(expected), "{text}: {e:?}");
        }
    }
}
