//! `predictive`: any other controller, shown what will be when its action has worked: the greater of now and the forecast
//! at the actuation delay. Replicas come in time, and never go before the load does.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::forecast::Forecast;
use crate::hold::Hold;
use crate::observation::Observation;
use crate::strategy::Strategy;
use crate::view::View;

/// A hole of more steps than this begins the forecast anew.
const LONGEST_HOLE: usize = 10;

/// Around another controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predictive {
    /// The metric that is forecast. Readings of tasks with the same name are raised in proportion.
    pub metric: String,
    /// How.
    pub forecast: Forecast,
    /// Time between values: that of the decisions.
    pub step_s: f64,
    /// How far ahead: from asking for a replica until it serves.
    pub delay_s: f64,
    /// Who decides.
    pub around: Box<Strategy>,
    /// When the last value was taken.
    #[serde(default)]
    pub last_s: Option<f64>,
}

impl Predictive {
    /// Takes a value. Steps that were missed are taken as forecast; after a long hole it begins anew.
    fn learn(&mut self, y: f64, now_s: f64) {
        let steps = match self.last_s {
            Some(last) => ((now_s - last) / self.step_s).round().max(0.0) as usize,
            None => 1,
        };
        if steps == 0 {
            return;
        }
        self.last_s = Some(now_s);
        if steps > LONGEST_HOLE {
            self.forecast.reset();
        } else {
            for _ in 1..steps {
                match self.forecast.ahead(1).filter(|v| v.is_finite()) {
                    Some(guess) => self.forecast.observe(guess),
                    // It knew too little for a guess, and a hole among the first values would shift the season.
                    None => {
                        self.forecast.reset();
                        break;
                    }
                }
            }
        }
        self.forecast.observe(y);
    }

    fn raised(&self, seen: &Observation, now: f64, to: f64) -> Observation {
        let mut raised = seen.clone();
        if let Some(reading) = raised.metrics.get_mut(&self.metric) {
            reading.v = Some(to);
        }
        if now > 0.0 {
            for reading in raised.tasks.iter_mut().filter_map(|t| t.usage.get_mut(&self.metric)) {
                reading.v = reading.v.map(|v| v * to / now);
            }
        }
        raised
    }
}

impl Controller for Predictive {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let now = view.metric(&self.metric)?;
        self.learn(now, view.now_s());
        let steps = (self.delay_s / self.step_s).ceil().max(1.0) as usize;
        let ahead = self.forecast.ahead(steps).filter(|v| v.is_finite());
        let to = ahead.map_or(now, |f| f.max(now));
        let raised = self.raised(view.observation(), now, to);
        // The other controller sees the same ages: a forecast of old data is old.
        let inner = View::new(&raised, view.now_s(), view.bounds())?;
        let advice = self.around.advise(&inner);
        view.take_seen(inner, &self.metric);
        let mut advice = advice?;
        advice.reason = match ahead {
            Some(f) if f > now => {
                format!(
                    "`{}` is {now:.4} and will be {f:.4} in {} s; then {}",
                    self.metric, self.delay_s, advice.reason
                )
            }
            Some(_) => format!("`{}` will not be more in {} s; {}", self.metric, self.delay_s, advice.reason),
            None => format!(
                "no forecast yet ({} of {} values); {}",
                self.forecast.seen(),
                self.forecast.needs(),
                advice.reason
            ),
        };
        Ok(match ahead {
            Some(f) => advice.with("forecast", f),
            None => advice,
        })
    }
}
