//! Raw samples from the stack's Prometheus.
//!
//! An instant query with a range selector (`{__name__=~"…"}[6s]`) returns the samples that Prometheus stored,
//! with their own timestamps; `query_range` would return its own interpolation on its own grid. Each fetch asks
//! for everything since the last answer plus an overlap, because cAdvisor's samples carry timestamps of the
//! past; what was seen before is dropped by series and timestamp. A failed fetch therefore loses nothing: the
//! next one asks for a longer window.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use prometheus_http_query::{Client, TargetState};

use std::sync::Arc;

use swarmlab_record::identity_in_layout_1 as identity_of;
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::ClockOffset;

use super::TelemetryError;
use super::catalogue;

/// How far behind the scrape a sample's own timestamp may lie (cAdvisor's housekeeping), seconds.
const OVERLAP_S: u64 = 5;
/// Longest window asked for at once, seconds; a longer outage is fetched in the last window only and the
/// hole shows as nulls.
const MAX_WINDOW_S: u64 = 600;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Labels that tell series of one task apart; all others are constant per task or noise.
const KEPT_LABELS: &[&str] = &[
    "le",
    "cpu",
    "interface",
    "endpoint",
    "method",
    "code",
    "envoy_cluster_name",
    "envoy_http_conn_manager_prefix",
    "envoy_response_code_class",
];

/// One scrape target as Prometheus sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Scrape job; by convention the short name of the service.
    pub job: String,
    /// Address that is scraped.
    pub url: String,
    /// Whether the last scrape worked.
    pub up: bool,
    /// Why not, empty when it did.
    pub last_error: String,
}

