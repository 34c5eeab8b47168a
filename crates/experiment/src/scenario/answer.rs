//! What is expected of an answer, and what is taken from it.

use swarmlab_codes as codes;
use swarmlab_loadgen::{Check, ContentCoding, Expect, Extract, FieldTest, JsonPath, NodeTest, Source};
use swarmlab_yaml::{Kind, MapReader, Value};

use super::request::json;

/// `200`, `[200, 404]` or `2xx`.
pub(super) fn expect(value: &Value<'_>) -> Option<Expect> {
    one_or_more(value, status).map(Expect)
}

fn status(value: &Value<'_>) -> Option<(u16, u16)> {
    value.parse("a status such as 200, or a class such as 2xx", |text| match text.strip_suffix("xx") {
        Some(class) => class
            .parse::<u16>()
            .ok()
            .filter(|c| (1..=5).contains(c))
            .map(|c| (c * 100, c * 100 + 99))
            .ok_or("no class of status"),
        None => {
            text.parse::<u16>().ok().filter(|s| (100..=599).contains(s)).map(|s| (s, s)).ok_or("no status")
        }
    })
}

/// `gzip` or `[gzip, deflate]`.
pub(super) fn codings(value: &Value<'_>) -> Option<Vec<ContentCoding>> {
    one_or_more(value, |v| {
        v.parse("gzip or deflate", |text| {
            ContentCoding::named(text.as_bytes()).ok_or("no coding that can be read")
        })
    })
}

pub(super) fn one_or_more<T>(value: &Value<'_>, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<T>> {
    match value.node().kind {
        Kind::Sequence(_) => value.list(read),
        _ => read(value).map(|one| vec![one]),
    }
}

/// `NAME: { json: /token }`, `{ jsonpath: $.token }`, `{ header: location }`, `{ cookie: sid }` or
/// `{ regex: …, group: 1 }`; with `optional: true`, if it may be missing.
pub(super) fn extract(value: &Value<'_>) -> Option<Vec<Extract>> {
    let read = value.map(source)?.into_iter();
    Some(read.map(|(k, (from, optional))| Extract { variable: k.name, from, optional }).collect())
}

fn source(value: &Value<'_>) -> Option<(Source, bool)> {
    let map = value.mapping()?;
    let optional = map.or("optional", false, Value::bool);
    let all = map.or("all", false, Value::bool);
    let path = map.optional("jsonpath", jsonpath).map(|path| Source::JsonPath { path, all });
    let pointer = map.optional("json", pointer).map(Source::JsonPointer);
    let header = map.optional("header", Value::string).map(Source::Header);
    let cookie = map.optional("cookie", Value::string).map(Source::Cookie);
    let group = map.optional("group", |v| v.int(0..=1000));
    let regex = map.optional("regex", Value::string).map(|pattern| match group {
        Some(group) => Source::Regex { pattern, group: usize::try_from(group).unwrap_or(usize::MAX) },
        None => Source::regex(pattern),
    });
    if let (Some(group), 0) = (map.get("group").filter(|v| !v.is_null()), keys_given(&map, &["regex"])) {
        group.fail(codes::BAD_VALUE, format!("{} has no meaning here", group.path()), "beside `regex`");
    }
    if let (Some(all), 0) = (map.get("all").filter(|v| !v.is_null()), keys_given(&map, &["jsonpath"])) {
        all.fail(codes::BAD_VALUE, format!("{} has no meaning here", all.path()), "beside `jsonpath`");
    }
    map.finish();
    if keys_given(&map, &["json", "jsonpath", "header", "cookie", "regex"]) != 1 {
        value.fail(
            codes::BAD_VALUE,
            format!("{} must name one source", value.path()),
            "{ json: /pointer }, { jsonpath: $.path }, { header: name }, { cookie: name } or { regex: …, group: 1 }",
        );
        return None;
    }
    Some((pointer.or(path).or(header).or(cookie).or(regex)?, optional))
}

fn jsonpath(value: &Value<'_>) -> Option<String> {
    let path = value.string()?;
    match JsonPath::parse(&path) {
        Ok(_) => Some(path),
        Err(error) => {
            let message = format!("{}: {error}", value.path());
            value.fail(codes::BAD_JSONPATH, message, "a path such as $.items[0].id (RFC 9535)");
            None
        }
    }
}

