//! What a campaign says: its plan, how far it is, how it ended.

use serde_json::json;
use swarmlab_campaign::Trial;
use swarmlab_campaign::ledger::{Attempt, Outcome};
use swarmlab_campaign::progress::{Progress, Standing, left_s, sample};
use swarmlab_campaign::until::{HalfWidth, Known, Until, values};
use swarmlab_codes as codes;
use swarmlab_compare::words::plural;

use super::super::{Global, output};
use super::ready::Ready;
use super::work::Ledger;
use crate::exit::Exit;

/// How many trials stand how, and how long the rest takes.
struct Count {
    /// All but those that are spared.
    of: usize,
    done: usize,
    given_up: usize,
    left_s: f64,
    /// Whether the time left is known from trials that were run, not from their loads alone.
    is_measured: bool,
}

impl Count {
    fn of(ready: &Ready, ledger: &Ledger<'_>) -> Self {
        let standings = ledger.progress().standings;
        let are = |wanted: Standing| standings.iter().filter(|s| **s == wanted).count();
        let took_s: Vec<f64> = ledger
            .attempts
            .iter()
            .filter_map(|attempts| match sample(attempts)?.outcome {
                Outcome::Done { took_s, .. } => took_s,
                _ => None,
            })
            .collect();
        let planned_s = ready.load_s.iter().sum::<f64>() / ready.load_s.len().max(1) as f64;
        let (done, given_up) = (are(Standing::Done), are(Standing::GivenUp));
        let of = standings.len() - are(Standing::Spared);
        let left_s = left_s(of - done - given_up, &took_s, planned_s);
        Self { of, done, given_up, left_s, is_measured: !took_s.is_empty() }
    }

    fn left(&self) -> String {
        match self.is_measured {
            true => format!("about {} left", duration(self.left_s)),
            // What a simulated one takes is less, and what a real one takes more.
            false => format!("{} of load left", duration(self.left_s)),
        }
    }
}

/// Hours and minutes, or minutes and seconds.
fn duration(seconds: f64) -> String {
    let s = seconds.round().max(0.0) as u64;
    match (s / 3600, s / 60 % 60, s % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s:02} s"),
        (h, min, _) => format!("{h} h {min:02} min"),
    }
}

/// What would be run.
pub fn dry_run(ready: &Ready, global: &Global) -> Exit {
    let ledger = match Ledger::read(ready) {
        Ok(ledger) => ledger,
        Err(e) => return output::fail(&e, Some("another `name`, or --results DIR"), global.json, e.code()),
    };
    let count = Count::of(ready, &ledger);
    let load_s: f64 = ready.trials().map(|trial| ready.load_s[trial.variant]).sum();
    if global.json {
        output::line(&json!({
            "event": "planned", "campaign": ready.campaign.name, "folder": ready.folder.display().to_string(), "variants": ready.recorded.variants,
            "trials": ready.recorded.trials, "load_s": load_s, "done": count.done, "given_up": count.given_up, "left_s": count.left_s,
        }));
        return Exit::Success;
    }
    let rows: Vec<Vec<String>> = ready
        .campaign
        .variants
        .iter()
        .zip(&ready.load_s)
        .enumerate()
        .map(|(at, (variant, load_s))| vec![(at + 1).to_string(), variant.name.clone(), duration(*load_s)])
        .collect();
    let mut out = output::table(&["variant", "levels", "load"], &rows);
    out.push_str("\nblock  seed  variants in their order\n");
    let at_most = if ready.campaign.until.is_empty() { "" } else { "at most " };
    let trials: Vec<&Trial> = ready.trials().collect();
    for block in trials.chunk_by(|a, b| a.block == b.block) {
        let order: Vec<String> = block.iter().map(|t| (t.variant + 1).to_string()).collect();
        out.push_str(&format!("{:>5}  {:>4}  {}\n", block[0].block, block[0].seed, order.join(" ")));
    }
    out.push_str(&format!(
        "\n{at_most}{} of {}: {} of load and warm-up alone; bringing up, settling and taking down come on top\n",
        plural(count.of, "trial"),
        plural(rows.len(), "variant"),
        duration(load_s)
    ));
    if count.done + count.given_up > 0 {
        out.push_str(&format!("{}: {} done, {}\n", ready.folder.display(), count.done, count.left()));
    }
    output::line(&out.trim_end());
    Exit::Success
}

