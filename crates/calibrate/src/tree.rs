//! Who calls whom, and how often.
//!
//! Nobody records who called a service, only how often it was called. Who can is told by hand, or by the stack file, in
//! which a service names what it calls; how often is the quotient of the counts.

use crate::{Ground, Note};

/// Calls that are rarer than this are left out.
const NEVER: f64 = 5e-4;

/// Where it is known from who calls whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody says so.
    Told,
    /// The stack file: the one names the other.
    Stack,
}

/// One service may call another.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    /// Who calls.
    pub caller: String,
    /// Who is called.
    pub callee: String,
    /// Who says so.
    pub origin: Origin,
}

/// A service that was called so often over the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Its name.
    pub name: String,
    /// Requests.
    pub requests: f64,
}

/// A call of a request, on the average.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// Places of caller and callee.
    pub caller: usize,
    /// Place of the one that is called.
    pub callee: usize,
    /// How often for each request of the caller.
    pub times: f64,
    /// Where this is known from.
    pub note: Note,
}

/// The calls among services, the entry's first in their order; callers of nobody that was called are none.
pub fn calls(services: &[Counted], entry: usize, wires: &[Wire]) -> Vec<Called> {
    let mut edges: Vec<(usize, usize, Option<Origin>)> = Vec::new();
    let place = |name: &str| services.iter().position(|s| s.name == name);
    for (callee, service) in services.iter().enumerate() {
        if callee == entry || service.requests <= 0.0 {
            continue;
        }
        let told: Vec<(usize, Origin)> = wires
            .iter()
            .filter(|w| w.callee == service.name)
            .filter_map(|w| Some((place(&w.caller)?, w.origin)))
            .filter(|(caller, _)| *caller != callee && services[*caller].requests > 0.0)
            .collect();
        // What somebody says goes before what is guessed from a file.
        let by_hand = told.iter().any(|(_, origin)| *origin == Origin::Told);
        let mut found = false;
        for (caller, origin) in told {
            let counts = !by_hand || origin == Origin::Told;
            if counts
                && !reaches(&edges, callee, caller)
                && !edges.iter().any(|e| (e.0, e.1) == (caller, callee))
            {
                edges.push((caller, callee, Some(origin)));
                found = true;
            }
        }
        if !found {
            edges.push((entry, callee, None));
        }
    }
    let called = |&(caller, callee, origin): &(usize, usize, Option<Origin>)| {
        let callers: Vec<usize> = edges.iter().filter(|e| e.1 == callee).map(|e| e.0).collect();
        let by: f64 = callers.iter().map(|c| services[*c].requests).sum();
        let times = (services[callee].requests / by * 1e4).round() / 1e4;
        let counts = format!("{:.0} requests to {:.0} of ", services[callee].requests, by);
        let (from, to) = (&services[caller].name, &services[callee].name);
        let note = match (origin, callers.len()) {
            (Some(origin), 1) => {
                let who =
                    if origin == Origin::Told { "as told" } else { "the stack file has its name there" };
                Note::measured("calls", format!("{to}: {who}; {counts}{from}"))
            }
            (Some(_), n) => Note::assumed(
                "calls",
                format!(
                    "{to}: {n} services call it, {counts}theirs together: each as often for a request of its own"
                ),
            ),
            (None, _) => Note::assumed(
                "calls",
                format!("{to}: by {from}, as nothing says who calls it; {counts}{from}"),
            ),
        };
        Called { caller, callee, times, note }
    };
    let mut out: Vec<Called> = edges.iter().map(called).filter(|c| c.times >= NEVER).collect();
    out.sort_by_key(|c| (c.caller, c.callee));
    out
}

/// Whether calls lead from one to another.
fn reaches(edges: &[(usize, usize, Option<Origin>)], from: usize, to: usize) -> bool {
    from == to || edges.iter().filter(|e| e.0 == from).any(|e| reaches(edges, e.1, to))
}

impl Called {
    /// Whether somebody says so, and not only the counts.
    pub fn is_known(&self) -> bool {
        self.note.ground == Ground::Measured
    }
}

/// Names of services in what a service is started with (environment, command): `http://store-proxy:8080` names
/// `store-proxy`.
pub fn named<'a>(text: &str, names: &'a [String]) -> Vec<&'a str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let words: Vec<&str> = text.split(|c| !is_name(c)).filter(|w| !w.is_empty()).collect();
    names.iter().map(String::as_str).filter(|name| words.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(all: &[(&str, f64)]) -> Vec<Counted> {
        all.iter().map(|(name, n)| Counted { name: (*name).to_owned(), requests: *n }).collect()
    }

    fn wire(caller: &str, callee: &str, origin: Origin) -> Wire {
        Wire { caller: caller.to_owned(), callee: callee.to_owned(), origin }
    }

    fn plain(all: &[Called]) -> Vec<(usize, usize, f64, bool)> {
        all.iter().map(|c| (c.caller, c.callee, c.times, c.is_known())).collect()
    }

    #[test]
    fn a_chain_and_counts_give_calls_a_request() {
        let services = counted(&[("edge", 1000.0), ("shop", 1000.0), ("store", 2500.0), ("never", 0.0)]);
        let wires = [wire("edge", "shop", Origin::Stack), wire("shop", "store", Origin::Stack)];
        assert_eq!(plain(&calls(&services, 0, &wires)), [(0, 1, 1.0, true), (1, 2, 2.5, true)]);
    }

    #[test]
    fn who_is_called_by_nobody_known_is_called_by_the_entry_and_that_is_assumed() {
        let services = counted(&[("edge", 1000.0), ("store", 400.0)]);
        assert_eq!(plain(&calls(&services, 0, &[])), [(0, 1, 0.4, false)]);
    }

    #[test]
    fn several_callers_share_and_nobody_calls_in_a_circle() {
        let services = counted(&[("edge", 1000.0), ("shop", 500.0), ("store", 3000.0)]);
        let wires = [
            wire("edge", "shop", Origin::Stack),
            wire("edge", "store", Origin::Stack),
            wire("shop", "store", Origin::Stack),
            wire("store", "shop", Origin::Stack),
        ];
        let found = plain(&calls(&services, 0, &wires));
        let visits = 1000.0 * found.iter().find(|c| (c.0, c.1) == (0, 2)).map_or(0.0, |c| c.2)
            + 500.0 * found.iter().find(|c| (c.0, c.1) == (1, 2)).map_or(0.0, |c| c.2);
        // Shop is looked at first, and store calls it; then shop cannot call store.
        assert!((visits - 3000.0).abs() < 1.0 || found.contains(&(2, 1, 500.0 / 4000.0, false)), "{found:?}");
        let told =
            [&wires[..], &[wire("shop", "store", Origin::Told), wire("edge", "shop", Origin::Told)]].concat();
        assert_eq!(plain(&calls(&services, 0, &told)), [(0, 1, 0.5, true), (1, 2, 6.0, true)]);
    }

    #[test]
    fn names_are_whole_words_of_what_a_service_is_started_with() {
        let names = ["store".to_owned(), "store-proxy".to_owned(), "shop".to_owned()];
        assert_eq!(named("http://store-proxy:8080/a,b", &names), ["store-proxy"]);
        assert_eq!(named("postgres://u@store/shop", &names), ["store", "shop"]);
        assert!(named("restore storefront", &names).is_empty());
    }
}
