#![allow(clippy::unwrap_used)]
use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::*;

struct World {
    values: BTreeMap<String, String>,
    random: SmallRng,
    counters: BTreeMap<String, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let values = [
            ("a", "7"),
            ("b", "2"),
            ("id", "9007199254740993"),
            ("real", "2.5"),
            ("word", "ä b"),
            ("x-y", "1"),
        ];
        Self {
            values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            random: SmallRng::seed_from_u64(seed),
            counters: BTreeMap::new(),
        }
    }

    fn get(&mut self, text: &str) -> Result<String, String> {
        let expression = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        text_of(&expression, self).map_err(|error| error.to_string())
    }
}

impl Scope<String> for World {
    fn text(&mut self, variable: &String) -> Cow<'_, str> {
        self.values.get(variable).map(String::as_str).unwrap_or_default().into()
    }

    fn random(&mut self) -> &mut SmallRng {
        &mut self.random
    }

    fn unix_ms(&self) -> i64 {
        1_795_275_753_120
    }

    fn count(&mut self, counter: &str) -> u64 {
        let count = self.counters.entry(counter.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

#[test]
fn arithmetic_is_that_of_school() {
    for (text, expected) in [
        ("a + b * 3", "13"),
        ("(a + b) * 3", "27"),
        ("a - b - 1", "4"),
        ("-a + b", "-5"),
        ("- -a", "7"),
        ("a / b", "3.5"),
        ("(a + 1) / b", "4"),
        ("a % b", "1"),
        ("-a % b", "-1"),
        ("real * 2", "5"),
        ("real + 0.25", "2.75"),
        ("x-y + 1", "2"),
        ("id + 1", "9007199254740994"),
        ("int(a / b)", "3"),
        ("int(-a / b)", "-3"),
        ("round(a / b)", "4"),
        ("round(2 / 3, 2)", "0.67"),
        ("floor(-a / b)", "-4"),
        ("ceil(a / b)", "4"),
        ("abs(b - a)", "5"),
        ("min(a, b, 3)", "2"),
        ("max(a, real)", "7"),
        ("1e3 + 1", "1001"),
        ("'5' + 1", "6"),
    ] {
        assert_eq!(World::new(1).get(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn texts_are_made_and_encoded() {
    // Base64: RFC 4648 section 10.
    for (text, expected) in [
        ("base64('')", ""),
        ("base64('f')", "Zg=="),
        ("base64('fo')", "Zm8="),
        ("base64('foo')", "Zm9v"),
        ("base64('foobar')", "Zm9vYmFy"),
        ("base64(concat('Aladdin', ':', \"open sesame\"))", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("url(word)", "%C3%A4%20b"),
        ("upper(word)", "Ä B"),
        ("lower('AbC')", "abc"),
        ("length(word)", "3"),
        ("default(word, 'c')", "ä b"),
        ("default(unset, a + 1)", "8"),
        ("now()", "2026-11-21T15:42:33.120Z"),
        ("now('-1d')", "2026-11-20T15:42:33.120Z"),
        ("unix()", "1795275753"),
        ("unix('90s')", "1795275843"),
        ("unix_ms('-20ms')", "1795275753100"),
    ] {
        assert_eq!(World::new(1).get(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_has_no_value_says_why() {
    for (text, expected) in [
        ("word + 1", "\"ä b\" is no number"),
        ("unset * 2", "\"\" is no number"),
        ("a / 0", "7 / 0 has no finite result"),
        ("a % 0", "7 % 0 has no finite result"),
        ("9223372036854775807 + 1", "more than 64 bits"),
        ("1e308 * 1e10", "no finite result"),
        ("random_int(a, b)", "2 is no number that `random_int` takes here"),
        ("random_int(0, real)", "2.5 is no number"),
        ("random_string(20000)", "more than 16384 bytes"),
        ("round(real, 99)", "99 is no number that `round` takes here"),
        ("'inf' + 1", "\"inf\" is no number"),
    ] {
        let error = World::new(1).get(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn random_values_come_from_the_seed_and_keep_their_bounds() {
    let all = "concat(uuid(), random_int(1, 6), random_float(0, 1), random_string(5), choice('a', 'b'))";
    let (mut one, mut other) = (World::new(7), World::new(7));
    for _ in 0..5 {
        assert_eq!(one.get(all), other.get(all));
    }
    assert_ne!(one.get(all), World::new(8).get(all));
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..4000 {
        *counts.entry(one.get("weighted('a', 3, 'b', 1)").unwrap()).or_default() += 1;
        assert!((1..=6).contains(&one.get("random_int(1, 6)").unwrap().parse::<u32>().unwrap()));
        let drawn: f64 = one.get("random_float(-1, 1)").unwrap().parse().unwrap();
        assert!((-1.0..1.0).contains(&drawn));
    }
    // Five standard deviations of a binomial with p = 3/4.
    assert!((f64::from(counts["a"]) - 3000.0).abs() < 5.0 * (4000.0_f64 * 0.75 * 0.25).sqrt(), "{counts:?}");
    assert_eq!(one.get("random_int(3, 3)").as_deref(), Ok("3"));
    assert!(one.get("random_string(9, 'xy')").unwrap().bytes().all(|b| b == b'x' || b == b'y'));
    let uuid = one.get("uuid()").unwrap();
    let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert!(uuid.as_bytes()[14] == b'4' && b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
}

#[test]
fn counters_go_up_each_on_its_own() {
    let mut world = World::new(1);
    let taken: Vec<_> = ["counter()", "counter()", "counter('x')", "counter()"]
        .iter()
        .map(|text| world.get(text).unwrap())
        .collect();
    assert_eq!(taken, ["0", "1", "0", "2"]);
}

#[test]
fn what_is_no_expression_says_where_and_what() {
    for (text, expected, at) in [
        ("a +", "expected a number, a text in quotes, a variable or a function at the end", 3),
        ("a b", "expected an operator at `b`", 2),
        ("(a", "expected `)` at the end", 2),
        ("'a", "expected a closing quote for at `'a`", 0),
        ("random_imt(1, 2)", "there is no function `random_imt`: did you mean `random_int`?", 0),
        ("1 + zzzzzz()", "there is no function `zzzzzz` (there are uuid, now,", 4),
        ("random_int(1)", "`random_int` is called like this: random_int(1, 6)", 0),
        ("random_int(6, 1)", "the lower bound comes first", 0),
        ("now('tomorrow')", "an offset is a text such as '90s'", 0),
        ("weighted('a', 0)", "each value has a weight above 0 behind it", 0),
        ("counter(a)", "the name is a text in quotes", 0),
        ("random_int(1, 2", "expected `,` or `)` at the end", 15),
        ("a ** 2", "expected a number", 3),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
        assert_eq!(error.at(), at, "{text}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(40), ")".repeat(40));
    assert_eq!(parse(&deep), Err(ExpressionError::TooDeep { at: 32 }));
    assert!(parse(&vec!["1"; 400].join("+")).is_ok());
    assert!(matches!(parse(&vec!["1"; 100_000].join("+")), Err(ExpressionError::TooLong { .. })));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[a-c0-9+*/%(), '-]*") {
        match parse(&text) {
            Ok(expression) => {
                let _ = text_of(&expression, &mut World::new(1));
            }
            Err(error) => prop_assert!(error.at() <= text.len()),
        }
    }

    #[test]
    fn sums_are_those_of_the_machine(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, c in 1_i64..1000) {
        let text = format!("({a} + {b}) * {c} - {b} % {c}");
        prop_assert_eq!(World::new(1).get(&text), Ok(((a + b) * c - b % c).to_string()));
    }
}
