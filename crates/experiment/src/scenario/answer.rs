//! What is expected of an answer, and what is taken from it.

use swarmlab_codes as codes;
use swarmlab_loadgen::{Check, ContentCoding, Expect, Extract, FieldTest, Source};
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

/// `NAME: { json: /token }`, `{ header: location }`, `{ cookie: sid }` or `{ regex: …, group: 1 }`.
pub(super) fn extract(value: &Value<'_>) -> Option<Vec<Extract>> {
    Some(value.map(source)?.into_iter().map(|(k, from)| Extract { variable: k.name, from }).collect())
}

fn source(value: &Value<'_>) -> Option<Source> {
    let map = value.mapping()?;
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
    map.finish();
    if keys_given(&map, &["json", "header", "cookie", "regex"]) != 1 {
        value.fail(
            codes::BAD_VALUE,
            format!("{} must name one source", value.path()),
            "{ json: /pointer }, { header: name }, { cookie: name } or { regex: …, group: 1 }",
        );
        return None;
    }
    pointer.or(header).or(cookie).or(regex)
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

/// `{ headers: { NAME: … }, contains: …, matches: …, json: { POINTER: value }, latency: … }`.
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
    let body =
        contains.into_iter().map(Check::BodyContains).chain(matches.into_iter().map(Check::BodyMatches));
    body.chain(values).collect()
}

/// `{ contains: …, matches: …, json: { POINTER: value } }`: what a message on a WebSocket must fulfil.
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
