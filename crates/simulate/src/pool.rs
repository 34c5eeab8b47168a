//! Replicas of all services: their life, whom the proxy chooses, and the counts of each service.

use swarmlab_intervals::{HIGHEST_US, Histogram, new_histogram};

use crate::cpu::Cpu;
use crate::model::{Balance, Model, Service};
use crate::replica::{Admission, Replica};
use crate::second::{Gauge, Life, ReplicaState, ReplicaView, ServiceSecond, Turn, micros};
use crate::stream::{Purpose, Stream, sub_key};
use crate::visits::VisitId;

/// A service with its replicas.
#[derive(Debug)]
struct Station {
    service: Service,
    key: u64,
    routing: Stream,
    /// Whom round robin chooses next.
    turn: usize,
    /// All replicas, in the order of their coming.
    members: Vec<u32>,
    /// Those that are sent requests.
    serving: Vec<u32>,
    desired: usize,
    numbers: u64,
    in_service: Gauge,
    queued: Gauge,
    starting: Gauge,
    ready: Gauge,
    draining: Gauge,
    arrived: u64,
    answered: u64,
    failed: u64,
    unavailable: u64,
    demand_s: f64,
    response: Histogram,
    response_sum_s: f64,
    /// Of replicas that are gone.
    cpu_s: f64,
    throttled_s: f64,
}

/// A replica that is told to start or to stop, and what is to be looked at when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    /// It is ready then.
    Starts { replica: u32, age: u32, ready_s: f64 },
    /// It is ended then, if it is still there.
    Drains { replica: u32, age: u32, until_s: f64 },
}

/// All replicas.
#[derive(Debug)]
pub(crate) struct Pool {
    replicas: Vec<Replica>,
    free: Vec<u32>,
    stations: Vec<Station>,
    lives: Vec<Life>,
}

impl Pool {
    /// The replicas of the model, all ready.
    pub(crate) fn new(model: &Model, seed: u64) -> Self {
        let mut pool =
            Self { replicas: Vec::new(), free: Vec::new(), stations: Vec::new(), lives: Vec::new() };
        for (i, service) in model.services.iter().enumerate() {
            let own = sub_key(seed, i as u64);
            pool.stations.push(Station {
                service: service.clone(),
                key: own,
                routing: Stream::of(own, Purpose::Routing),
                turn: 0,
                members: Vec::new(),
                serving: Vec::new(),
                desired: service.replicas,
                numbers: 0,
                in_service: Gauge::default(),
                queued: Gauge::default(),
                starting: Gauge::default(),
                ready: Gauge::default(),
                draining: Gauge::default(),
                arrived: 0,
                answered: 0,
                failed: 0,
                unavailable: 0,
                demand_s: 0.0,
                response: new_histogram(),
                response_sum_s: 0.0,
                cpu_s: 0.0,
                throttled_s: 0.0,
            });
            for _ in 0..service.replicas {
                let replica = pool.add(0.0, i);
                let age = pool.replicas[replica as usize].age;
                pool.make_ready(0.0, replica, age);
            }
        }
        pool
    }

    pub(crate) fn service(&self, service: u32) -> &Service {
        &self.stations[service as usize].service
    }

    /// The replica that the proxy sends a request to; none if none serves.
    pub(crate) fn choose(&mut self, service: u32) -> Option<u32> {
        let replicas = &self.replicas;
        let station = &mut self.stations[service as usize];
        station.arrived += 1;
        let serving = &station.serving;
        if serving.is_empty() {
            station.unavailable += 1;
            return None;
        }
        let any = |routing: &mut Stream| serving[routing.below(serving.len())];
        Some(match station.service.balance {
            Balance::RoundRobin => {
                let chosen = serving[station.turn % serving.len()];
                station.turn = station.turn % serving.len() + 1;
                chosen
            }
            Balance::Random => any(&mut station.routing),
            Balance::LeastRequest => {
                let (a, b) = (any(&mut station.routing), any(&mut station.routing));
                let load = |r: u32| replicas[r as usize].load();
                if load(b) < load(a) { b } else { a }
            }
        })
    }

    /// A request comes to a replica.
    pub(crate) fn admit(&mut self, now_s: f64, replica: u32, visit: VisitId) -> Admission {
        let replica = &mut self.replicas[replica as usize];
        let station = &mut self.stations[replica.service as usize];
        let admission = replica.admit(visit, station.service.concurrency, station.service.queue);
        match admission {
            Admission::Begins => station.in_service.add(now_s, 1.0),
            Admission::Waits => station.queued.add(now_s, 1.0),
            Admission::Full => {}
        }
        admission
    }

