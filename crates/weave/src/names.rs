//! Names that are not taken.

use std::collections::BTreeSet;
use swarmlab_stackfile::Stack;

/// The names of a stack: of services, networks, configs, and under which services are known.
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    pub(crate) fn of(stack: &Stack) -> Self {
        let mut names = BTreeSet::new();
        for service in &stack.services {
            names.insert(service.name.clone());
            names.insert(service.network_name().to_owned());
            names.extend(service.networks.iter().flat_map(|at| at.aliases.iter().cloned()));
        }
        names.extend(stack.networks.iter().map(|network| network.name.clone()));
        names.extend(stack.configs.iter().map(|config| config.name.clone()));
        Self(names)
    }

    /// This name, or the first of `name-2`, `name-3`, … that nobody has; it is taken from now on.
    pub(crate) fn take(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut n = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}-{n}");
            n += 1;
        }
        free
    }
}