/// `{ PATH: test }`.
fn path_checks(value: &Value<'_>) -> Option<Vec<Check>> {
    let entries = value.entries()?;
    let read = entries.iter().map(|(key, value)| {
        let test = node_test(value)?;
        match JsonPath::parse(&key.name) {
            Ok(_) => Some(Check::JsonPath { path: key.name.clone(), test }),
            Err(error) => {
                let cx = value.cx();
                let wrong = cx.error(codes::BAD_JSONPATH, key.span, error.to_string()).at(value.path());
                cx.push(wrong.expected("a path such as $.items[0].id (RFC 9535)"));
                None
            }
        }
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

/// `present`, `absent`, or a mapping with one test.
fn node_test(value: &Value<'_>) -> Option<NodeTest> {
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return value.enum_of(&[("present", NodeTest::Present), ("absent", NodeTest::Absent)]);
    }
    let map = value.mapping()?;
    let count = map.optional("count", |v| v.int(0..=i64::from(u32::MAX)));
    let count = count.and_then(|count| u64::try_from(count).ok()).map(NodeTest::Count);
    // What is compared with may be null.
    let equals = map.get("equals").map(|v| NodeTest::Equals(json(v.node())));
    let matches = map.optional("matches", Value::string).map(NodeTest::Matches);
    let number = |key| map.optional(key, |v: &Value<'_>| v.float(f64::MIN..=f64::MAX));
    let (least, most) = (number("at_least"), number("at_most"));
    map.finish();
    let bounds = usize::from(keys_given(&map, &["at_least", "at_most"]) > 0);
    if keys_given(&map, &["count", "matches"]) + usize::from(equals.is_some()) + bounds != 1 {
        let expected = "present, absent, { count: n }, { equals: value }, { matches: expression } or { at_least: a, at_most: b }";
        value.fail(codes::BAD_VALUE, format!("{} must be one test", value.path()), expected);
        return None;
    }
    let within = (least.is_some() || most.is_some()).then_some(NodeTest::Within { least, most });
    count.or(equals).or(matches).or(within)
}

/// How many of these keys have a value, right or wrong.
pub(super) fn keys_given(map: &MapReader<'_>, keys: &[&'static str]) -> usize {
    keys.iter().filter(|key| map.get(key).is_some_and(|v| !v.is_null())).count()
}

fn pointer(value: &Value<'_>) -> Option<String> {
    let pointer = value.string()?;
    if is_pointer(value, &pointer) { Some(pointer) } else { None }
}

fn is_pointer(value: &Value<'_>, pointer: &str) -> bool {
    if pointer.is_empty() || pointer.starts_with('/') {
        return true;
    }
    value.fail(
        codes::BAD_VALUE,
        format!("{} is no JSON pointer", value.path()),
        "a pointer such as /token (RFC 6901)",
    );
    false
}

/// `{ headers: { NAME: … }, contains: …, matches: …, json: { POINTER: value }, jsonpath: { PATH: … }, latency: … }`.
pub(super) fn checks(value: &Value<'_>) -> Option<Vec<Check>> {
    let map = value.mapping()?;
    let headers = map.or("headers", Vec::new(), |v| v.map(field_test));
    let headers = headers.into_iter().map(|(key, test)| Check::Header { name: key.name, test });
    let body = body_checks(&map);
    let latency = map.optional("latency", Value::positive_duration);
    map.finish();
    let latency = latency.map(|bound| Check::LatencyBelow { s: bound.as_secs_f64() });
    Some(headers.chain(body).chain(latency).collect())
}

/// The assertions on a body.
fn body_checks(map: &MapReader<'_>) -> Vec<Check> {
    let contains = map.or("contains", Vec::new(), |v| one_or_more(v, |x| x.name()));
    let matches = map.or("matches", Vec::new(), |v| one_or_more(v, |x| x.name()));
    let values = map.or("json", Vec::new(), |v| {
        let entries = v.entries()?;
        let read = entries.iter().map(|(key, value)| {
            let check = Check::Json { pointer: key.name.clone(), equals: json(value.node()) };
            is_pointer(value, &key.name).then_some(check)
        });
        read.collect::<Vec<_>>().into_iter().collect()
    });
    let paths = map.or("jsonpath", Vec::new(), path_checks);
    let body =
        contains.into_iter().map(Check::BodyContains).chain(matches.into_iter().map(Check::BodyMatches));
    body.chain(values).chain(paths).collect()
}

/// `{ contains: …, matches: …, json: { POINTER: value }, jsonpath: { PATH: … } }`: what a message on a WebSocket must fulfil.
pub(super) fn message_checks(value: &Value<'_>) -> Option<Vec<Check>> {
    let map = value.mapping()?;
    let body = body_checks(&map);
    map.finish();
    Some(body)
}

/// `present`, `{ equals: text }` or `{ matches: expression }`.
fn field_test(value: &Value<'_>) -> Option<FieldTest> {
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return value.enum_of(&[("present", FieldTest::Present)]);
    }
    let map = value.mapping()?;
    let equals = map.optional("equals", Value::text).map(FieldTest::Equals);
    let matches = map.optional("matches", Value::string).map(FieldTest::Matches);
    map.finish();
    if keys_given(&map, &["equals", "matches"]) != 1 {
        let expected = "present, { equals: text } or { matches: expression }";
        value.fail(codes::BAD_VALUE, format!("{} must be one test", value.path()), expected);
        return None;
    }
    equals.or(matches)
}
