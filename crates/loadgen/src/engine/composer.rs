//! Putting requests together from a step and the values of whoever sends it; buffers are used again.

use super::actor::Actor;
use super::clock::unix_now_s;
use crate::http2::Request;
use crate::scenario::compiled::{Compiled, CompiledStep, Scratch, Values};

/// The writing desk of one thread.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    compiled: &'a Compiled,
    scratch: Scratch,
    /// The last request of each step in the form of HTTP/2.
    requests: Vec<Request>,
}

impl<'a> Composer<'a> {
    pub fn new(compiled: &'a Compiled) -> Self {
        Self { compiled, scratch: Scratch::default(), requests: Vec::new() }
    }

    /// A request of HTTP/1.1.
    pub fn http1<'w>(&'w mut self, step: &'w CompiledStep, actor: &'w mut Actor) -> &'w [u8] {
        if step.max_redirects > 0 {
            return self.kept(step, actor);
        }
        step.render(&mut values(actor, self.compiled, step), &mut self.scratch)
    }

    /// A request that may be redirected, and is kept for that; or the one that a redirect asks for.
    fn kept<'w>(&'w mut self, step: &'w CompiledStep, actor: &'w mut Actor) -> &'w [u8] {
        if actor.trail.count == 0 {
            let bytes = step.render(&mut values(actor, self.compiled, step), &mut self.scratch);
            actor.trail.keep(bytes);
        }
        actor.trail.request()
    }

    /// A request of HTTP/2, and the same in the form of HTTP/1.1; `None`: there can be none, see
    /// [`Composer::problem`].
    pub fn http2<'w>(
        &'w mut self,
        number: u32,
        actor: &'w mut Actor,
        is_tls: bool,
    ) -> Option<(&'w mut Request, &'w [u8])> {
        let number = number as usize;
        let step = &self.compiled.steps[number];
        let bytes = if step.max_redirects == 0 {
            step.render(&mut values(actor, self.compiled, step), &mut self.scratch)
        } else {
            if actor.trail.count == 0 {
                let bytes = step.render(&mut values(actor, self.compiled, step), &mut self.scratch);
                actor.trail.keep(bytes);
            }
            actor.trail.request()
        };
        if bytes.is_empty() {
            return None;
        }
        if self.requests.len() <= number {
            self.requests.resize_with(number + 1, Request::default);
        }
        let request = &mut self.requests[number];
        // Always one: it was rendered by this crate.
        let is_request = request.set(bytes, is_tls);
        debug_assert!(is_request, "not a request of HTTP/1.1");
        Some((request, bytes))
    }

    /// Why there can be no request.
    pub fn problem(&mut self) -> String {
        self.scratch.take_problem().unwrap_or_default()
    }

    /// Channel and message of a Redis step; `None` if it is none.
    pub fn message<'w>(
        &'w mut self,
        step: &'w CompiledStep,
        actor: &'w mut Actor,
    ) -> Option<(&'w [u8], &'w [u8])> {
        step.render_message(&mut values(actor, self.compiled, step), &mut self.scratch)
    }
}

/// What the templates of an actor's request are filled with.
fn values<'a>(actor: &'a mut Actor, compiled: &'a Compiled, step: &CompiledStep) -> Values<'a> {
    let Actor { id, iteration, slots, rows, variant, jars, random, .. } = actor;
    // Only who has cookies needs to know the time of day.
    let jar = jars.get(step.target).filter(|jar| !jar.is_empty());
    Values {
        user: *id,
        iteration: *iteration,
        slots,
        feeders: &compiled.feeders,
        rows,
        variant: *variant,
        jar: jar.map(|jar| (jar, unix_now_s() as i64)),
        random,
    }
}
