//! Realistic files as a whole: what is made of them, to the letter. That it is a scenario is tried where scenarios are
//! read (`crates/fuzzing`, `tests/cli.rs`).
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use swarmlab_import::{Format, ImportError, Imported, Options, import};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)).unwrap()
}

fn options() -> Options {
    Options { secrets_file: "secrets.csv".to_owned(), ..Options::default() }
}

fn shown(imported: &Imported) -> String {
    let remarks: String = imported.remarks.iter().map(|remark| format!("- {remark}\n")).collect();
    format!(
        "{:?}, {} steps, target {}, targets {:?}\n{remarks}{}\n{}",
        imported.format,
        imported.steps,
        imported.target.as_deref().unwrap_or("unknown"),
        imported.targets,
        imported.secrets.as_deref().unwrap_or("no secrets\n"),
        imported.scenario
    )
}

#[test]
fn a_browsers_recording_of_a_shop() {
    insta::assert_snapshot!(shown(&import(&read("shop.har"), "a/shop.har", &options()).unwrap()));
}

#[test]
fn a_recording_of_several_hosts_with_all_parts_of_pages() {
    let hosts = vec!["shop.example".to_owned(), "cdn.fonts.example".to_owned(), "nobody.example".to_owned()];
    let options = Options { hosts, keep_static: true, ..options() };
    let imported = import(&read("shop.har"), "shop.har", &options).unwrap();
    assert_eq!(imported.targets, [("cdn.fonts.example".to_owned(), "https://cdn.fonts.example".to_owned())]);
    assert!(imported.scenario.contains("    target: cdn.fonts.example\n"), "{}", imported.scenario);
    assert!(imported.scenario.contains("request: GET /logo.svg\n"));
    assert!(imported.remarks.iter().any(|r| r == "the recording has no request to nobody.example"));
}

#[test]
fn a_proxys_recording_without_pages_and_with_cookies_from_before() {
    insta::assert_snapshot!(shown(&import(&read("proxy.har"), "proxy.har", &options()).unwrap()));
}

#[test]
fn openapi_3_0_in_yaml() {
    insta::assert_snapshot!(shown(&import(&read("petshop.yaml"), "petshop.yaml", &options()).unwrap()));
}

#[test]
fn openapi_3_1_in_json() {
    insta::assert_snapshot!(shown(&import(&read("tickets.json"), "tickets.json", &options()).unwrap()));
}

#[test]
fn swagger_2_with_what_deletes() {
    let options = Options { destructive: true, ..options() };
    insta::assert_snapshot!(shown(&import(&read("legacy.json"), "legacy.json", &options).unwrap()));
}

#[test]
fn no_secret_of_a_recording_reaches_the_scenario() {
    for name in ["shop.har", "proxy.har"] {
        let imported = import(&read(name), name, &options()).unwrap();
        let all = shown(&imported);
        for secret in ["correct horse", "eyJhbGciOi", "k1J9", "k-1234567", "F00D", "tok-77aa88", "a8f7"] {
            assert!(!all.contains(secret), "{name} tells {secret}:\n{all}");
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_text() {
    for (name, format) in
        [("shop.har", Format::Har), ("petshop.yaml", Format::OpenApi), ("legacy.json", Format::Swagger)]
    {
        let one = import(&read(name), name, &options()).unwrap();
        assert_eq!(one, import(&read(name), name, &options()).unwrap());
        assert_eq!(one.format, format);
    }
}

#[test]
fn what_is_none_is_told() {
    let error = |bytes: &[u8]| import(bytes, "x.json", &options()).unwrap_err();
    let cases: [(&[u8], &str, &str); 6] = [
        (b"{\"log\": {\"entries\": [", "E325", "EOF while parsing"),
        (b"\xff\xfe", "E325", "byte 0"),
        (b"a: [", "E325", ""),
        (b"{\"name\": 1}", "E326", "JSON"),
        (b"steps: []", "E326", "a mapping"),
        (b"{\"log\": {\"entries\": []}}", "E327", "holds none"),
    ];
    for (bytes, code, text) in cases {
        let error = error(bytes);
        assert!(error.code().id().starts_with(code) && error.to_string().contains(text), "{error:?}");
    }
    assert!(matches!(error(b"{\"openapi\": \"3.0.0\"}"), ImportError::NothingLeft(_)));
}

/// Nothing is dropped in silence: each thing is a comment or a remark.
#[test]
fn whatever_of_a_description_becomes_nothing_is_told() {
    let text = r#"
openapi: 3.2.0
security: [{ known: [], mutual: [], nowhere: [], odd: [] }, { known: [] }]
components:
  securitySchemes:
    known: { type: http, scheme: basic }
    mutual: { type: mutualTLS }
    odd: { type: apiKey, in: header, name: "a b" }
paths:
  noslash: {}
  x-mine: {}
  /a:
    servers: [{ url: "https://other.example" }]
    get:
      servers: [{ url: "https://third.example" }]
      callbacks: { done: {} }
      parameters:
        - { in: query, required: true }
        - { name: "b c", in: header, required: true }
        - { name: "d e", in: cookie, required: true }
        - { name: all, in: querystring, required: true }
    post:
      requestBody: { content: { application/json: {}, text/xml: {} } }
    put:
    link: {}
    additionalOperations: { COPY: {}, LOCK: {} }
"#;
    let made = import(text.as_bytes(), "x.yml", &options()).unwrap();
    for remark in [
        "OpenAPI 3.2.0 is read as 3.1: what is new in it is left out",
        "noslash is no path, which begins with `/`: left out",
        "PUT /a says nothing: left out",
        "/a: `link` is no method that is known: left out",
        "/a: 2 left out (COPY, LOCK)",
        "2 paths or operations have servers of their own: left out, all go to the same target",
        "1 operation has callbacks: left out, the other side calls them",
        "1 operation takes several types of body: sent with one of them",
    ] {
        assert!(made.remarks.iter().any(|r| r == remark), "{remark} is not in {:#?}", made.remarks);
    }
    for comment in [
        "left out, cannot be sent so: a parameter without a name (query), header b c, d e in cookie, all in querystring",
        "credentials `nowhere` are not described in this file: left out",
        "credentials `odd` have a name that cannot be sent: left out",
        "`mutual` is a client certificate: --cert, --key of `swarmlab load`",
        "further ways to authenticate, left out: 1",
    ] {
        let flat = made.scenario.replace("\n    # ", " ").replace("\n  # ", " ");
        assert!(flat.contains(comment), "{comment} is not in\n{}", made.scenario);
    }
    assert!(!made.remarks.iter().any(|r| r.contains("x-mine")), "{:?}", made.remarks);
    for version in ["openapi: 4.0.0", "openapi: '2'", "swagger: 3", "swagger: '1.2'", "openapi: {}"] {
        let error = import(format!("{version}\npaths: {{}}\n").as_bytes(), "x.yml", &options()).unwrap_err();
        assert!(matches!(error, ImportError::Version { .. }), "{version}: {error:?}");
        assert!(error.help().is_some());
    }
}
