//! Pages: what is done once, what is done again and again, and the pauses between.

use std::collections::BTreeSet;

use super::Recorded;
use super::model::Page;
use crate::draft::{Draft, Task, Wait};

/// Shorter pauses are no thinking, milliseconds.
const LEAST_PAUSE_MS: f64 = 200.0;
/// Pauses within a page that are worth a comment, milliseconds.
const LONG_PAUSE_MS: f64 = 1000.0;

/// The steps of one page.
struct Sheet<'a> {
    title: String,
    steps: Vec<Recorded<'a>>,
    /// Numbers of its steps in the whole recording.
    numbers: Vec<usize>,
}

/// Arranges steps by their pages.
///
/// A task stands for itself: what one page needs of another must have happened before. So pages up to the last that gives
/// something to a later one (a value, or a cookie set by a request that is no GET) are done at the start, once; the
/// others are tasks. If nothing is left for tasks all is one journey.
pub(super) fn arrange(recorded: Vec<Recorded<'_>>, pages: &[Page], draft: &mut Draft) {
    let sheets = sheets(recorded, pages);
    let (wait, comments) = wait(&sheets);
    (draft.wait, draft.wait_comments) = (wait, comments);
    let last_giver = last_giver(&sheets);
    let count = sheets.len();
    let at_start = match last_giver {
        Some(last) if last + 1 < count => last + 1,
        // All depend on each other.
        Some(_) => count,
        None => 0,
    };
    let mut all: Vec<Task> = Vec::new();
    for sheet in sheets {
        let mut task = Task { name: sheet.title.clone(), ..Task::default() };
        if count > 1 {
            task.comments.push(format!("Page: {}", sheet.title));
        }
        let mut end_ms: Option<f64> = None;
        for Recorded { mut step, kept, .. } in sheet.steps {
            let pause_ms = end_ms.map_or(0.0, |end| kept.start_ms - end);
            if pause_ms >= LONG_PAUSE_MS {
                step.comments
                    .insert(0, format!("in the recording {:.1} s passed before this", pause_ms / 1e3));
            }
            end_ms = Some(end_ms.unwrap_or(f64::MIN).max(kept.end_ms));
            task.steps.push(step);
        }
        all.push(task);
    }
    // Tasks are what is done again and again: there must be one.
    if !all.iter().skip(at_start).any(Task::is_on) {
        if count > 1 {
            draft.comments.push("Pages need values of those before: they are one journey.".to_owned());
        }
        let name = draft.name.clone();
        let mut journey = Task { name, ..Task::default() };
        for mut task in all {
            if let Some(first) = task.steps.first_mut() {
                first.comments.splice(0..0, task.comments);
            }
            journey.steps.append(&mut task.steps);
        }
        draft.tasks = vec![journey];
    } else {
        if at_start > 0 {
            draft.comments.push(
                "Pages that later ones depend on are done once by each user (`on_start`); the others are tasks, of which one \
                 is drawn for each iteration."
                    .to_owned(),
            );
        } else if count > 1 {
            draft
                .comments
                .push("Each page is a task, of which one is drawn for each iteration (`weight`).".to_owned());
        }
        draft.tasks = all.split_off(at_start);
        draft.on_start = all;
    }
}

fn sheets<'a>(recorded: Vec<Recorded<'a>>, pages: &[Page]) -> Vec<Sheet<'a>> {
    let mut sheets: Vec<(String, Sheet<'a>)> = Vec::new();
    for (number, one) in recorded.into_iter().enumerate() {
        let id = one.kept.entry.pageref.clone();
        // What belongs to no page goes with what was going on.
        let place = match sheets.iter().position(|(known, _)| *known == id) {
            Some(place) => Some(place),
            None if id.is_empty() => sheets.len().checked_sub(1),
            None => None,
        };
        let place = place.unwrap_or_else(|| {
            let title =
                pages.iter().find(|page| page.id == id).map(|page| title(&page.title)).unwrap_or_default();
            let title = if title.is_empty() { format!("page {}", sheets.len() + 1) } else { title };
            sheets.push((id, Sheet { title, steps: Vec::new(), numbers: Vec::new() }));
            sheets.len() - 1
        });
        sheets[place].1.steps.push(one);
        sheets[place].1.numbers.push(number);
    }
    sheets.into_iter().map(|(_, sheet)| sheet).collect()
}

/// A title without a query, which may hold anything; browsers give the URL where a page has none.
fn title(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or(rest, |at| &rest[at..]),
        None => text,
    };
    text.chars().filter(|c| !c.is_control()).take(60).collect::<String>().trim().to_owned()
}

/// The last page of which a later one needs something.
fn last_giver(sheets: &[Sheet<'_>]) -> Option<usize> {
    let place_of = |number: usize| sheets.iter().position(|sheet| sheet.numbers.contains(&number));
    let mut givers: BTreeSet<usize> = BTreeSet::new();
    for (place, sheet) in sheets.iter().enumerate() {
        let needed =
            sheet.steps.iter().flat_map(|recorded| &recorded.needs).filter_map(|number| place_of(*number));
        givers.extend(needed.filter(|giver| *giver != place));
        let logs_in = |recorded: &Recorded<'_>| {
            recorded.step.method != "GET"
                && super::headers::set_cookies(&recorded.kept.entry.response.headers).next().is_some()
        };
        if place + 1 < sheets.len() && sheet.steps.iter().any(logs_in) {
            givers.insert(place);
        }
    }
    givers.last().copied()
}

/// The pause after each iteration: what passed between pages, or within the only one.
fn wait(sheets: &[Sheet<'_>]) -> (Option<Wait>, Vec<String>) {
    let spans = sheets.iter().map(|sheet| {
        let start = sheet.steps.iter().map(|r| r.kept.start_ms).fold(f64::MAX, f64::min);
        let end = sheet.steps.iter().map(|r| r.kept.end_ms).fold(f64::MIN, f64::max);
        (start, end)
    });
    let spans: Vec<(f64, f64)> = spans.collect();
    if let [_] = spans.as_slice() {
        let (mut sum_ms, mut end_ms) = (0.0, f64::MAX);
        for recorded in sheets.iter().flat_map(|sheet| &sheet.steps) {
            let pause_ms = recorded.kept.start_ms - end_ms;
            sum_ms += if pause_ms >= LEAST_PAUSE_MS { pause_ms } else { 0.0 };
            end_ms = if end_ms == f64::MAX { recorded.kept.end_ms } else { end_ms.max(recorded.kept.end_ms) };
        }
        return match rounded(sum_ms) {
            0 => (None, Vec::new()),
            ms => {
                let text = "All pauses of the recording together; a user waits so long after each iteration.";
                (Some(Wait::Constant(ms)), vec![text.to_owned()])
            }
        };
    }
    let gaps = spans.windows(2).map(|pair| pair[1].0 - pair[0].1).filter(|gap| *gap >= LEAST_PAUSE_MS);
    let mut gaps: Vec<u64> = gaps.map(rounded).collect();
    gaps.sort_unstable();
    let text = vec!["What passed between pages in the recording.".to_owned()];
    match (gaps.first().copied(), gaps.last().copied()) {
        (Some(least), Some(most)) if least < most => (Some(Wait::Between(least, most)), text),
        (Some(only), _) => (Some(Wait::Constant(only)), text),
        _ => (None, Vec::new()),
    }
}

/// To tenths of a second, at most a day.
fn rounded(ms: f64) -> u64 {
    ((ms / 100.0).round().clamp(0.0, 864_000.0) as u64) * 100
}