/// A Prometheus that belongs to one stack.
pub struct PrometheusSource {
    client: Client,
    url: String,
    stack: String,
    last_answer: Option<Instant>,
    seen: HashMap<SeriesKey, (Arc<Identity>, f64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeriesKey {
    metric: String,
    service: String,
    task: String,
    labels: BTreeMap<String, String>,
}

impl PrometheusSource {
    /// Prepares the client; nothing is sent yet.
    pub fn new(url: &str, stack: &str) -> Result<Self, TelemetryError> {
        let fail = |reason: String| TelemetryError::Prometheus { url: url.to_owned(), reason };
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .map_err(|e| fail(e.to_string()))?;
        let client = Client::from(http, url).map_err(|e| fail(e.to_string()))?;
        Ok(Self {
            client,
            url: url.to_owned(),
            stack: stack.to_owned(),
            last_answer: None,
            seen: HashMap::new(),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn failed(&self, error: prometheus_http_query::Error) -> TelemetryError {
        use std::error::Error as _;
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(s) = source {
            reason = format!("{reason}: {s}");
            source = s.source();
        }
        TelemetryError::Prometheus { url: self.url.clone(), reason }
    }

    /// All active scrape targets.
    pub async fn targets(&self) -> Result<Vec<Target>, TelemetryError> {
        let targets = self.client.targets(Some(TargetState::Active)).await.map_err(|e| self.failed(e))?;
        Ok(targets
            .active()
            .iter()
            .map(|t| Target {
                job: t.scrape_pool().to_owned(),
                url: t.scrape_url().to_string(),
                up: t.health().is_up(),
                last_error: t.last_error().to_owned(),
            })
            .collect())
    }

    /// Measures the clock offset with one `time()` query.
    pub async fn clock_offset(&self) -> Result<ClockOffset, TelemetryError> {
        let before = crate::clock::unix_now_s();
        let result = self.client.query("time()").get().await.map_err(|e| self.failed(e))?;
        let after = crate::clock::unix_now_s();
        let Some(there) = result.data().as_scalar().map(|s| s.value()) else {
            return Err(TelemetryError::Prometheus {
                url: self.url.clone(),
                reason: "time() did not answer with a scalar".to_owned(),
            });
        };
        Ok(ClockOffset { offset_s: there - (before + after) / 2.0, error_s: (after - before) / 2.0 })
    }

    /// Fetches every catalogued sample that was not returned before.
    pub async fn fetch(&mut self) -> Result<Vec<Reading>, TelemetryError> {
        let asked = Instant::now();
        let window_s = match self.last_answer {
            Some(last) => (asked.duration_since(last).as_secs() + 1 + OVERLAP_S).min(MAX_WINDOW_S),
            None => OVERLAP_S,
        };
        let query = format!("{{__name__=~\"{}\"}}[{window_s}s]", catalogue::IN_PROMETHEUS.join("|"));
        let result = self.client.query(query).post().await.map_err(|e| self.failed(e))?;
        let (data, _) = result.into_inner();
        let matrix = data.into_matrix().map_err(|_| TelemetryError::Prometheus {
            url: self.url.clone(),
            reason: "a range selector did not answer with a matrix".to_owned(),
        })?;
        let mut out = Vec::new();
        for series in matrix {
            let (labels, samples) = series.into_inner();
            let Some(identity) = identify(&labels, &self.stack) else { continue };
            let key = SeriesKey {
                metric: identity.metric.clone(),
                service: identity.service.clone(),
                task: identity.task.clone(),
                labels: identity.labels.clone(),
            };
            let (shared, newest) =
                self.seen.entry(key).or_insert_with(|| (Arc::new(identity), f64::NEG_INFINITY));
            for s in samples {
                if s.timestamp() > *newest {
                    *newest = s.timestamp();
                    out.push(Reading {
                        series: Arc::clone(shared),
                        t_unix_s: s.timestamp(),
                        value: s.value(),
                    });
                }
            }
        }
        self.last_answer = Some(asked);
        Ok(out)
    }

    /// The newest value of a metric per scrape job, summed over the series that belong to the stack.
    pub async fn newest_by_job(&self, metric: &str) -> Result<BTreeMap<String, f64>, TelemetryError> {
        let result = self.client.query(metric).get().await.map_err(|e| self.failed(e))?;
        let (data, _) = result.into_inner();
        let mut out = BTreeMap::new();
        for series in data.into_vector().unwrap_or_default() {
            let (labels, sample) = series.into_inner();
            if let Some(is) = identify(&labels, &self.stack) {
                *out.entry(is.service).or_insert(0.0) += sample.value();
            }
        }
        Ok(out)
    }
}

/// Names service and task of a series, exactly; `None` for series of other stacks, of no service or uncatalogued.
fn identify(labels: &HashMap<String, String>, stack: &str) -> Option<Identity> {
    let metric = labels.get("__name__")?;
    let (service, task) = match metric.starts_with("container_") {
        true => {
            let full = labels.get("container_label_com_docker_swarm_service_name")?;
            let short = full.strip_prefix(stack)?.strip_prefix('_')?;
            let task = labels.get("container_label_com_docker_swarm_task_id").or_else(|| labels.get("id"))?;
            // A stack called `a` must not swallow service `b_c` of a stack called `a_b`.
            if labels.get("container_label_com_docker_stack_namespace").is_some_and(|n| n != stack) {
                return None;
            }
            (short.to_owned(), task.clone())
        }
        false => {
            // Only the service's own job speaks for it, and Envoy's admin listener is not traffic.
            if labels.get("envoy_http_conn_manager_prefix").is_some_and(|p| p == "admin") {
                return None;
            }
            (labels.get("job")?.clone(), labels.get("instance")?.clone())
        }
    };
    let kept = KEPT_LABELS
        .iter()
        .filter_map(|k| labels.get(*k).filter(|v| !v.is_empty()).map(|v| ((*k).to_owned(), v.clone())))
        .collect();
    identity_of(service, task, metric.clone(), kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn cadvisor(service: &str, namespace: &str) -> HashMap<String, String> {
        labels(&[
            ("__name__", "container_cpu_usage_seconds_total"),
            ("container_label_com_docker_swarm_service_name", service),
            ("container_label_com_docker_swarm_task_id", "t1"),
            ("container_label_com_docker_stack_namespace", namespace),
            ("image", "x"),
        ])
    }

    #[test]
    fn a_service_does_not_swallow_its_envoy() {
        let is = identify(&cadvisor("s_ms-exercise-envoy", "s"), "s").unwrap();
        assert_eq!((is.service.as_str(), is.task.as_str()), ("ms-exercise-envoy", "t1"));
        let is = identify(&cadvisor("s_ms-exercise", "s"), "s").unwrap();
        assert_eq!(is.service, "ms-exercise");
    }

    #[test]
    fn other_stacks_are_left_out() {
        assert!(identify(&cadvisor("other_web", "other"), "s").is_none());
        assert!(identify(&cadvisor("a_b_c", "a_b"), "a").is_none());
        assert_eq!(identify(&cadvisor("a_b_c", "a_b"), "a_b").unwrap().service, "c");
    }

    #[test]
    fn the_admin_listener_is_not_traffic() {
        let mut l = labels(&[
            ("__name__", "envoy_http_downstream_rq_total"),
            ("job", "gateway-envoy"),
            ("instance", "10.0.0.2:9901"),
            ("envoy_http_conn_manager_prefix", "admin"),
        ]);
        assert!(identify(&l, "s").is_none());
        l.insert("envoy_http_conn_manager_prefix".to_owned(), "ingress".to_owned());
        let is = identify(&l, "s").unwrap();
        assert_eq!(is.service, "gateway-envoy");
        assert_eq!(is.task, "10.0.0.2:9901");
        assert_eq!(is.meaning, swarmlab_record::metric::Meaning::PROXY_DOWNSTREAM);
        assert_eq!(is.labels.len(), 1);
    }

    #[test]
    fn uncatalogued_metrics_are_left_out() {
        assert!(identify(&labels(&[("__name__", "up"), ("job", "x"), ("instance", "y")]), "s").is_none());
    }
}