    /// A request takes CPU; gives the moment that is due on the processor.
    pub(crate) fn push(&mut self, now_s: f64, replica: u32, visit: VisitId, demand_s: f64) -> f64 {
        let replica = &mut self.replicas[replica as usize];
        self.stations[replica.service as usize].demand_s += demand_s;
        replica.cpu.push(now_s, visit, demand_s)
    }

    /// What was due on the processor of a replica: whose CPU is done, and what is due next.
    pub(crate) fn fire(&mut self, now_s: f64, replica: u32) -> (Option<VisitId>, f64) {
        self.replicas[replica as usize].cpu.fire(now_s)
    }

    /// A request leaves its replica; gives the one that may begin in its place.
    pub(crate) fn leave(&mut self, now_s: f64, replica: u32) -> Option<VisitId> {
        let index = replica;
        let replica = &mut self.replicas[index as usize];
        let station = &mut self.stations[replica.service as usize];
        replica.busy -= 1;
        station.in_service.add(now_s, -1.0);
        if let Some(next) = replica.queue.pop_front() {
            replica.busy += 1;
            station.queued.add(now_s, -1.0);
            station.in_service.add(now_s, 1.0);
            return Some(next);
        }
        if replica.state == ReplicaState::Draining && replica.busy == 0 {
            self.end(now_s, index);
        }
        None
    }

    /// An answer of a service, or a failure at it.
    pub(crate) fn count(&mut self, service: u32, time_s: Option<f64>) {
        let station = &mut self.stations[service as usize];
        let Some(time_s) = time_s else {
            station.failed += 1;
            return;
        };
        station.answered += 1;
        station.response_sum_s += time_s;
        // Cannot fail: it grows, and no value is larger than the largest.
        let _ = station.response.record(micros(time_s).min(HIGHEST_US));
    }

    /// So many replicas are asked for: new ones start, or the newest stop, those that have not started before all others.
    pub(crate) fn scale(&mut self, now_s: f64, service: u32, desired: usize) -> Vec<Change> {
        let index = service as usize;
        self.stations[index].desired = desired;
        let mut changes = Vec::new();
        loop {
            let station = &self.stations[index];
            let state = |r: &u32| self.replicas[*r as usize].state;
            let kept = station.members.iter().filter(|r| state(r) != ReplicaState::Draining).count();
            if kept < desired {
                let replica = self.add(now_s, index);
                let (age, number) = (self.replicas[replica as usize].age, self.stations[index].numbers);
                let station = &self.stations[index];
                let mut stream = Stream::of(sub_key(station.key, number), Purpose::StartUp);
                let ready_s = now_s + station.service.start_up.sample(&mut stream);
                changes.push(Change::Starts { replica, age, ready_s });
                continue;
            }
            if kept == desired {
                return changes;
            }
            let newest = |wanted| station.members.iter().rev().copied().find(|r| state(r) == wanted);
            let Some(gone) = newest(ReplicaState::Starting).or_else(|| newest(ReplicaState::Ready)) else {
                return changes;
            };
            changes.extend(self.stop(now_s, gone));
        }
    }

    /// A limit for every replica, at once; gives the moments that are due on their processors.
    pub(crate) fn set_limit(&mut self, now_s: f64, service: u32, limit_cores: f64) -> Vec<(u32, f64)> {
        let station = &mut self.stations[service as usize];
        station.service.limit_cores = limit_cores;
        let replicas = &mut self.replicas;
        let mut set = |r: u32| (r, replicas[r as usize].cpu.set_limit(now_s, limit_cores));
        station.members.iter().map(|r| set(*r)).collect()
    }

    /// A replica has started, if it is still wanted.
    pub(crate) fn make_ready(&mut self, now_s: f64, index: u32, age: u32) {
        let replica = &mut self.replicas[index as usize];
        if replica.age != age || replica.state != ReplicaState::Starting {
            return;
        }
        replica.state = ReplicaState::Ready;
        replica.ready_s = Some(now_s);
        let station = &mut self.stations[replica.service as usize];
        station.starting.add(now_s, -1.0);
        station.ready.add(now_s, 1.0);
        station.serving.push(index);
        self.lives.push(replica.life(now_s, Turn::Ready));
    }

    /// Ends a replica that had its time to finish; false if it is gone already. Its requests are the caller's.
    pub(crate) fn cut(&mut self, now_s: f64, index: u32, age: u32) -> bool {
        let replica = &mut self.replicas[index as usize];
        if replica.age != age || replica.state != ReplicaState::Draining {
            return false;
        }
        let station = &mut self.stations[replica.service as usize];
        station.in_service.add(now_s, -(replica.busy as f64));
        station.queued.add(now_s, -(replica.queue.len() as f64));
        replica.busy = 0;
        replica.queue.clear();
        self.end(now_s, index);
        true
    }

