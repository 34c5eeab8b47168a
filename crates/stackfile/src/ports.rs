//! Published ports: `"8080:80"`, `"9000-9002:9000-9002/udp"`, `{ target: 80, published: 8080, mode: host }`.

use crate::read::number;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Span, Spanned, Value};

/// One port of a service that is reachable from outside its networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Port inside the container.
    pub target: u16,
    /// Port outside; chosen by the Engine if absent.
    pub published: Option<u16>,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Where it is reachable.
    pub mode: PortMode,
    /// Where it stands in the file.
    pub span: Span,
    /// The way to it in the file.
    pub path: String,
}

/// Transport protocol of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Where a published port is reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortMode {
    /// On every node of the Swarm, balanced over the tasks.
    Ingress,
    /// On the task's own node alone.
    Host,
}

/// Reads the list of ports; a range becomes one port each.
pub(crate) fn read(value: &Value<'_>) -> Option<Vec<Port>> {
    let items: Vec<Option<Vec<Port>>> = value
        .items()?
        .iter()
        .map(|item| match &item.node().kind {
            Kind::Mapping(_) => long(item).map(|port| vec![port]),
            _ => short(item),
        })
        .collect();
    Some(items.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The TCP ports of `expose`. It has no effect, so what cannot be read is passed over.
pub(crate) fn exposed(value: &Value<'_>) -> Vec<u16> {
    let Kind::Sequence(items) = &value.node().kind else { return Vec::new() };
    let read = items.iter().filter_map(|item| parse_short(item.text()?).ok());
    let tcp = read.filter(|short| short.protocol == Protocol::Tcp).flat_map(|short| short.ports);
    tcp.map(|(_, target)| target).collect()
}

fn long(item: &Value<'_>) -> Option<Port> {
    let map = item.mapping()?;
    let port = |v: &Value<'_>| number::<u16>(v, 1..=65535);
    let target = map.required("target", port);
    // Zero is how the Engine itself writes "choose one".
    let published = map.optional("published", |v| number::<u16>(v, 0..=65535));
    let protocol = map.or("protocol", Protocol::Tcp, |v| {
        v.enum_of(&[("tcp", Protocol::Tcp), ("udp", Protocol::Udp), ("sctp", Protocol::Sctp)])
    });
    let mode = map.or("mode", PortMode::Ingress, |v| {
        v.enum_of(&[("ingress", PortMode::Ingress), ("host", PortMode::Host)])
    });
    map.known_prefix("x-").finish();
    let published = published.filter(|&p| p != 0);
    Some(Port { target: target?, published, protocol, mode, span: item.span(), path: item.path().to_owned() })
}

fn short(item: &Value<'_>) -> Option<Vec<Port>> {
    const EXPECTED: &str = "[published:]target[/protocol], e.g. \"8080:80\"";
    let parsed = item.spanned(|v| v.parse(EXPECTED, parse_short))?;
    let Spanned { value: Short { address, ports, protocol }, span, path } = parsed;
    if address {
        item.warn(
            codes::IGNORED_ADDRESS,
            "the address has no effect: a Swarm publishes on all addresses of a node",
        );
    }
    let port = |(published, target)| Port {
        target,
        published,
        protocol,
        mode: PortMode::Ingress,
        span,
        path: path.clone(),
    };
    Some(ports.into_iter().map(port).collect())
}

struct Short {
    address: bool,
    ports: Vec<(Option<u16>, u16)>,
    protocol: Protocol,
}

fn parse_short(text: &str) -> Result<Short, String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        other => return Err(format!("`{other}` is no protocol (tcp, udp, sctp)")),
    };
    let (outside, target) = match ports.rsplit_once(':') {
        Some((outside, target)) => (Some(outside), target),
        None => (None, ports),
    };
    let (address, published) =
        match outside.map(|o| o.rsplit_once(':').map_or((None, o), |(a, p)| (Some(a), p))) {
            Some((address, published)) => (address, Some(published).filter(|p| !p.is_empty())),
            None => (None, None),
        };
    if let Some(address) = address {
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
        if bare.parse::<std::net::IpAddr>().is_err() {
            return Err(format!("`{address}` is no IP address"));
        }
    }
    let target = range(target)?;
    let ports = match published.map(range).transpose()? {
        None => target.map(|t| (None, t)).collect(),
        Some(published) if published.len() == target.len() => {
            published.zip(target).map(|(p, t)| (Some(p), t)).collect()
        }
        Some(published) if target.len() == 1 => {
            let (target, _) = target.into_inner();
            published.map(|p| (Some(p), target)).collect()
        }
        Some(_) => return Err(format!("the two ranges of `{ports}` differ in length")),
    };
    Ok(Short { address: address.is_some(), ports, protocol })
}

/// `80` or `8000-8010`, both ends included.
fn range(text: &str) -> Result<std::ops::RangeInclusive<u16>, String> {
    let port = |text: &str| match text.parse::<u16>() {
        Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(format!("`{text}` is no port number from 1 to 65535")),
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (port(first)?, port(last)?),
        None => (port(text)?, port(text)?),
    };
    if first > last {
        return Err(format!("the range `{text}` runs backwards"));
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn ports(text: &str) -> Vec<(Option<u16>, u16)> {
        parse_short(text).map(|s| s.ports).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn short_syntax() {
        assert_eq!(ports("80"), [(None, 80)]);
        assert_eq!(ports("8080:80"), [(Some(8080), 80)]);
        assert_eq!(ports("127.0.0.1:8080:80/udp"), [(Some(8080), 80)]);
        assert_eq!(ports("[::1]:8080:80"), [(Some(8080), 80)]);
        assert_eq!(ports("127.0.0.1::80"), [(None, 80)]);
        assert_eq!(ports("9000-9002:80-82"), [(Some(9000), 80), (Some(9001), 81), (Some(9002), 82)]);
        assert_eq!(ports("9000-9001:80"), [(Some(9000), 80), (Some(9001), 80)]);
        assert_eq!(ports("80-81"), [(None, 80), (None, 81)]);
        assert!(parse_short("127.0.0.1:8080:80/udp").unwrap().address);
        for text in [
            "", "0", "65536", "a", "80/http", "1-3:1-2", "3-1", "x:80:80", "80:", ":::", "+80", "80-",
            "1:2:3:4",
        ] {
            assert!(parse_short(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[0-9:/a-z.\\[\\]-]{0,20}") {
            let _ = parse_short(&text);
        }

        #[test]
        fn ranges_keep_their_length(from in 1u16..60000, len in 0u16..50, to in 1u16..60000) {
            let text = format!("{from}-{}:{to}-{}", from + len, to + len);
            prop_assert_eq!(ports(&text).len(), usize::from(len) + 1);
        }
    }
}
