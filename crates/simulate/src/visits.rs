//! Requests under way: one visit for each request in a service.

use crate::second::Failure;

/// Names a visit. Places are used again; the age tells who has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisitId {
    pub(crate) index: u32,
    pub(crate) age: u32,
}

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Parent {
    /// A client: a user of the closed model, or a session of the open one.
    Client {
        /// Which.
        client: u32,
        /// What it asked.
        endpoint: u32,
    },
    /// Another visit.
    Visit(VisitId),
    /// Nobody any more.
    Nobody,
}

/// Where a visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// In the queue of its replica.
    Queued,
    /// On the processor before its calls.
    Before,
    /// Waiting without CPU.
    Waiting,
    /// Waiting for answers to its calls.
    Calling,
    /// On the processor after its calls.
    After,
}

/// A request in a service.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) service: u32,
    pub(crate) replica: u32,
    pub(crate) parent: Parent,
    pub(crate) phase: Phase,
    /// Where its random numbers begin.
    pub(crate) key: u64,
    pub(crate) arrived_s: f64,
    /// Steps that are done.
    pub(crate) step: u32,
    /// How often the call of a sequential step is still to be made.
    pub(crate) left: u32,
    /// Answers that are awaited.
    pub(crate) pending: u32,
    /// Calls made: each has a key of its own.
    pub(crate) calls: u32,
    /// The first call that failed.
    pub(crate) failed: Option<Failure>,
}

#[derive(Debug)]
struct Place {
    age: u32,
    visit: Option<Visit>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    places: Vec<Place>,
    free: Vec<u32>,
}

impl Visits {
    pub(crate) fn insert(&mut self, visit: Visit) -> VisitId {
        if let Some(index) = self.free.pop() {
            let place = &mut self.places[index as usize];
            place.visit = Some(visit);
            return VisitId { index, age: place.age };
        }
        self.places.push(Place { age: 0, visit: Some(visit) });
        VisitId { index: (self.places.len() - 1) as u32, age: 0 }
    }

    pub(crate) fn get(&mut self, id: VisitId) -> Option<&mut Visit> {
        self.places.get_mut(id.index as usize).filter(|p| p.age == id.age)?.visit.as_mut()
    }

    pub(crate) fn remove(&mut self, id: VisitId) -> Option<Visit> {
        let place = self.places.get_mut(id.index as usize).filter(|p| p.age == id.age)?;
        let visit = place.visit.take()?;
        place.age = place.age.wrapping_add(1);
        self.free.push(id.index);
        Some(visit)
    }

    /// All at a replica. Looks at every place: for what is seldom.
    pub(crate) fn at_replica(&self, replica: u32) -> Vec<VisitId> {
        let at = |(i, p): (usize, &Place)| {
            p.visit.as_ref().filter(|v| v.replica == replica).map(|_| VisitId { index: i as u32, age: p.age })
        };
        self.places.iter().enumerate().filter_map(at).collect()
    }

    /// No client waits any longer. Looks at every place: for what is seldom.
    pub(crate) fn forget_clients(&mut self) {
        let visits = self.places.iter_mut().filter_map(|p| p.visit.as_mut());
        visits.filter(|v| matches!(v.parent, Parent::Client { .. })).for_each(|v| v.parent = Parent::Nobody);
    }

    /// Places, used or not: what memory depends on.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }
}
