//! The configuration of a front: as envoy/gateway.yaml of the sample application, for any service.

use crate::Protocol;
use std::fmt::Write;

/// What every front's configuration begins with; `@PORTS@`, `@ADMIN@`, `@SERVICE@` and `@NAME@` are filled in.
const HEAD: &str = include_str!("parts/envoy-head.yaml");
/// A listener that reads HTTP.
const HTTP: &str = include_str!("parts/envoy-http.yaml");
/// A listener that passes bytes.
const TCP: &str = include_str!("parts/envoy-tcp.yaml");
/// The replicas at one port.
const CLUSTER: &str = include_str!("parts/envoy-cluster.yaml");
/// How the replicas are spoken to, where it is HTTP.
const UPSTREAM: &str = include_str!("parts/envoy-upstream.yaml");

/// The whole text. `name` is what callers call the service, `service` its name in the woven stack (of which the
/// counters speak), `inner` the name under which its replicas are found.
pub(crate) fn configuration(
    name: &str,
    service: &str,
    inner: &str,
    ports: &[(u16, Protocol)],
    admin: u16,
) -> String {
    let (mut listeners, mut clusters) = (String::new(), String::new());
    for (i, (port, protocol)) in ports.iter().enumerate() {
        // Clusters differ by name; what they count goes by the service's name, added up.
        let cluster = if i == 0 { service.to_owned() } else { format!("{service}-{port}") };
        let fill = |text: &str| {
            text.replace("@PORT@", &port.to_string())
                .replace("@CLUSTER@", &cluster)
                .replace("@SERVICE@", service)
                .replace("@INNER@", inner)
                .replace("@NAME@", name)
        };
        listeners.push_str(&fill(match protocol {
            Protocol::Tcp => TCP,
            _ => HTTP,
        }));
        clusters.push_str(&fill(CLUSTER));
        let version = match protocol {
            Protocol::Tcp => continue,
            Protocol::Http1 => "http_protocol_options",
            Protocol::Http2 | Protocol::Grpc => "http2_protocol_options",
        };
        clusters.push_str(&UPSTREAM.replace("@VERSION@", version));
    }
    let said: Vec<String> = ports.iter().map(|(port, protocol)| format!("{port} ({protocol})")).collect();
    let mut out = HEAD
        .replace("@PORTS@", &said.join(", "))
        .replace("@ADMIN@", &admin.to_string())
        .replace("@SERVICE@", service)
        .replace("@NAME@", name);
    // A String takes everything.
    let _ = write!(out, "static_resources:\n  listeners:\n{listeners}  clusters:\n{clusters}");
    out
}
