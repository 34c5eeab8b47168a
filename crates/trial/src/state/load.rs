//! Load is sent: warm-up, or load and drain.

use swarmlab_record::Phase;
use swarmlab_record::manifest::Windows;

use super::{State, down, settle};
use crate::command::Command;
use crate::errors::{Cut, Waited};
use crate::happening::{Happening, IntervalSeen, LoadId, Part};
use crate::rules::{Advice, Rule};
use crate::run::Run;

/// How far the generator was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Told {
    Nothing,
    Stop,
    Abort,
}

/// Waits for the end of a load.
#[derive(Debug)]
pub(crate) struct Loading {
    pub deadline: f64,
    load: LoadId,
    start: f64,
    planned_end: f64,
    /// No request is offered from here on: the planned end, or the stop.
    end: f64,
    draining: bool,
    told: Told,
    rules: Vec<Box<dyn Rule>>,
}

/// Starts a load at an edge.
pub(super) fn enter(part: Part, start: f64, length_s: f64, run: &mut Run) -> State {
    let end = start + length_s;
    if part == Part::Load {
        run.windows = Some(Windows {
            grid_unix_s: run.grid.origin_unix_s,
            load_start_unix_s: start,
            load_end_unix_s: end,
            drained_unix_s: end,
            settled_unix_s: end,
        });
        // Written before the load, so that a killed run can be analysed.
        run.order(Command::Windows(run.windows));
    }
    run.enter(part.phase(), Some(length_s));
    let load = run.load_id(part);
    run.order(Command::StartLoad { load, start_unix_s: start });
    State::Loading(Loading {
        deadline: end + run.plan.limits.drain_s,
        load,
        start,
        planned_end: end,
        end,
        draining: false,
        told: Told::Nothing,
        rules: (run.rules)(&run.target),
    })
}

impl Loading {
    pub fn on(mut self, happening: &Happening, run: &mut Run) -> State {
        match happening {
            Happening::Interval(load, interval) if *load == self.load => self.interval(interval, run),
            Happening::Decided(id, wants) if self.acts() => run.decided(*id, wants),
            Happening::LoadEnded(load, result) if *load == self.load => {
                match result {
                    Err(f) => run.cut(Cut::LoadFailed(f.clone())),
                    // Clocks of generator and core may differ by a moment, not by an interval.
                    Ok(()) => {
                        let missing_s = self.planned_end - run.now;
                        if missing_s > run.trial_plan().map_or(0.0, |t| t.bin_s.min(1.0)) {
                            run.cut(Cut::LoadShort { missing_s });
                        }
                    }
                }
                return self.ended(run);
            }
            Happening::LoadRefused(load, f) if *load == self.load => {
                run.cut(Cut::LoadRefused(f.clone()));
                if std::mem::take(&mut run.windows).is_some() {
                    run.order(Command::Windows(None));
                }
                return down::enter(run);
            }
            Happening::Interrupted => self.stop(Cut::Interrupted, run),
            Happening::Broken(f) => self.stop(Cut::Testbed(f.clone()), run),
            // What comes back now is lost, so there is no reason to wait for it.
            Happening::RecordFailed(f) => self.abort(Cut::Record(f.clone()), run),
            _ => {}
        }
        State::Loading(self)
    }

    fn interval(&mut self, interval: &IntervalSeen, run: &mut Run) {
        if self.load.part == Part::Load && !self.draining && interval.end_unix_s >= self.end - 1e-6 {
            self.draining = true;
            run.enter(Phase::Drain, None);
        }
        let mut rules = std::mem::take(&mut self.rules);
        for rule in &mut rules {
            match rule.on_interval(interval) {
                // Past its end there is nothing to be stopped.
                Some(Advice::Stop(_)) if self.draining => {}
                Some(Advice::Stop(reason)) => self.stop(Cut::Rule { code: rule.code(), reason }, run),
                Some(Advice::Level(level)) if level.is_finite() && level >= 0.0 => {
                    if self.told == Told::Nothing && !self.draining {
                        run.order(Command::SetLevel { load: self.load, level });
                    }
                }
                Some(Advice::Level(_)) | None => {}
            }
        }
        self.rules = rules;
    }

    fn cut(&mut self, cut: Cut, run: &mut Run) {
        run.cut(cut);
        // A stop before the first edge leaves an empty window, not one that ends before it begins.
        self.end = self.end.min(run.now).max(self.start);
    }

    fn stop(&mut self, cut: Cut, run: &mut Run) {
        self.cut(cut, run);
        if self.told == Told::Nothing {
            self.told = Told::Stop;
            self.deadline = self.deadline.min(run.now + run.plan.limits.drain_s);
            run.order(Command::StopLoad(self.load));
        }
    }

    fn abort(&mut self, cut: Cut, run: &mut Run) {
        self.cut(cut, run);
        if self.told < Told::Abort {
            self.told = Told::Abort;
            self.deadline = run.now + run.plan.limits.abort_s;
            run.order(Command::AbortLoad(self.load));
        }
    }

    /// Asks for the actions and decisions that are due; none after a stop.
    pub fn act(&self, run: &mut Run) {
        if self.acts() {
            let due = run.timeline.due_at(self.start, run.now);
            run.act_all(due);
            run.scale(self.start, self.end);
        }
    }

    /// When the next of them is due, seconds since the Unix epoch.
    pub fn next_action(&self, run: &Run) -> Option<f64> {
        if !self.acts() {
            return None;
        }
        let planned = run.timeline.next_s().map(|s| self.start + s);
        let decided = run.scaling.next(self.start, self.end);
        planned.into_iter().chain(decided).reduce(f64::min)
    }

    fn acts(&self) -> bool {
        self.load.part == Part::Load && self.told == Told::Nothing
    }

    pub fn overdue(mut self, run: &mut Run) -> State {
        if self.told == Told::Abort {
            run.warn(format!("the generator did not say that the {} ended", self.load.part.phase().name()));
            return self.ended(run);
        }
        self.abort(Cut::Overdue(Waited::Load), run);
        State::Loading(self)
    }

    fn ended(self, run: &mut Run) -> State {
        let drained = run.now.max(self.start);
        if self.load.part == Part::WarmUp {
            return if run.is_cut() { down::enter(run) } else { settle::enter(drained, run) };
        }
        run.drop_timeline();
        run.give_up_decisions();
        if let Some(w) = &mut run.windows {
            w.load_end_unix_s = self.end.min(drained);
            w.drained_unix_s = drained;
            w.settled_unix_s = drained;
        }
        settle::collect(drained, run)
    }
}
