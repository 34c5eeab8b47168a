//! The states of a session, a file for each group of phases. A state knows what it reacts to and until when it waits.

mod down;
mod load;
mod restore;
mod settle;
mod trial;
mod up;

use crate::happening::Happening;
use crate::run::Run;
use down::{Closing, Down};
use load::Loading;
use restore::Restoring;
use settle::Settling;
use up::Up;

/// Where a session stands.
#[derive(Debug)]
pub(crate) enum State {
    /// Up.
    Up(Up),
    /// Warm-up, load and drain.
    Loading(Loading),
    /// Settle and collect.
    Settling(Settling),
    /// Between two trials.
    Restoring(Restoring),
    /// Down.
    Down(Down),
    /// The record is being closed.
    Closing(Closing),
    /// Nothing more happens.
    Ended,
}

impl State {
    /// Where a session begins.
    pub fn up(run: &Run) -> Self {
        Self::Up(Up::new(run))
    }

    /// Reacts to a happening.
    pub fn on(self, happening: &Happening, run: &mut Run) -> Self {
        match self {
            Self::Up(s) => s.on(happening, run),
            Self::Loading(s) => s.on(happening, run),
            Self::Settling(s) => s.on(happening, run),
            Self::Restoring(s) => s.on(happening, run),
            Self::Down(s) => s.on(happening, run),
            Self::Closing(s) => s.on(happening, run),
            Self::Ended => Self::Ended,
        }
    }

    /// Stops waiting.
    pub fn overdue(self, run: &mut Run) -> Self {
        match self {
            Self::Up(s) => s.overdue(run),
            Self::Loading(s) => s.overdue(run),
            Self::Settling(s) => s.overdue(run),
            Self::Restoring(s) => s.overdue(run),
            Self::Down(s) => s.overdue(run),
            Self::Closing(s) => s.overdue(run),
            Self::Ended => Self::Ended,
        }
    }

    /// Until when the state waits, seconds since the Unix epoch.
    pub fn deadline(&self, run: &Run) -> Option<f64> {
        match self {
            Self::Up(s) => Some(s.deadline),
            Self::Loading(s) => Some(s.deadline),
            Self::Settling(s) => Some(s.deadline(run)),
            Self::Restoring(s) => Some(s.deadline),
            Self::Down(s) => Some(s.deadline),
            Self::Closing(s) => Some(s.deadline),
            Self::Ended => None,
        }
    }

    /// Asks for the actions that are due in the load.
    pub fn act(&self, run: &mut Run) {
        if let Self::Loading(s) = self {
            s.act(run);
        }
    }

    /// When the next action of the load is due, seconds since the Unix epoch.
    pub fn next_action(&self, run: &Run) -> Option<f64> {
        match self {
            Self::Loading(s) => s.next_action(run),
            _ => None,
        }
    }

    /// Whether nothing more is recorded.
    pub fn is_closing(&self) -> bool {
        matches!(self, Self::Closing(_))
    }
}
