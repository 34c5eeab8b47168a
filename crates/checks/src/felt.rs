//! What clients felt, by the keys of figures: the one list of them for who judges thresholds on a load alone or under way.

/// Figures of one endpoint, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Felt {
    /// Requests sent.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Complete answers a second.
    pub throughput_per_s: f64,
    /// Of the requests that ended, the share that failed; `None` where none ended.
    pub error_rate: Option<f64>,
    /// Response times; `None` without an answer.
    pub response: Option<Response>,
}

/// Response times, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Response {
    /// Mean.
    pub mean_ms: f64,
    /// Quantiles 0.5, 0.9, 0.95, 0.99 and 0.999.
    pub quantiles_ms: [f64; 5],
    /// Longest.
    pub max_ms: f64,
}

impl Felt {
    /// A figure by its key without an endpoint, and its unit.
    pub fn figure(&self, stem: &str) -> Option<(f64, String)> {
        let count = |n: u64| Some((n as f64, "requests".to_owned()));
        let ms = |of: fn(&Response) -> f64| self.response.as_ref().map(|r| (of(r), "ms".to_owned()));
        match stem {
            "sent" => count(self.sent),
            "completed" => count(self.completed),
            "failed" => count(self.failed),
            "throughput_per_s" => Some((self.throughput_per_s, "requests/s".to_owned())),
            "error_rate" => self.error_rate.map(|rate| (rate, String::new())),
            "response_mean_ms" => ms(|r| r.mean_ms),
            "response_p50_ms" => ms(|r| r.quantiles_ms[0]),
            "response_p90_ms" => ms(|r| r.quantiles_ms[1]),
            "response_p95_ms" => ms(|r| r.quantiles_ms[2]),
            "response_p99_ms" => ms(|r| r.quantiles_ms[3]),
            "response_p999_ms" => ms(|r| r.quantiles_ms[4]),
            "response_max_ms" => ms(|r| r.max_ms),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure_keys;

    #[test]
    fn each_figure_of_clients_has_a_key_that_checks_know() {
        let response = Response { mean_ms: 1.0, quantiles_ms: [1.0; 5], max_ms: 1.0 };
        let felt = Felt {
            sent: 1,
            completed: 1,
            failed: 1,
            throughput_per_s: 1.0,
            error_rate: Some(1.0),
            response: Some(response),
        };
        let told: Vec<String> = figure_keys().filter(|key| felt.figure(key).is_some()).collect();
        assert_eq!(told.len(), 12, "{told:?}");
        assert_eq!(Felt { response: None, ..felt }.figure("response_p95_ms"), None);
    }
}
