//! What the pages of `swarmlab explain` show as an example makes what they explain.
#![allow(clippy::unwrap_used)]

mod common;
use common::load;
use swarmlab_codes::{Room, all};

#[test]
fn each_example_makes_its_finding() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for code in all().filter(|c| matches!(c.room(), Room::Yaml | Room::Stack)) {
        let Some(text) = code.example().strip_prefix("# stack.yml\n") else { continue };
        let said = match load(text, &[], &[("stacks/empty", ""), ("stacks/c.conf", "x")]) {
            Ok(stack) => stack.warnings,
            Err(findings) => findings.into_vec(),
        };
        let found: Vec<_> = said.iter().map(|d| d.code).collect();
        if found != [code] {
            wrong.push(format!("{code} makes {found:?}"));
        }
        tried += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 30, "only {tried} pages have a stack file as their example");
}
