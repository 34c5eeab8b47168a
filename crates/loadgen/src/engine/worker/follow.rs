//! An answer that leads elsewhere: its request goes on there, as another request of the same step.

use super::Worker;
use crate::engine::backlog::Intent;
use crate::engine::clock::unix_now_s;
use crate::engine::conn::Job;
use crate::engine::glimpse::Glimpse;
use crate::target::Scheme;
use swarmlab_intervals::ErrorKind;

impl Worker<'_> {
    /// The target that a request goes to: its step's, or the one that a redirect led to.
    #[inline]
    pub(super) fn target_of(&self, actor: u32, step: u32) -> usize {
        let trail = &self.crowd.get(actor).trail;
        if trail.count > 0 { trail.target } else { self.shared.compiled.steps[step as usize].target }
    }

    /// Makes ready to follow the redirect that connection `index` holds. `None`: it leads nowhere and is an answer like any
    /// other.
    ///
    /// # Errors
    /// Why it is not followed, though it should be.
    #[cold]
    pub(super) fn follow(&mut self, index: u32, job: Job) -> Option<Result<(), ErrorKind>> {
        let step = &self.shared.compiled.steps[job.step as usize];
        let conn = self.pool.get(index);
        let (from, status) = (conn.target, conn.kept.status);
        let location = conn.kept.fields(step.location?).next()?;
        let actor = self.crowd.get_mut(job.actor);
        let spec = &self.shared.spec;
        let name = &spec.targets[from].name;
        if actor.trail.count >= step.max_redirects {
            let problem = format_args!("more than {} redirects one after the other", step.max_redirects);
            self.recorder.note(ErrorKind::TooManyRedirects, name, &problem);
            return Some(Err(ErrorKind::TooManyRedirects));
        }
        let to = actor.trail.lead(location, from, &self.shared.origins);
        let Some(to) = to.filter(|to| spec.targets[*to].scheme != Scheme::Redis) else {
            let shown = Glimpse::text(location);
            let problem = format_args!("a redirect leads to {shown}, which is no target of this load");
            self.recorder.note(ErrorKind::RedirectRefused, name, &problem);
            return Some(Err(ErrorKind::RedirectRefused));
        };
        let cookies = actor.jars.get(to).map(|jar| {
            let mut line = b"Cookie: ".to_vec();
            let has_some = jar.write(actor.trail.path(), unix_now_s() as i64, &mut line);
            line.extend_from_slice(b"\r\n");
            if has_some { line } else { Vec::new() }
        });
        if actor.trail.count == 0 {
            actor.trail.begun_ns = job.intended_ns;
        }
        let host = (to != from).then(|| spec.targets[to].host.as_str());
        actor.trail.target = to;
        actor.trail.go(status, host, cookies.as_deref());
        Some(Ok(()))
    }

    /// Sends what a redirect asks for; it is due now.
    pub(super) fn go_on(&mut self, job: Job, now_ns: u64) {
        let (_, mut desk) = self.drive();
        // The request is there already: nothing of it is computed again.
        let intent = Intent { is_computed: true, ..desk.offer_step(job.actor, job.step as usize, now_ns) };
        if self.backlog.is_empty() && self.can_start() {
            self.dispatch(intent, now_ns);
        } else {
            self.backlog.push(intent);
        }
    }
}
