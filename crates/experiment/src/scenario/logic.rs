//! What steers steps: `if` and `else`, `repeat`, `while`, `until`, `for_each`, `set`, `batch`.

use swarmlab_codes as codes;
use swarmlab_loadgen::{
    Batch, Condition, Group, MAXIMUM_PARALLEL, MAXIMUM_ROUNDS, Repeat, Step, Template, Test,
};
use swarmlab_yaml::{MapReader, Value};

use super::answer::keys_given;
use super::step::{self, template};

/// Keys that make a group of a step.
const GROUP_KEYS: [&str; 6] = ["if", "else", "repeat", "while", "until", "for_each"];
/// Those of them that make a loop.
const LOOP_KEYS: [&str; 4] = ["repeat", "while", "until", "for_each"];
/// Connections that a browser opens to one host with HTTP/1.1.
const CONNECTIONS: i64 = 6;

/// What a step says about how often and whether it is done.
pub(super) struct Steering {
    condition: Option<Condition>,
    repeat: Option<Repeat>,
    index: Option<String>,
    otherwise: Vec<Step>,
}

impl Steering {
    /// Reads the keys of a step; `None` if it has none of them.
    pub fn read(map: &MapReader<'_>, target: &Option<String>) -> Option<Self> {
        let condition = map.optional("if", condition);
        let otherwise = map.or("else", Vec::new(), |v| v.list(|v| step::read(v, target)));
        let repeat = repeat(map);
        let index = map.optional("index", Value::name);
        let lone = |key: &'static str, needs: &[&'static str], expected: &str| {
            if let (Some(given), 0) = (map.get(key).filter(|v| !v.is_null()), keys_given(map, needs)) {
                given.fail(codes::BAD_VALUE, format!("{} has no meaning here", given.path()), expected);
            }
        };
        lone("else", &["if"], "beside `if`");
        lone("index", &LOOP_KEYS, "beside repeat, while, until or for_each");
        lone("max", &LOOP_KEYS[1..], "beside while, until or for_each");
        (keys_given(map, &GROUP_KEYS) > 0).then_some(Self { condition, repeat, index, otherwise })
    }

    /// The group of these steps.
    pub fn group(self, steps: Vec<Step>) -> Group {
        let Self { condition, repeat, index, otherwise } = self;
        Group { condition, repeat: repeat.unwrap_or(Repeat::Once), index, steps, otherwise }
    }
}

fn repeat(map: &MapReader<'_>) -> Option<Repeat> {
    let times = map.optional("repeat", scalar).map(Repeat::Times);
    let max = map.optional("max", |v| v.int(1..=i64::from(MAXIMUM_ROUNDS)));
    let max = max.and_then(|max| u32::try_from(max).ok());
    let bounded = |key: &'static str| {
        if let (Some(given), None) = (map.get(key).filter(|v| !v.is_null()), max)
            && map.get("max").is_none_or(|v| v.is_null())
        {
            let unbounded = given.error(codes::UNBOUNDED_LOOP, format!("{} has no bound", given.path()));
            let unbounded = unbounded.expected("`max` beside it, the most rounds");
            given.cx().push(unbounded.help("for example `max: 100`"));
        }
        map.optional(key, condition)
    };
    let most = max.unwrap_or(1);
    let as_long_as = bounded("while").map(|condition| Repeat::While { condition, max: most });
    let until = bounded("until").map(|condition| Repeat::Until { condition, max: most });
    let for_each = map.optional("for_each", |v| for_each(v, max.unwrap_or(MAXIMUM_ROUNDS)));
    if keys_given(map, &LOOP_KEYS) > 1 {
        let value = map.value();
        let message = format!("{} is more than one loop", value.path());
        value.fail(
            codes::BAD_VALUE,
            message,
            "one of repeat, while, until and for_each; a loop in `steps` is inside",
        );
    }
    times.or(as_long_as).or(until).or(for_each)
}

/// `{ NAME: list }`.
fn for_each(value: &Value<'_>, max: u32) -> Option<Repeat> {
    let mut read = value.map(template)?;
    match (read.pop(), read.is_empty()) {
        (Some((key, list)), true) => Some(Repeat::ForEach { variable: key.name, list, max }),
        _ => {
            let expected = "one variable and its list, such as { id: \"{{ids}}\" }";
            value.fail(codes::BAD_VALUE, format!("{} must name one variable", value.path()), expected);
            None
        }
    }
}

