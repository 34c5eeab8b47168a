//! What a stack has nobody for who would prove it.

use swarmlab_stackfile::{Role, StackSpecs};

use crate::stack;

/// What cannot be proven of a stack as it is written, half a sentence each: what it has no service for that would measure it.
/// `elsewhere`: a Prometheus that is none of the stack's is asked.
pub fn unprovable(specs: &StackSpecs, elsewhere: bool) -> Vec<String> {
    let mut out = Vec::new();
    let has = |role| specs.services.iter().any(|s| s.role == role);
    if stack::prometheus(specs).is_none() && !elsewhere {
        out.push(
            "what the containers use: the stack has no Prometheus (a service with the deploy label \
             `swarmlab.role: telemetry` that publishes 9090; `swarmlab up STACK --observe` adds one)"
                .to_owned(),
        );
    }
    if !has(Role::Proxy) {
        out.push(
            "what passes before the services: the stack has no proxy (a service with the deploy label \
             `swarmlab.role: proxy`; `swarmlab up STACK --observe` puts one before each)"
                .to_owned(),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn unproven(text: &str) -> Vec<String> {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let stack = swarmlab_stackfile::load(text, Path::new("t.yml"), &|_| None, &nothing).unwrap();
        unprovable(&swarmlab_stackfile::specs(&stack, "t").unwrap(), false)
    }

    #[test]
    fn a_stack_says_what_it_has_nobody_for() {
        let plain = "services: { web: { image: i } }";
        let said = unproven(plain);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("no Prometheus") && said[1].contains("no proxy"), "{said:?}");
        let proxy = "services: { web: { image: i, deploy: { labels: { swarmlab.role: proxy } } } }";
        assert_eq!(unproven(proxy), said[..1]);
        // One that is not published cannot be asked.
        let hidden = "services: { p: { image: i, deploy: { labels: { swarmlab.role: telemetry } } } }";
        assert_eq!(unproven(hidden), said);
        let asked = "services: { p: { image: i, ports: ['19090:9090'], deploy: { labels: { swarmlab.role: telemetry } } } }";
        assert_eq!(unproven(asked), said[1..]);
    }
}
