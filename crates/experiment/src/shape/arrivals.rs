//! `arrivals: uniform | poisson | mmpp2 | { mmpp2: … }`: the law of the gaps in the open model.

use swarmlab_codes as codes;
use swarmlab_shapes::{Arrivals, Modulation};
use swarmlab_yaml::Value;

use super::keys::long;

/// Reads the law.
pub fn element(value: &Value<'_>) -> Option<Arrivals> {
    if value.node().text().is_some() || value.is_null() {
        return value.enum_of(&[
            ("uniform", Arrivals::Uniform),
            ("poisson", Arrivals::Poisson),
            ("mmpp2", Arrivals::Mmpp2(Modulation::default())),
        ]);
    }
    let map = value.mapping()?;
    let modulation = map.required("mmpp2", |v| {
        let map = v.mapping()?;
        let d = Modulation::default();
        let modulation = Modulation {
            ratio: map.or("ratio", d.ratio, |v| v.float(1.0..=1e6)),
            quiet_s: long(&map, "quiet", d.quiet_s),
            busy_s: long(&map, "busy", d.busy_s),
        };
        map.finish();
        if !v.cx().has_errors()
            && let Err(e) = Arrivals::Mmpp2(modulation).validate()
        {
            v.fail(codes::BAD_VALUE, e.to_string(), "parameters within their ranges");
        }
        Some(modulation)
    });
    map.finish();
    Some(Arrivals::Mmpp2(modulation?))
}
