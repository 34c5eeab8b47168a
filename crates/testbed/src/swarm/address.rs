//! The machine at which published host-mode ports of an engine's node answer, told by the engine's address.
//!
//! A wrong machine would be a wrong Prometheus, measured without a word: what cannot be told is refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};

use crate::TestbedError;

/// Where an engine is, as its address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAt {
    /// Behind a local socket.
    ThisMachine,
    /// At an IP address.
    Ip(IpAddr),
    /// At a host whose name must be resolved.
    Name(String),
}

/// Reads `unix:///path`, `tcp://host`, `tcp://host:port` and the same with `http://`; the host is a name, an IPv4
/// address or an IPv6 address in brackets.
///
/// # Errors
/// What is wrong with the address, as half a sentence.
pub fn parse(address: &str) -> Result<EngineAt, &'static str> {
    let (scheme, rest) = address.split_once("://").ok_or("it has no `://`")?;
    match scheme {
        "unix" => return Ok(EngineAt::ThisMachine),
        "tcp" | "http" => {}
        _ => return Err("it is none of unix://, tcp:// and http://"),
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a user before the host is not supported");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, port) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
            let host: Ipv6Addr = host.parse().map_err(|_| "what is in brackets is no IPv6 address")?;
            (EngineAt::Ip(host.into()), port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (named(host)?, port)
        }
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(host),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok() => {
            Ok(host)
        }
        _ => Err("what follows the host is no port (an IPv6 address belongs in brackets)"),
    }
}

fn named(host: &str) -> Result<EngineAt, &'static str> {
    let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    match host.parse::<Ipv4Addr>() {
        Ok(ip) => Ok(EngineAt::Ip(ip.into())),
        Err(_) if host.is_empty() => Err("it names no host"),
        Err(_) if host.bytes().all(letters) => Ok(EngineAt::Name(host.to_owned())),
        Err(_) => Err("its host is neither a name nor an IP address"),
    }
}

/// The IP address of an engine's node; `resolve` gives the addresses of a host name.
///
/// Where a name has addresses of both kinds, the IPv4 one is taken: engines publish ports there, whether or not they
/// have IPv6.
///
/// # Errors
/// [`TestbedError::NoNodeAddress`] if the address cannot be read, its name has no address, or stands for several
/// machines.
pub fn node(
    address: &str,
    resolve: impl FnOnce(&str) -> io::Result<Vec<IpAddr>>,
) -> Result<IpAddr, TestbedError> {
    let unknown = |why: String| TestbedError::NoNodeAddress { address: address.to_owned(), why };
    let name = match parse(address).map_err(|why| unknown(why.to_owned()))? {
        EngineAt::ThisMachine => return Ok(Ipv4Addr::LOCALHOST.into()),
        EngineAt::Ip(ip) => return Ok(ip),
        EngineAt::Name(name) => name,
    };
    let mut found = resolve(&name).map_err(|e| unknown(format!("{name} cannot be resolved: {e}")))?;
    if found.iter().any(IpAddr::is_ipv4) {
        found.retain(IpAddr::is_ipv4);
    }
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [ip] => Ok(ip),
        [] => Err(unknown(format!("{name} has no address"))),
        _ => {
            let found: Vec<String> = found.iter().map(IpAddr::to_string).collect();
            Err(unknown(format!("{name} stands for several machines: {}", found.join(", "))))
        }
    }
}

/// Asks this machine's resolver (`/etc/hosts`, name service); blocks until it answers.
///
/// # Errors
/// What the resolver says.
pub fn look_up(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_name_a_machine() {
        let name = |name: &str| EngineAt::Name(name.to_owned());
        for (address, at) in [
            ("unix:///var/run/docker.sock", EngineAt::ThisMachine),
            ("tcp://127.0.0.1:2375", EngineAt::Ip(ip("127.0.0.1"))),
            ("http://10.0.0.1:2375", EngineAt::Ip(ip("10.0.0.1"))),
            ("tcp://10.0.0.1", EngineAt::Ip(ip("10.0.0.1"))),
            ("tcp://[::1]:2375", EngineAt::Ip(ip("::1"))),
            ("tcp://[2001:db8::1]", EngineAt::Ip(ip("2001:db8::1"))),
            ("tcp://manager.example:2375", name("manager.example")),
            ("tcp://manager.example:2375/", name("manager.example")),
            ("tcp://host", name("host")),
            ("http://host/v1.41", name("host")),
        ] {
            assert_eq!(parse(address), Ok(at), "{address}");
        }
    }

    #[test]
    fn rubbish_is_refused() {
        for address in [
            "",
            "host",
            "host:2375",
            "ssh://host",
            "https://host:2376",
            "tcp://",
            "tcp://:2375",
            "tcp:///path",
            "tcp://host:",
            "tcp://host:port",
            "tcp://host:+1",
            "tcp://host:65536",
            "tcp://host:1:2",
            "tcp://::1:2375",
            "tcp://[::1",
            "tcp://[::1]2375",
            "tcp://[host]:2375",
            "tcp://[fe80::1%eth0]:2375",
            "tcp://user@host:2375",
            "tcp://user:word@10.0.0.1:2375",
            "tcp://two words:2375",
            "tcp://h\u{f6}st:2375",
        ] {
            assert!(parse(address).is_err(), "{address}");
        }
    }

    #[test]
    fn only_names_are_resolved() {
        let never = |name: &str| -> io::Result<Vec<IpAddr>> { panic!("{name} was asked for") };
        assert_eq!(node("unix:///run/docker.sock", never).unwrap(), ip("127.0.0.1"));
        assert_eq!(node("tcp://[::1]:2375", never).unwrap(), ip("::1"));
        assert_eq!(node("http://10.0.0.1:2375", never).unwrap(), ip("10.0.0.1"));
        assert!(node("tcp://user@host", never).is_err());
    }

    #[test]
    fn a_name_is_its_one_machine() {
        let resolve = |found: &[&str]| {
            let found: Vec<IpAddr> = found.iter().map(|text| ip(text)).collect();
            node("tcp://manager.example:2375", |name| {
                assert_eq!(name, "manager.example");
                Ok(found)
            })
        };
        assert_eq!(resolve(&["192.0.2.7"]).unwrap(), ip("192.0.2.7"));
        assert_eq!(resolve(&["2001:db8::7", "192.0.2.7", "192.0.2.7"]).unwrap(), ip("192.0.2.7"));
        assert_eq!(resolve(&["2001:db8::7"]).unwrap(), ip("2001:db8::7"));
        let several = resolve(&["192.0.2.8", "192.0.2.7"]).unwrap_err().to_string();
        assert!(several.ends_with("stands for several machines: 192.0.2.7, 192.0.2.8"), "{several}");
        assert!(resolve(&[]).is_err());
    }

    #[test]
    fn what_cannot_be_resolved_is_refused_with_its_address_and_what_to_do() {
        let error = node("tcp://host:2375", |_| Err(io::Error::other("no such host"))).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("tcp://host:2375") && text.contains("no such host"), "{text}");
        assert!(error.help().unwrap().contains("DOCKER_HOST"));
    }

    #[test]
    fn this_machine_knows_itself() {
        assert!(node("tcp://localhost:2375", look_up).unwrap().is_loopback());
    }
}