    fn add(&mut self, now_s: f64, index: usize) -> u32 {
        let station = &mut self.stations[index];
        station.numbers += 1;
        station.starting.add(now_s, 1.0);
        let service = &station.service;
        // Periods of replicas are not in step: multiples of the golden ratio are spread evenly.
        let phase = (station.numbers as f64 * 0.618_033_988_749_895).fract();
        let mut replica = Replica {
            age: 0,
            service: index as u32,
            number: station.numbers,
            state: ReplicaState::Starting,
            asked_s: now_s,
            ready_s: None,
            cpu: Cpu::new(now_s, service.limit_cores, service.quota, phase).idling(service.idle_cores),
            queue: Default::default(),
            busy: 0,
        };
        self.lives.push(replica.life(now_s, Turn::Asked));
        let place = match self.free.pop() {
            Some(place) => {
                replica.age = self.replicas[place as usize].age;
                self.replicas[place as usize] = replica;
                place
            }
            None => {
                self.replicas.push(replica);
                (self.replicas.len() - 1) as u32
            }
        };
        self.stations[index].members.push(place);
        place
    }

    fn stop(&mut self, now_s: f64, index: u32) -> Option<Change> {
        let replica = &mut self.replicas[index as usize];
        let station = &mut self.stations[replica.service as usize];
        let was_ready = replica.state == ReplicaState::Ready;
        station.serving.retain(|r| *r != index);
        (if was_ready { &mut station.ready } else { &mut station.starting }).add(now_s, -1.0);
        station.draining.add(now_s, 1.0);
        replica.state = ReplicaState::Draining;
        self.lives.push(replica.life(now_s, Turn::Stopping { was_ready }));
        if replica.busy == 0 {
            self.end(now_s, index);
            return None;
        }
        let until_s = now_s + station.service.drain_s;
        Some(Change::Drains { replica: index, age: replica.age, until_s })
    }

    /// A draining replica is no more.
    fn end(&mut self, now_s: f64, index: u32) {
        let replica = &mut self.replicas[index as usize];
        let station = &mut self.stations[replica.service as usize];
        let (cpu_s, throttled_s) = replica.cpu.take(now_s);
        self.lives.push(replica.life(now_s, Turn::Gone));
        replica.cpu.clear(now_s);
        replica.age = replica.age.wrapping_add(1);
        station.cpu_s += cpu_s;
        station.throttled_s += throttled_s;
        station.draining.add(now_s, -1.0);
        station.members.retain(|r| *r != index);
        self.free.push(index);
    }

    /// What happened in the lives of replicas since it was taken last.
    pub(crate) fn take_lives(&mut self) -> Vec<Life> {
        std::mem::take(&mut self.lives)
    }

    /// Nobody asks for the lives so far.
    pub(crate) fn forget_lives(&mut self) {
        self.lives.clear();
    }

    /// What there is of each service since it was last taken, `length_s` long.
    pub(crate) fn take(&mut self, now_s: f64, length_s: f64) -> Vec<ServiceSecond> {
        let replicas = &mut self.replicas;
        self.stations.iter_mut().map(|s| s.take(replicas, now_s, length_s)).collect()
    }
}

impl Station {
    fn take(&mut self, replicas: &mut [Replica], now_s: f64, length_s: f64) -> ServiceSecond {
        let mut views = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let replica = &mut replicas[*member as usize];
            let (cpu_s, throttled_s) = replica.cpu.take(now_s);
            self.cpu_s += cpu_s;
            self.throttled_s += throttled_s;
            let Replica { number, state, asked_s, ready_s, .. } = *replica;
            views.push(ReplicaView { number, state, asked_s, ready_s, cpu_s, throttled_s });
        }
        ServiceSecond {
            cpu_s: std::mem::take(&mut self.cpu_s),
            demand_s: std::mem::take(&mut self.demand_s),
            throttled_s: std::mem::take(&mut self.throttled_s),
            limit_cores: self.service.limit_cores,
            arrived: std::mem::take(&mut self.arrived),
            answered: std::mem::take(&mut self.answered),
            failed: std::mem::take(&mut self.failed),
            unavailable: std::mem::take(&mut self.unavailable),
            response: std::mem::replace(&mut self.response, new_histogram()),
            response_sum_s: std::mem::take(&mut self.response_sum_s),
            in_service: self.in_service.mean(now_s, length_s),
            queued: self.queued.mean(now_s, length_s),
            desired: self.desired as u64,
            starting: self.starting.mean(now_s, length_s),
            ready: self.ready.mean(now_s, length_s),
            draining: self.draining.mean(now_s, length_s),
            replicas: views,
        }
    }
}
