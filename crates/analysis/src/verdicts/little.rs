//! Whether Little's law holds.

use swarmlab_record::plan::LoadModel;
use swarmlab_record::summary::{Figure, Little, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

/// Little's law.
pub const LITTLE_TOLERANCE: f64 = swarmlab_stats::laws::LittleCheck::TOLERANCE;
/// Of fewer answers those under way at the window's ends weigh too much.
pub const LEAST_ANSWERS: u64 = 50;

/// Where the iterations that the end of the load may cut are more of all user-seconds than that, their cuts look like a fault: the
/// thinking after an iteration is configured, and counted whole though it lies beyond the end.
const MOST_EDGE: f64 = 0.1;

/// The most of all user-seconds that iterations under way at the end can be; `None` where the plan does not say.
fn edge_share(l: &Little, raw: &Raw) -> Option<f64> {
    let (w, shape) = (raw.windows().ok()?, raw.manifest.plan.shape.as_ref()?);
    let length_s = w.load_end_unix_s - w.load_start_unix_s;
    let most = (0..=100).map(|i| shape.value_at(length_s * f64::from(i) / 100.0).floor()).fold(0.0, f64::max);
    let iteration_s = (l.response_s + l.think_s) * raw.manifest.plan.steps;
    let user_s = l.users * length_s;
    (user_s > 0.0).then(|| most * iteration_s / user_s)
}

/// Little's law on the closed loop.
pub fn little(l: Option<&Little>, raw: &Raw) -> Option<Verdict> {
    let Some(l) = l else {
        // Without a shape nobody knows how many users there should be.
        let closed = raw.manifest.plan.model == LoadModel::Closed && raw.manifest.plan.shape.is_some();
        let why = "No answer came inside the load window.";
        return closed.then(|| not_judged("littles-law", "Little's law was not checked", why));
    };
    if l.answers.is_some_and(|n| n < LEAST_ANSWERS) {
        let n = l.answers.unwrap_or_default();
        let why = format!(
            "Only {n} answers came inside the load window; at {LEAST_ANSWERS} those under way at its ends weigh little."
        );
        return Some(not_judged("littles-law", "Little's law was not checked", why));
    }
    if let Some(share) = edge_share(l, raw).filter(|share| *share > MOST_EDGE) {
        let why = format!(
            "What users were in the middle of when the load ended may be {:.0} % of all that they did; up to {:.0} % it weighs little. A \
             longer load tells.",
            share * 100.0,
            MOST_EDGE * 100.0
        );
        return Some(not_judged("littles-law", "Little's law was not checked", why));
    }
    let status = if l.relative_gap <= LITTLE_TOLERANCE { Status::Pass } else { Status::Fail };
    let title = if status == Status::Pass {
        "Little's law holds"
    } else {
        "Little's law does not hold: a data fault"
    };
    Some(make(
        "littles-law",
        status,
        title,
        "N = X (R + Z): the shape's users and the configured think time against measured throughput and response time, within 5 %.",
        vec![
            Figure::number("users", "users N", l.users, 2, ""),
            Figure::number("users_by_law", "X (R + Z)", l.users_by_law, 2, "").noting(format!(
                "{:.2}/s × ({:.1} ms + {:.1} ms); gap {:.2} %",
                l.throughput_per_s,
                l.response_s * 1e3,
                l.think_s * 1e3,
                l.relative_gap * 100.0
            )),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use swarmlab_record::plan::Plan;
    use swarmlab_shapes::Shape;
    use swarmlab_shapes::shape::Constant;

    use super::*;
    use crate::assemble::fixture::load_alone;

    fn judged(answers: u64, relative_gap: f64) -> Option<Status> {
        let law = Little {
            answers: Some(answers),
            users: 1.0,
            throughput_per_s: 1.0,
            response_s: 0.5,
            think_s: 0.5,
            users_by_law: 1.0,
            relative_gap,
        };
        little(Some(&law), &load_alone(3)).map(|v| v.status)
    }

    #[test]
    fn the_law_is_not_judged_by_few_answers_or_none() {
        assert_eq!(judged(LEAST_ANSWERS - 1, 0.0), Some(Status::NotJudged));
        assert_eq!(judged(LEAST_ANSWERS, 0.0), Some(Status::Pass));
        assert_eq!(judged(LEAST_ANSWERS, 0.06), Some(Status::Fail));
        let mut raw = load_alone(3);
        assert!(little(None, &raw).is_none(), "no closed loop");
        raw.manifest.plan = Plan::of_load("t".into(), LoadModel::Closed, 3.0, 1.0, 1);
        raw.manifest.plan.shape = Some(Shape::Constant(Constant { level: 0.0, duration_s: 3.0 }));
        assert_eq!(little(None, &raw).map(|v| v.status), Some(Status::NotJudged));
    }
}
