//! The keys and labels of this project: `x-swarmlab: { alias, demand }`, `swarmlab.role`, `swarmlab.fronts`,
//! `swarmlab.demand`.

use std::time::Duration;
use swarmlab_codes as codes;

use swarmlab_yaml::{MapReader, Span, Spanned, Value, parse_duration};

use crate::deploy::Deploy;
use crate::specs::Role;

/// Deploy label that says what a service is to the experiment.
const ROLE_LABEL: &str = "swarmlab.role";
/// Deploy label that names the services whose traffic this one carries, separated by commas.
const FRONTS_LABEL: &str = "swarmlab.fronts";
/// Deploy label that declares the CPU demand of a request.
pub(crate) const DEMAND_LABEL: &str = "swarmlab.demand";
/// Deploy label of everything that was woven in; its value says as what (`front`, `prometheus`, …).
pub const WOVEN_LABEL: &str = "swarmlab.woven";
/// Deploy label of a woven front: the name by which callers know it.
pub const CALLED_LABEL: &str = "swarmlab.woven.called";
/// Deploy label of a woven front: the ports it listens on and what passes there, `80/http1,5432/tcp`.
pub const LISTENS_LABEL: &str = "swarmlab.woven.listens";
/// Deploy label of a service whose own metrics are scraped: `PORT`, or `PORT/path` (`/metrics` if none).
pub const METRICS_LABEL: &str = "swarmlab.metrics";
/// What a demand looks like.
const A_DURATION: &str = "a duration such as 15ms or 0.5s";

/// What `x-swarmlab` of a service says.
#[derive(Debug, Default)]
pub(crate) struct Extension {
    /// The name that it is known by on its networks instead of its own.
    pub alias: Option<Spanned<String>>,
    /// CPU time that one request costs.
    pub demand: Option<Spanned<Duration>>,
}

/// Reads `x-swarmlab`.
pub(crate) fn read(value: &Value<'_>) -> Option<Extension> {
    let map = value.mapping()?;
    let alias = map.optional("alias", |v| v.spanned(Value::name));
    let demand = map.optional("demand", |v| v.spanned(Value::duration));
    map.finish();
    Some(Extension { alias, demand })
}

fn place(deploy: &Deploy, label: &str, map: &MapReader<'_>) -> (Span, String) {
    deploy.label_spans.get(label).cloned().unwrap_or((map.value().span(), String::new()))
}

/// The demand by key or by label; both together are an error, because one of them would be a lie.
pub(crate) fn demand(
    by_key: Option<Spanned<Duration>>,
    deploy: &Deploy,
    map: &MapReader<'_>,
) -> Option<Duration> {
    let Some(text) = deploy.labels.get(DEMAND_LABEL) else { return by_key.map(|d| d.value) };
    let cx = map.value().cx();
    let (span, path) = place(deploy, DEMAND_LABEL, map);
    if by_key.is_some() {
        let message = "the demand is declared twice: here, and by `x-swarmlab`";
        cx.push(cx.error(codes::DEMAND_TWICE, span, message).at(path).help("keep one of the two"));
        return None;
    }
    match parse_duration(text) {
        Ok(demand) => Some(demand),
        Err(why) => {
            let wrong = cx.error(codes::BAD_DEMAND, span, format!("`{text}` is no demand: {why}"));
            let help = "the CPU time that one request costs, with its unit; where it comes from a variable: \
                        `swarmlab.demand: ${DEMAND_MS:-15}ms`";
            cx.push(wrong.at(path).expected(A_DURATION).help(help));
            None
        }
    }
}

/// What a service is to the experiment.
pub(crate) fn role(deploy: &Deploy, map: &MapReader<'_>) -> Role {
    const ROLES: [(&str, Role); 4] = [
        ("application", Role::Application),
        ("proxy", Role::Proxy),
        ("database", Role::Database),
        ("telemetry", Role::Telemetry),
    ];
    let Some(given) = deploy.labels.get(ROLE_LABEL) else { return Role::Other };
    if let Some((_, role)) = ROLES.iter().find(|(name, _)| name == given) {
        return *role;
    }
    let cx = map.value().cx();
    let (span, path) = place(deploy, ROLE_LABEL, map);
    let wrong = cx.error(codes::UNKNOWN_ROLE, span, format!("`{given}` is no role")).at(path);
    let wrong = wrong.expected("one of application, proxy, database, telemetry");
    cx.push(match swarmlab_yaml::nearest(given, ROLES.map(|(name, _)| name)) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    });
    Role::Other
}

/// The services before which this one stands: names separated by commas, each once. All carry the label's place.
pub(crate) fn fronts(deploy: &Deploy) -> Vec<Spanned<String>> {
    let (Some(text), Some((span, path))) =
        (deploy.labels.get(FRONTS_LABEL), deploy.label_spans.get(FRONTS_LABEL))
    else {
        return Vec::new();
    };
    let name = |name: &str| Spanned { value: name.trim().to_owned(), span: *span, path: path.clone() };
    text.split(',').map(name).collect()
}