/// `{ NAME: value }`, in order.
pub(super) fn set(value: &Value<'_>) -> Option<Vec<(String, Template)>> {
    Some(value.map(scalar)?.into_iter().map(|(key, value)| (key.name, value)).collect())
}

/// The list of `batch`, with `connections` beside it.
pub(super) fn batch(map: &MapReader<'_>, target: &Option<String>) -> Option<Batch> {
    let connections = map.or("connections", CONNECTIONS, |v| v.int(1..=i64::from(MAXIMUM_PARALLEL)));
    let steps = map.optional("batch", |v| v.list(|v| step::read(v, target)));
    if let (Some(given), 0) = (map.get("connections").filter(|v| !v.is_null()), keys_given(map, &["batch"])) {
        given.fail(codes::BAD_VALUE, format!("{} has no meaning here", given.path()), "beside `batch`");
    }
    Some(Batch { connections: u32::try_from(connections).ok()?, steps: steps? })
}

/// `{ defined: NAME }`, `{ value: …, equals: … }`, or `not`, `all`, `any` of others.
fn condition(value: &Value<'_>) -> Option<Condition> {
    let map = value.mapping()?;
    let defined = map.optional("defined", Value::name).map(Condition::Defined);
    let not = map.optional("not", condition).map(|inner| Condition::Not(Box::new(inner)));
    let all = map.optional("all", |v| v.list(condition)).map(Condition::All);
    let any = map.optional("any", |v| v.list(condition)).map(Condition::Any);
    let compared = map.optional("value", scalar);
    let tests = tests(&map);
    map.finish();
    let forms = ["defined", "not", "all", "any", "value"];
    let given = keys_given(&map, &TEST_KEYS);
    let has_value = keys_given(&map, &["value"]) == 1;
    if keys_given(&map, &forms) != 1 || has_value != (given > 0) {
        value.fail(
            codes::BAD_VALUE,
            format!("{} is no condition", value.path()),
            format!(
                "{{ defined: NAME }}, {{ value: \"{{{{x}}}}\", equals: … }}, or `not`, `all` or `any` of others; a value \
                 is compared by {}",
                TEST_KEYS.join(", ")
            ),
        );
        return None;
    }
    if !has_value {
        return defined.or(not).or(all).or(any);
    }
    let value = compared?;
    let mut all: Vec<_> =
        tests.into_iter().map(|test| Condition::Compare { value: value.clone(), test }).collect();
    match all.len() {
        // One was wrong.
        count if count != given => None,
        1 => all.pop(),
        _ => Some(Condition::All(all)),
    }
}

const TEST_KEYS: [&str; 9] =
    ["equals", "not_equals", "less", "at_most", "greater", "at_least", "contains", "matches", "one_of"];

fn tests(map: &MapReader<'_>) -> Vec<Test> {
    let one = |key, test: fn(Template) -> Test| map.optional(key, scalar).map(test);
    [
        one("equals", Test::Equals),
        one("not_equals", Test::NotEquals),
        one("less", Test::Less),
        one("at_most", Test::AtMost),
        one("greater", Test::Greater),
        one("at_least", Test::AtLeast),
        one("contains", Test::Contains),
        map.optional("matches", Value::string).map(Test::Matches),
        map.optional("one_of", |v| v.list(scalar)).map(Test::OneOf),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A text with variables, or a number or word as it is written.
pub(super) fn scalar(value: &Value<'_>) -> Option<Template> {
    let text = value.text()?;
    match Template::parse(&text) {
        Ok(template) => Some(template),
        Err(_) => template(value),
    }
}

/// The name of a step that steers others, where it has none: what it is and where it stands.
pub(super) fn name_of(value: &Value<'_>) -> Option<String> {
    let node = value.node();
    let key = GROUP_KEYS.iter().chain(&["set", "batch", "steps"]).find(|key| node.get(key).is_some())?;
    Some(format!("{key} in line {}", value.span().line))
}
