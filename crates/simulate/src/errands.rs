//! What clients ask for, request by request: each runs errands, one after the other.

use crate::model::ModelError;
use crate::stream::{Purpose, Stream, sub_key};

/// Requests that a client makes one after the other, each when the one before was answered; then it pauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// How often it is chosen, relative to the others.
    pub weight: f64,
    /// The endpoint of each of its requests, by number; at least one.
    pub requests: Vec<u32>,
}

/// All errands, and the endpoints that they ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Errands {
    endpoints: u32,
    all: Vec<Errand>,
}

impl Default for Errands {
    /// One request of the one endpoint.
    fn default() -> Self {
        Self { endpoints: 1, all: vec![Errand { weight: 1.0, requests: vec![0] }] }
    }
}

/// Where a client is in what it does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    errand: u32,
    step: u32,
    /// Errands that were begun.
    begun: u64,
}

impl Errands {
    /// Errands over so many endpoints.
    ///
    /// # Errors
    /// There is none, one asks nothing, a weight or an endpoint that cannot be.
    pub fn new(endpoints: u32, all: Vec<Errand>) -> Result<Self, ModelError> {
        let load = |what: &str| Err(ModelError::Load(what.to_owned()));
        let weighs = |w: f64| w.is_finite() && w >= 0.0;
        if all.iter().map(|e| e.weight).sum::<f64>() <= 0.0 || !all.iter().all(|e| weighs(e.weight)) {
            return load("the weights of what clients do");
        }
        if all.iter().any(|e| e.requests.is_empty() || e.requests.iter().any(|r| *r >= endpoints)) {
            return load("the requests of what clients do");
        }
        Ok(Self { endpoints, all })
    }

    /// How many endpoints there are.
    pub(crate) fn endpoints(&self) -> usize {
        self.endpoints as usize
    }

    /// The endpoint of a client's next request; at the beginning of an errand it is drawn, with the client's key.
    pub(crate) fn next(&self, place: &mut Place, key: u64) -> u32 {
        if place.step == 0 {
            place.begun += 1;
            place.errand = self.draw(sub_key(key, place.begun));
        }
        let requests = self.all.get(place.errand as usize).map_or(&[][..], |e| &e.requests);
        let endpoint = requests.get(place.step as usize).copied().unwrap_or_default();
        place.step += 1;
        endpoint
    }

    /// A client has its answer: whether its errand is over, and whether it came to its end. One that failed is given up.
    pub(crate) fn answered(&self, place: &mut Place, failed: bool) -> Over {
        let length = self.all.get(place.errand as usize).map_or(0, |e| e.requests.len());
        let done = place.step as usize >= length;
        if failed || done {
            place.step = 0;
        }
        match (failed, done) {
            (false, false) => Over::Not,
            (false, true) => Over::Done,
            (true, _) => Over::Failed,
        }
    }

    fn draw(&self, key: u64) -> u32 {
        let [first, rest @ ..] = &self.all[..] else { return 0 };
        if rest.is_empty() {
            return 0;
        }
        let total: f64 = self.all.iter().map(|e| e.weight).sum();
        let mut left = Stream::of(key, Purpose::Errand).unit() * total - first.weight;
        let mut chosen = 0;
        for errand in rest {
            if left <= 0.0 {
                break;
            }
            chosen += 1;
            left -= errand.weight;
        }
        chosen
    }
}

/// How far an errand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// There are further requests.
    Not,
    /// All its requests were answered.
    Done,
    /// A request failed.
    Failed,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn errands(all: &[(f64, &[u32])]) -> Result<Errands, ModelError> {
        let all = all.iter().map(|(weight, r)| Errand { weight: *weight, requests: r.to_vec() });
        Errands::new(3, all.collect())
    }

    #[test]
    fn requests_come_in_order_and_a_failure_begins_anew() {
        let all = errands(&[(1.0, &[2, 0, 1])]).unwrap();
        let mut place = Place::default();
        let mut said = Vec::new();
        for failed in [false, true, false, false, false] {
            let endpoint = all.next(&mut place, 7);
            said.push((endpoint, all.answered(&mut place, failed)));
        }
        let expected = [(2, Over::Not), (0, Over::Failed), (2, Over::Not), (0, Over::Not), (1, Over::Done)];
        assert_eq!(said, expected);
    }

    #[test]
    fn errands_are_drawn_by_weight() {
        let all = errands(&[(0.0, &[2]), (3.0, &[0]), (1.0, &[1]), (0.0, &[2])]).unwrap();
        let mut place = Place::default();
        let mut counts = [0_u32; 3];
        for _ in 0..40_000 {
            counts[all.next(&mut place, 5) as usize] += 1;
            all.answered(&mut place, false);
        }
        assert_eq!(counts[2], 0);
        assert!(counts[0].abs_diff(30_000) < 400, "{counts:?}");
    }

    #[test]
    fn what_cannot_be_is_told() {
        for bad in [&[][..], &[(1.0, &[][..])], &[(1.0, &[3])], &[(-1.0, &[0])], &[(0.0, &[0])]] {
            assert!(errands(bad).is_err(), "{bad:?}");
        }
    }
}
