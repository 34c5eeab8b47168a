//! What must hold of every history, said without knowing how the core does it.

mod actions;
mod controllers;
mod session;

use swarmlab_trial::Command;

use crate::script::Script;
use crate::world::{History, Step};

type Law = fn(&Script, &History) -> Result<(), String>;

const LAWS: [Law; 15] = [
    session::it_ends_once_and_within_its_bound,
    session::what_is_brought_up_is_taken_down_once,
    session::what_happened_is_recorded_in_its_order,
    session::nothing_is_sent_after_a_stop,
    session::windows_are_consistent,
    session::phases_are_in_order,
    session::complete_means_complete,
    session::orders_come_in_pairs,
    actions::actions_are_asked_for_once_and_have_one_end,
    actions::actions_are_asked_for_at_their_time,
    actions::a_load_starts_and_a_trial_follows_only_on_a_system_left_alone,
    actions::what_is_not_asked_for_is_told,
    controllers::controllers_are_asked_while_the_load_lasts_and_each_decision_has_one_end,
    controllers::what_controllers_want_is_asked_for_once_within_bounds_and_in_turn,
    controllers::the_newest_decision_counts,
];

/// Checks all laws.
pub fn check(script: &Script, history: &History) -> Result<(), String> {
    LAWS.iter().try_for_each(|law| law(script, history))
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn commands(history: &History) -> impl Iterator<Item = (&Step, &Command)> {
    history.steps.iter().flat_map(|s| s.commands.iter().map(move |c| (s, c)))
}

fn count(history: &History, is: fn(&Command) -> bool) -> usize {
    commands(history).filter(|(_, c)| is(c)).count()
}
