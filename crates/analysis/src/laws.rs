//! Little's law on the measured closed loop: users, throughput, response and think time must fit each other.

use swarmlab_record::Phase;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::plan::LoadModel;
use swarmlab_record::summary::Little;
use swarmlab_shapes::Shape;
use swarmlab_stats::laws;

use crate::assemble::Raw;

/// Checks the law over the bins of the load window; `None` for an open loop or without answers.
pub fn little(raw: &Raw) -> Option<Little> {
    let w = raw.windows().ok()?;
    if raw.manifest.plan.model != LoadModel::Closed {
        return None;
    }
    let shape = raw.manifest.plan.shape.as_ref()?;
    let failed: u64 = raw.client.iter().filter(|r| r.phase == Phase::Load).map(|r| r.failed).sum();
    let (mut time_s, mut user_s, mut completed, mut response_s, mut think_s) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let rows = raw.client.iter().filter(|r| {
        r.endpoint == ALL_ENDPOINTS
            && r.phase == Phase::Load
            && r.t_unix_s >= w.load_start_unix_s - 1e-6
            && r.t_unix_s + r.width_s <= w.load_end_unix_s + 1e-6
    });
    for row in rows {
        time_s += row.width_s;
        user_s += asked_for(shape, row.t_unix_s - w.load_start_unix_s, row.width_s);
        completed += row.completed as f64;
        // With pacing nothing is configured that could be compared: the measured think time stands in.
        think_s += match raw.manifest.plan.think_s {
            Some(mean_s) if failed == 0 => row.iterations as f64 * mean_s,
            _ => row.think_s,
        };
        if let Some(r) = row.response {
            response_s += r.mean / 1e3 * row.completed as f64;
        }
    }
    if completed == 0.0 || time_s == 0.0 {
        return None;
    }
    let (users, x, r, z) = (user_s / time_s, completed / time_s, response_s / completed, think_s / completed);
    let check = laws::little(users, x, r, z).ok()?;
    Some(Little {
        answers: Some(completed as u64),
        users,
        throughput_per_s: x,
        response_s: r,
        think_s: z,
        users_by_law: check.users_by_law,
        relative_gap: check.relative_gap,
    })
}

/// User-seconds that a shape asks for in a bin: whole users, sampled finely.
fn asked_for(shape: &Shape, from_s: f64, width_s: f64) -> f64 {
    const SAMPLES: u32 = 100;
    let step = width_s / f64::from(SAMPLES);
    (0..SAMPLES).map(|i| shape.value_at(from_s + (f64::from(i) + 0.5) * step).floor() * step).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmlab_shapes::shape::Ramp;

    #[test]
    fn user_seconds_follow_the_shape() {
        let ramp = Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 10.0 });
        assert!((asked_for(&ramp, 0.0, 1.0) - 0.0).abs() < 1e-9);
        assert!((asked_for(&ramp, 3.0, 2.0) - 7.0).abs() < 1e-9);
    }
}
