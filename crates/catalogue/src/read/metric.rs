//! `{ metric: …, meaning: …, kind: …, unit: …, factor: …, absent: …, proof: … }`, and labels where they differ.

use swarmlab_codes as codes;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_yaml::Value;

use super::{labels, word};
use crate::known::{demanded, kind_word};
use crate::row::Row;
use crate::selector::Selector;

/// Words of the kinds.
const KINDS: [(&str, Kind); 3] =
    [("counter", Kind::Counter), ("gauge", Kind::Gauge), ("histogram", Kind::Bucket)];

pub(super) fn read(value: &Value<'_>) -> Option<Row> {
    let map = value.mapping()?;
    let selector = map.required("metric", selector);
    let meaning = map.required("meaning", |v| word(v, "")).map(Meaning::named);
    let kind = map.required("kind", |v| v.enum_of(&KINDS));
    let unit = map.or("unit", String::new(), |v| match v.node().text() {
        Some("") => Some(String::new()),
        _ => word(v, ""),
    });
    let factor = map.or("factor", 1.0, factor);
    let absent = map.optional("absent", |v| v.float(-1e18..=1e18));
    let proof = map.or("proof", false, Value::bool);
    let labels = labels::read(&map);
    map.finish();
    let (selector, meaning, kind) = (selector?, meaning?, kind?);
    let at = |key: &'static str| map.get(key).unwrap_or_else(|| value.clone());
    if kind == Kind::Bucket && !selector.name.ends_with("_bucket") {
        let place = at("metric");
        let finding = place
            .error(codes::NOT_BUCKETS, format!("`{}` is no name of a histogram's buckets", selector.name))
            .expected("a name that ends with `_bucket`");
        place.cx().push(finding.help(format!("write `metric: {}_bucket`", selector.name)));
        return None;
    }
    if let Some((of, unit_of)) = demanded(&meaning)
        && (of != kind || unit_of != unit)
    {
        let place = at(if of == kind { "unit" } else { "kind" });
        let message = format!("`{meaning}` is a {} in {unit_of}: figures count on it", kind_word(of));
        let finding = place.error(codes::OTHER_KIND, message);
        let help = format!(
            "write `kind: {}, unit: {unit_of}` with a `factor`, or give it a meaning of your own",
            kind_word(of)
        );
        place.cx().push(finding.help(help));
        return None;
    }
    // Where bytes pass unread, a connection is all that a client can be seen to do.
    let from_clients = [Meaning::PROXY_DOWNSTREAM, Meaning::PROXY_CONNECTIONS];
    if proof && (kind != Kind::Counter || !from_clients.contains(&meaning)) {
        let expected = format!("a counter that means `{}`", Meaning::PROXY_DOWNSTREAM);
        at("proof").fail(codes::NO_PROOF_METRIC, format!("`{}` proves nothing", selector.name), expected);
        return None;
    }
    Some(Row { selector, meaning, kind, unit, factor, absent, proof, labels })
}

fn selector(value: &Value<'_>) -> Option<Selector> {
    let text = value.name()?;
    match Selector::parse(&text) {
        Ok(selector) => Some(selector),
        Err(why) => {
            let finding = value
                .error(codes::BAD_SELECTOR, format!("{} cannot be read: {why}", value.path()))
                .expected("a name such as `x_total`, or `x_total{label=\"value\",other!=\"value\"}`");
            value.cx().push(finding);
            None
        }
    }
}

fn factor(value: &Value<'_>) -> Option<f64> {
    let factor = value.float(0.0..=1e18)?;
    if factor < 1e-18 {
        let expected = "what the source's numbers are multiplied by, such as 1000 from s to ms";
        value.fail(codes::BAD_FACTOR, format!("{} must be above 0", value.path()), expected);
        return None;
    }
    Some(factor)
}