/// How far it is when it begins.
pub fn begins(ready: &Ready, ledger: &Ledger<'_>, global: &Global) {
    let count = Count::of(ready, ledger);
    if global.json {
        output::line(&json!({
            "event": "campaign", "campaign": ready.campaign.name, "folder": ready.folder.display().to_string(), "trials": count.of, "done": count.done,
            "given_up": count.given_up, "left_s": count.left_s,
        }));
    } else if count.done > 0 {
        tell!("{}: {} of {} are done", ready.folder.display(), count.done, plural(count.of, "trial"));
    }
}

/// A trial begins.
pub fn trial_begins(ready: &Ready, ledger: &Ledger<'_>, trial: &Trial, global: &Global) {
    let count = Count::of(ready, ledger);
    let variant = &ready.variant(trial).name;
    if global.json {
        output::line(
            &json!({"event": "trial", "trial": trial, "of": count.of, "name": variant, "left_s": count.left_s}),
        );
        return;
    }
    let (blocks, at_most) =
        (ready.campaign.repetitions, if ready.campaign.until.is_empty() { "" } else { "at most " });
    tell!(
        "\ntrial {} of {at_most}{} (block {} of {at_most}{blocks}): {variant}; {at_most}{}",
        trial.number,
        count.of,
        trial.block,
        count.left()
    );
}

/// A trial's run ended.
pub fn trial_ended(ready: &Ready, trial: &Trial, attempt: &Attempt, attempts: &[Attempt], global: &Global) {
    if global.json {
        output::line(&json!({"event": "trial_ended", "trial": trial.number, "attempt": attempt}));
        return;
    }
    match &attempt.outcome {
        Outcome::Failed { why } => {
            let failed = attempts.iter().filter(|a| matches!(a.outcome, Outcome::Failed { .. })).count();
            let most = ready.campaign.attempts;
            tell!("trial {} failed (attempt {failed} of {most}): {why}", trial.number);
        }
        _ => tell!("trial {} is done: {}", trial.number, attempt.folder.display()),
    }
}

/// It was interrupted.
pub fn interrupted(ready: &Ready, ledger: &Ledger<'_>, global: &Global) -> Exit {
    let count = Count::of(ready, ledger);
    let why = format!("interrupted: {} of {} are done", count.done, plural(count.of, "trial"));
    let help = format!("`swarmlab campaign {}` goes on", ready.campaign.path.display());
    output::fail(&why, Some(&help), global.json, codes::INTERRUPTED)
}

/// Of a figure of `until` the variant of which least is known.
struct Widest<'a> {
    until: &'a Until,
    variant: &'a str,
    known: Option<Known>,
}

fn known<'a>(ready: &'a Ready, progress: &Progress) -> Vec<Widest<'a>> {
    let variants = &ready.campaign.variants;
    let of = |(at, until): (usize, &'a Until)| {
        let each = variants.iter().enumerate().map(|(variant, v)| Widest {
            until,
            variant: &v.name,
            known: Known::of(&values(&progress.blocks, variant, at)),
        });
        each.max_by(|a, b| a.width().total_cmp(&b.width()))
    };
    ready.campaign.until.iter().enumerate().filter_map(of).collect()
}

