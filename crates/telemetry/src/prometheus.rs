//! Raw samples from the stack's Prometheus.
//!
//! An instant query with a range selector (`{__name__=~"…"}[6s]`) returns the samples that Prometheus stored,
//! with their own timestamps; `query_range` would return its own interpolation on its own grid. Each fetch asks
//! for everything since the last answer plus an overlap, because cAdvisor's samples carry timestamps of the
//! past; what was seen before is dropped by series and timestamp. A failed fetch therefore loses nothing: the
//! next one asks for a longer window.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_http_query::{Client, TargetState};
use swarmlab_catalogue::{Catalogues, Context, Identified};
use swarmlab_record::series::Reading;
use swarmlab_record::topology::{ClockOffset, Topology};

use super::TelemetryError;
use super::known::Known;
use super::queries::QuerySource;
use super::remarks::{Remark, Remarks};

/// How far behind the scrape a sample's own timestamp may lie (cAdvisor's housekeeping), seconds.
const OVERLAP_S: u64 = 5;
/// Longest window asked for at once, seconds; a longer outage is fetched in the last window only and the
/// hole shows as nulls.
const MAX_WINDOW_S: u64 = 600;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Time between two scrapes, as configured.
    pub every: Duration,
}

/// A Prometheus that belongs to one stack.
pub struct PrometheusSource {
    client: Client,
    url: String,
    stack: String,
    topology: Topology,
    catalogues: Arc<Catalogues>,
    last_answer: Option<Instant>,
    known: Known,
    remarks: Remarks,
}

