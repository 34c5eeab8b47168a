#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

fn parsed(url: &str) -> (Scheme, String, Endpoint, String) {
    let target = LoadTarget::parse(url).unwrap();
    target.check().unwrap();
    (target.scheme, target.host, target.endpoint, target.base_path)
}

fn name(host: &str, port: u16) -> Endpoint {
    Endpoint::Name { host: host.to_owned(), port }
}

fn at(address: &str) -> Endpoint {
    Endpoint::Addresses(vec![address.parse().unwrap()])
}

#[test]
fn urls_are_read_part_by_part() {
    let http = |host: &str, endpoint, base: &str| (Scheme::Http, host.to_owned(), endpoint, base.to_owned());
    assert_eq!(parsed("http://shop"), http("shop", name("shop", 80), ""));
    assert_eq!(parsed("HTTP://Shop:80/"), http("Shop", name("Shop", 80), ""));
    assert_eq!(parsed("http://a_b.c:81/v1/"), http("a_b.c:81", name("a_b.c", 81), "/v1"));
    assert_eq!(parsed("http://10.0.0.1/x"), http("10.0.0.1", at("10.0.0.1:80"), "/x"));
    assert_eq!(parsed("http://[::1]:9/x"), http("[::1]:9", at("[::1]:9"), "/x"));
    assert_eq!(parsed("https://shop").2, name("shop", 443));
    assert_eq!(parsed("https://shop:80").1, "shop:80");
    let unix = |base: &str| http("localhost", Endpoint::Unix("/run/a.sock".into()), base);
    assert_eq!(parsed("unix:/run/a.sock"), unix(""));
    assert_eq!(parsed("unix:///run/a.sock"), unix(""));
    assert_eq!(parsed("http+unix://%2Frun%2Fa.sock"), unix(""));
    assert_eq!(parsed("http+unix://%2Frun%2fa.sock/v1"), unix("/v1"));
    assert_eq!(parsed("https+unix://%2Frun%2Fa.sock").0, Scheme::Https);
    assert_eq!(parsed("redis://cache").2, name("cache", 6379));
    assert_eq!(parsed("redis+unix://%2Frun%2Fa.sock/0").2, Endpoint::Unix("/run/a.sock".into()));
}

#[test]
fn passwords_are_read_and_never_shown() {
    let target = LoadTarget::parse("redis://me:s3%40cr%2f@cache:1/3").unwrap();
    let credentials = target.credentials.clone().unwrap();
    assert_eq!((credentials.user.as_deref(), credentials.password.expose()), (Some("me"), &b"s3@cr/"[..]));
    assert_eq!(LoadTarget::parse("redis://:x@c").unwrap().credentials.unwrap().user, None);
    let shown = [
        format!("{target:?}"),
        serde_json::to_string(&target).unwrap(),
        LoadTarget::parse("rediss://me:s3%40cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("redis://me:s3%4@cache").unwrap_err().to_string(),
        LoadTarget::parse("http://me:s3cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("http:/me:s3cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("http://me:s3/cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("redis://me:s3/cr@cache").unwrap_err().to_string(),
        // Behind a slash that should have been encoded, or where a socket's path is expected.
        LoadTarget::parse("redis://me:12/s3cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("redis://me:p@cr/s3@cache").unwrap_err().to_string(),
        LoadTarget::parse("http://me:12/s3cr@ca che").unwrap_err().to_string(),
        LoadTarget::parse("http+unix://me:s3/cr@cache").unwrap_err().to_string(),
        LoadTarget::parse("unix://me:s3cr@/run/a.sock").unwrap_err().to_string(),
    ];
    for text in shown {
        assert!(!text.contains("s3"), "{text}");
    }
}

#[test]
fn what_is_wrong_has_a_name() {
    let error = |url: &str| LoadTarget::parse(url).unwrap_err();
    for url in ["", "shop", "shop:80", "ftp://shop", "http:/shop", "://shop"] {
        assert!(matches!(error(url), TargetError::Scheme { .. }), "{url}");
    }
    for url in
        ["http://", "http:///x", "http://a b", "http://bücher", "http://[::1", "http://[x]", "http://::1"]
    {
        assert!(matches!(error(url), TargetError::Host { .. }), "{url}: {:?}", error(url));
    }
    for url in ["http://a:", "http://a:0", "http://a:65536", "http://a:+8", "http://[::1]:x", "http://a:b:c"]
    {
        assert!(matches!(error(url), TargetError::Port { .. } | TargetError::Host { .. }), "{url}");
    }
    for url in ["http://a?x=1", "http://a/b?x", "http://a/#x", "http://a/b c", "http://a/ü"] {
        assert!(matches!(error(url), TargetError::BasePath { .. }), "{url}");
    }
    let too_long = format!("unix:/{}", "x".repeat(107));
    for url in ["unix:", "unix:a/b", "http+unix://a", "http+unix:///run/a", too_long.as_str()] {
        assert!(matches!(error(url), TargetError::SocketPath { .. }), "{url}");
    }
    assert!(matches!(error("http+unix://%2"), TargetError::PercentEncoding { .. }));
    assert!(matches!(error("http+unix://%ff"), TargetError::PercentEncoding { .. }));
    assert!(matches!(error("redis://a/x"), TargetError::RedisPath { .. }));
    assert_eq!(error("http://me:x@shop"), TargetError::UserInfo);
}

#[test]
fn settings_that_do_not_fit_together_are_refused() {
    let check = |change: fn(&mut LoadTarget)| {
        let mut target = LoadTarget::parse("https://shop").unwrap();
        change(&mut target);
        target.check()
    };
    check(|_| {}).unwrap();
    check(|t| t.resolve_every_s = 0.0).unwrap();
    assert!(matches!(check(|t| t.resolve_every_s = -1.0), Err(TargetError::ResolveEvery(_))));
    assert!(matches!(check(|t| t.resolve_every_s = f64::NAN), Err(TargetError::ResolveEvery(_))));
    assert!(matches!(check(|t| t.host = "a b".into()), Err(TargetError::HostHeader(_))));
    assert!(matches!(check(|t| t.base_path = "x".into()), Err(TargetError::BasePath { .. })));
    assert!(matches!(check(|t| t.streams = 0), Err(TargetError::Streams(0))));
    let combination = |change| assert!(matches!(check(change), Err(TargetError::Combination(_))));
    combination(|t| t.tls.client_cert_pem = Some(vec![]));
    combination(|t| t.tls.client_key_pem = Some(Secret::from("x")));
    combination(|t| (t.tls.insecure, t.tls.ca_pem) = (true, Some(vec![])));
    combination(|t| (t.http, t.connections) = (HttpVersion::Http2, Reuse::PerRequest));
}

proptest! {
    #[test]
    fn any_text_is_a_target_that_can_be_used_or_refused(text in "\\PC*|(https?|unix|redis|http\\+unix)://[a-z0-9%@:/.?\\[\\]]{0,30}") {
        if let Ok(target) = LoadTarget::parse(&text) {
            prop_assert!(target.check().is_ok(), "{:?}", target);
        }
    }
}