impl Widest<'_> {
    /// How wide, in the measure in which it is bounded; infinite where nothing is known.
    fn width(&self) -> f64 {
        let of = |known: &Known| match self.until.half_width {
            HalfWidth::Share(_) if known.half_width == 0.0 => 0.0,
            HalfWidth::Share(_) => known.half_width / known.mean.abs(),
            HalfWidth::Amount(_) => known.half_width,
        };
        self.known.as_ref().map(of).filter(|width| !width.is_nan()).unwrap_or(f64::INFINITY)
    }

    fn json(&self) -> serde_json::Value {
        let (figure, variant) = (&self.until.figure, self.variant);
        json!({"figure": figure, "variant": variant, "known": self.known, "wanted": self.until.half_width})
    }

    fn sentence(&self, progress: &Progress) -> String {
        let (figure, variant) = (&self.until.figure, self.variant);
        let told = |width: f64| match self.until.half_width {
            HalfWidth::Share(_) => format!("{:.2} %", width * 100.0),
            HalfWidth::Amount(_) => format!("{width:.3}"),
        };
        let (HalfWidth::Share(wanted) | HalfWidth::Amount(wanted)) = self.until.half_width;
        let wanted = told(wanted);
        let Some(known) = &self.known else {
            return format!("{figure} is not known of {variant}: wanted to ± {wanted}");
        };
        let end = match progress.enough {
            Some(block) => format!("known well enough after block {block}"),
            None if self.until.is_met(known) => "known well enough".to_owned(),
            None => "not known as well as it was wanted: raise `repetitions`".to_owned(),
        };
        format!(
            "{figure} of {variant}: ± {} over {} (wanted: {wanted}); {end}",
            told(self.width()),
            plural(known.n, "run")
        )
    }
}

/// Nothing is left to be run.
pub fn ends(ready: &Ready, ledger: &Ledger<'_>, is_hopeless: bool, global: &Global) -> Exit {
    let count = Count::of(ready, ledger);
    let progress = ledger.progress();
    let folder = ready.folder.display();
    if count.done > 0 {
        let value = json!({
            "event": "campaign_ended", "campaign": ready.campaign.name, "folder": ready.folder.display().to_string(), "trials": count.of,
            "done": count.done, "given_up": count.given_up, "enough_after_block": progress.enough,
            "known": known(ready, &progress).iter().map(Widest::json).collect::<Vec<_>>(),
        });
        let done = format!("{folder}: {} of {} done", count.done, plural(count.of, "trial"));
        let done = known(ready, &progress)
            .iter()
            .fold(done, |text, widest| format!("{text}\n{}", widest.sentence(&progress)));
        let text = match ready.campaign.variants.len() {
            1 => done,
            _ => format!("{done}\ncompare: swarmlab compare {folder}"),
        };
        output::say(global.json, &value, &text);
    }
    if count.given_up == 0 {
        return Exit::Success;
    }
    let mut told = Vec::new();
    for ((trial, attempts), standing) in ready.trials().zip(&ledger.attempts).zip(progress.standings) {
        let why = attempts.iter().rev().find_map(|a| match &a.outcome {
            Outcome::Failed { why } => Some(why.as_str()),
            _ => None,
        });
        if standing == Standing::GivenUp {
            let (name, folder) = (&ready.variant(trial).name, ready.folder.join(trial.folder()));
            told.push(format!(
                "trial {} ({name}, {}): {}",
                trial.number,
                folder.display(),
                why.unwrap_or("")
            ));
        }
    }
    let most = ready.campaign.attempts;
    let rest = if is_hopeless { "; nothing was ever measured, and no other trial was tried" } else { "" };
    let why =
        format!("{} failed {most} times{rest}\n  {}", plural(count.given_up, "trial"), told.join("\n  "));
    let help = "mend the cause, remove these folders, and start the same command: it goes on";
    output::fail(&why, Some(help), global.json, codes::TRIALS_GIVEN_UP)
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_have_two_units_at_most() {
        for (s, told) in [(0.4, "0 s"), (59.6, "1 min 00 s"), (125.0, "2 min 05 s"), (7500.0, "2 h 05 min")] {
            assert_eq!(super::duration(s), told);
        }
    }
}