impl PrometheusSource {
    /// Prepares the client; nothing is sent yet. Only what speaks of the stack's services is fetched, as the catalogues
    /// say it.
    ///
    /// # Errors
    /// [`TelemetryError::Prometheus`] when the address cannot be one.
    pub fn new(
        url: &str,
        stack: &str,
        topology: Topology,
        catalogues: Arc<Catalogues>,
    ) -> Result<Self, TelemetryError> {
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
            topology,
            catalogues,
            last_answer: None,
            known: Known::default(),
            remarks: Remarks::default(),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn failed(&self, error: prometheus_http_query::Error) -> TelemetryError {
        TelemetryError::Prometheus { url: self.url.clone(), reason: in_words(&error) }
    }

    /// The user's queries, each to be asked beside the samples: one that is slow holds up neither them nor another.
    pub fn queries(&self) -> Vec<QuerySource> {
        let source = |query| QuerySource::new(self.client.clone(), &self.stack, &self.topology, query);
        self.catalogues.queries().iter().cloned().map(source).collect()
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
                every: t.scrape_interval().unsigned_abs(),
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
    ///
    /// # Errors
    /// [`TelemetryError::Prometheus`]; nothing is lost by it, the next fetch asks for a longer window.
    pub async fn fetch(&mut self) -> Result<Vec<Reading>, TelemetryError> {
        let asked = Instant::now();
        let overlap_s = overlap_s(self.catalogues.longest_interval_s());
        let window_s = match self.last_answer {
            Some(last) => (asked.duration_since(last).as_secs() + 1 + overlap_s).min(MAX_WINDOW_S),
            None => overlap_s,
        };
        let query = format!("{}[{window_s}s]", any_of(&self.catalogues.names_for_prometheus()));
        let result = self.client.query(query).post().await.map_err(|e| self.failed(e))?;
        let (data, _) = result.into_inner();
        let matrix = data.into_matrix().map_err(|_| TelemetryError::Prometheus {
            url: self.url.clone(),
            reason: "a range selector did not answer with a matrix".to_owned(),
        })?;
        let mut ours = Vec::new();
        for series in matrix {
            let (labels, samples) = series.into_inner();
            match self.identify(&labels) {
                Identified::Series(identity) => ours.push((identity, samples)),
                Identified::Unnamed { why, who } => self.remarks.unnamed(why, who),
                Identified::NotOurs => {}
            }
        }
        // Where several names say the same of a service, the first in the catalogues speaks.
        ours.sort_by_key(|(is, _)| self.catalogues.rank(&is.metric));
        let mut out = Vec::new();
        for (identity, samples) in ours {
            if !self.remarks.speaks(&identity) {
                continue;
            }
            let metric = identity.metric.clone();
            let samples = samples.iter().map(|s| (s.timestamp(), s.value()));
            let told = samples.filter(|(_, value)| !self.catalogues.is_absent(&metric, *value));
            out.extend(self.known.news(identity, told));
        }
        self.last_answer = Some(asked);
        Ok(out)
    }

    /// What the user should know of the series that were fetched, each once.
    pub fn remarks(&mut self) -> Vec<Remark> {
        self.remarks.take()
    }

    /// Reasons of remarks that the user has been told already.
    pub fn told(&mut self, reasons: impl IntoIterator<Item = String>) {
        self.remarks.told(reasons);
    }

    /// The same of what Prometheus has now, without fetching samples.
    ///
    /// # Errors
    /// [`TelemetryError::Prometheus`].
    pub async fn unnamed(&self) -> Result<Vec<Remark>, TelemetryError> {
        let mut remarks = Remarks::default();
        for (labels, _) in self.newest(&self.catalogues.names_for_prometheus()).await? {
            if let Identified::Unnamed { why, who } = self.identify(&labels) {
                remarks.unnamed(why, who);
            }
        }
        Ok(remarks.take())
    }

    /// How many requests each proxy has counted from its clients, by service: the largest of the counters that the
    /// catalogues call a proof.
    ///
    /// # Errors
    /// [`TelemetryError::Prometheus`].
    pub async fn proven(&self) -> Result<BTreeMap<String, f64>, TelemetryError> {
        let mut by_metric: BTreeMap<(String, String), f64> = BTreeMap::new();
        for (labels, value) in self.newest(&self.catalogues.proofs()).await? {
            if let Identified::Series(is) = self.identify(&labels) {
                *by_metric.entry((is.service, is.metric)).or_default() += value;
            }
        }
        let mut out: BTreeMap<String, f64> = BTreeMap::new();
        for ((service, _), value) in by_metric {
            let largest = out.entry(service).or_default();
            *largest = largest.max(value);
        }
        Ok(out)
    }

    /// The newest value of every series of these names, with its labels.
    async fn newest(&self, metrics: &[&str]) -> Result<Vec<(HashMap<String, String>, f64)>, TelemetryError> {
        let result = self.client.query(any_of(metrics)).post().await.map_err(|e| self.failed(e))?;
        let (data, _) = result.into_inner();
        let newest = data.into_vector().unwrap_or_default().into_iter().map(|series| {
            let (labels, sample) = series.into_inner();
            (labels, sample.value())
        });
        Ok(newest.collect())
    }

    fn identify(&self, labels: &HashMap<String, String>) -> Identified {
        self.catalogues.identify(labels, &Context { stack: &self.stack, topology: &self.topology })
    }
}

/// A client's error with all its causes.
pub(crate) fn in_words(error: &prometheus_http_query::Error) -> String {
    use std::error::Error as _;
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(s) = source {
        words = format!("{words}: {s}");
        source = s.source();
    }
    words
}

/// How far back each question reaches before the last answer, seconds: two samples of the slowest source.
fn overlap_s(longest_interval_s: f64) -> u64 {
    OVERLAP_S.max((2.0 * longest_interval_s).ceil() as u64).min(MAX_WINDOW_S)
}

/// A selector of any of these names.
pub fn any_of(metrics: &[&str]) -> String {
    format!("{{__name__=~\"{}\"}}", metrics.join("|"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_catalogue::Query;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A Prometheus that has no samples, and no answer for whoever asks for `hang`.
    async fn hanging() -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut asked, mut part) = (String::new(), [0; 4096]);
                    while !asked.contains("query=") {
                        let n = stream.read(&mut part).await.unwrap();
                        asked.push_str(&String::from_utf8_lossy(&part[..n]));
                    }
                    if asked.contains("hang") {
                        return std::future::pending().await;
                    }
                    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
                    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                });
            }
        });
        url
    }

    #[tokio::test]
    async fn a_query_that_is_not_answered_holds_up_no_samples() {
        let query = Query { name: "q".into(), promql: "hang".into(), unit: String::new(), label: None };
        let catalogues = Arc::new(Catalogues::builtin().asking(vec![query]));
        let url = hanging().await;
        let mut source = PrometheusSource::new(&url, "s", Topology::default(), catalogues).unwrap();
        let mut queries = source.queries();
        tokio::select! {
            biased;
            told = queries[0].ask() => panic!("{told:?}"),
            samples = source.fetch() => assert_eq!(samples.unwrap(), []),
        }
    }

    #[test]
    fn a_slow_source_is_asked_for_further_back() {
        assert_eq!(overlap_s(1.0), OVERLAP_S);
        assert_eq!(overlap_s(15.0), 30);
        assert_eq!(overlap_s(1e9), MAX_WINDOW_S);
    }

    #[test]
    fn one_selector_asks_for_every_name() {
        assert_eq!(any_of(&["a_total", "b"]), "{__name__=~\"a_total|b\"}");
    }
}
