//! Discrete events in virtual time: services as queues, replicas, proxies and load.
//!
//! ```
//! use swarmlab_shapes::{Arrivals, Shape, shape::Constant};
//! use swarmlab_simulate::{Clients, Law, Load, Model, Service, Simulation};
//!
//! let model = Model { services: vec![Service::new("web", Law::Exponential { mean_s: 0.02 })], entry: 0 };
//! let shape = Shape::Constant(Constant { level: 40.0, duration_s: 60.0 });
//! let clients = Clients { load: Load::Open { shape, arrivals: Arrivals::Poisson }, timeout_s: None };
//! let mut simulation = Simulation::new(model, clients, 7).unwrap();
//! let answered: u64 = (0..70).map(|_| simulation.next_second().clients.answered).sum();
//! assert!((2100..2700).contains(&answered), "{answered}");
//! ```
//!
//! Pure: no clock, no file; what is random follows from one seed. The same model, load and seed give the same seconds, bit
//! by bit. An event costs the logarithm of what is under way; memory does not grow with simulated time.
//!
//! | room | owns |
//! |---|---|
//! | [`model`], [`law`] | what is simulated: services, calls, demands |
//! | `stream` | random numbers, one stream a purpose, so that variants share them |
//! | `agenda` | what happens next |
//! | `cpu` | the processor of a replica: processor sharing, quota in periods |
//! | `pool` | replicas: their life, whom the proxy chooses, queues |
//! | `visits`, `patience` | requests under way, and until when they are waited for |
//! | `crowd`, `errands` | users of the closed model, arrivals of the open one; what they ask, request by request |
//! | `engine`, `journey` | the loop; a request from step to step |
//! | [`second`], [`totals`] | what comes out, second by second and over all |
//! | [`controlled`] | controllers that see what comes out, and act |

#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod agenda;
pub mod controlled;
mod cpu;
mod crowd;
mod engine;
mod errands;
mod journey;
pub mod law;
pub mod model;
mod patience;
mod pool;
mod replica;
pub mod second;
mod seen;
mod stream;
pub mod totals;
mod visits;

pub use controlled::{Controlled, Controller, Taken};
pub use crowd::{Clients, Load};
pub use engine::{Action, Simulation};
pub use errands::{Errand, Errands};
pub use law::Law;
pub use model::{Balance, Call, Model, ModelError, Quota, Service, Step};
pub use second::{
    ClientSecond, EndpointSecond, Failure, Life, ReplicaState, ReplicaView, Second, ServiceSecond, Turn,
};
pub use totals::{ServiceTotals, Slo, SloTotals, Times, Totals};
