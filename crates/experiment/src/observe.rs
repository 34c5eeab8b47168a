//! `observe: { front: [gateway, "api:3000"], protocol: http1, prometheus: http://…, prometheus_port: 9090 }`

use swarmlab_codes as codes;
use swarmlab_stackfile::Stack;
use swarmlab_weave::{Front, Fronts, Naming, Protocol, Telemetry, Wanted, Wishes, Woven, prometheus_address};
use swarmlab_yaml::{Diagnostic, Diagnostics, Kind, Value};

use super::stack_file::{Variables, service_names};
use super::target::{TargetRef, one_of};

/// What is woven into the stack before it is brought up: proxies before services, and telemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observe {
    /// Before which services a proxy is wanted.
    pub fronts: Fronts,
    /// What passes through them, where no label of the stack says it.
    pub protocol: Option<Protocol>,
    /// A Prometheus that is there already and scrapes the fronts.
    pub prometheus: Option<String>,
    /// Where the woven Prometheus is published on its node.
    pub prometheus_port: Option<u16>,
    /// Which proxy was put before which service.
    pub woven: Vec<Front>,
}

impl Observe {
    /// Reads the element; `true` alone stands for everything by default, `false` for nothing.
    pub(super) fn read(value: &Value<'_>, stack: Option<&Stack>) -> Option<Option<Self>> {
        let all = || Self {
            fronts: Fronts::Auto,
            protocol: None,
            prometheus: None,
            prometheus_port: None,
            woven: Vec::new(),
        };
        if !matches!(value.node().kind, Kind::Mapping(_)) {
            return value.bool().map(|yes| yes.then(all));
        }
        let map = value.mapping()?;
        let fronts = map.or("front", Fronts::Auto, |v| fronts(v, stack));
        let protocol = map.optional("protocol", |v| v.enum_of(&Protocol::ALL));
        let prometheus = map.optional("prometheus", |v| {
            v.parse("an address such as http://127.0.0.1:9090", prometheus_address)
        });
        let port = map.optional("prometheus_port", |v| v.int(1..=65535)).and_then(|p| u16::try_from(p).ok());
        if let (Some(_), Some(v)) = (&prometheus, map.get("prometheus_port").filter(|v| !v.is_null())) {
            let message = "a Prometheus that is there already is not published anew";
            v.cx().push(v.error(codes::BAD_VALUE, message).help("keep `prometheus` or `prometheus_port`"));
        }
        map.finish();
        Some(Some(Self { fronts, protocol, prometheus, prometheus_port: port, ..all() }))
    }

    /// Weaves; the fronts are kept. Services keep their names, so that all of the experiment speaks of them as the file.
    pub(super) fn weave(
        &mut self,
        stack: &Stack,
        variables: &Variables<'_>,
    ) -> Result<(Stack, Vec<Diagnostic>), Diagnostics> {
        let telemetry = match self.prometheus {
            Some(_) => Telemetry::Elsewhere,
            None => Telemetry::Woven { port: self.prometheus_port },
        };
        let fronts = self.fronts.clone();
        let wishes = Wishes { fronts, protocol: self.protocol, telemetry, naming: Naming::Kept };
        let Woven { stack, fronts, remarks, .. } = swarmlab_weave::weave(stack, &wishes, variables)?;
        self.woven = fronts;
        Ok((stack, remarks))
    }

    /// Load for a service with a front goes to the front, which has its ports.
    pub(super) fn redirect(&self, target: &mut TargetRef) {
        if let Some(front) = self.woven.iter().find(|front| front.name == target.service) {
            target.service.clone_from(&front.proxy);
        }
    }
}

/// `auto`, `none`, `gateway,api:3000`, or a list.
fn fronts(value: &Value<'_>, stack: Option<&Stack>) -> Option<Fronts> {
    let fronts = match value.node().kind {
        Kind::Sequence(_) => {
            Fronts::Named(value.list(|item| item.parse("a service, or service:port", Wanted::parse))?)
        }
        _ => value.parse("auto, none, or services", Fronts::parse)?,
    };
    if let (Fronts::Named(wanted), Some(stack)) = (&fronts, stack) {
        let known: Vec<String> = service_names(stack).into_iter().map(str::to_owned).collect();
        for wanted in wanted.iter().filter(|w| !known.contains(&w.service)) {
            let message = format!("the stack has no service `{}`", wanted.service);
            let finding = value.error(codes::UNKNOWN_SERVICE, message);
            value.cx().push(one_of(finding, &wanted.service, &known));
        }
    }
    Some(fronts)
}
