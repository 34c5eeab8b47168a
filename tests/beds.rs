//! The embedded bed as a library: it scales the sample application under load, and tells what ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use swarmlab_stackfile::StackSpecs;
use swarmlab_testbed::embedded::{EmbeddedBeds, EmbeddedOptions};
use swarmlab_testbed::{
    Action, Beds, Bounds, Observation, ReplicaEvent, TaskLife, Testbed, TestbedError, seam,
};
use tokio_util::sync::CancellationToken;

fn specs() -> StackSpecs {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks/exercise.yml");
    let little = |name: &str| name.ends_with("_DEMAND_MS").then(|| "0.2".to_owned());
    let stack = swarmlab_stackfile::load_file(&file, &little).unwrap();
    swarmlab_stackfile::specs(&stack, "beds").unwrap()
}

async fn up(dir: &Path) -> Box<dyn Testbed> {
    let beds = EmbeddedBeds::new(EmbeddedOptions {
        binary: env!("CARGO_BIN_EXE_swarmlab").into(),
        log_dir: dir.to_owned(),
        state_dir: dir.join("state"),
        wait: Duration::from_secs(60),
        catalogues: std::sync::Arc::new(swarmlab_catalogue::Catalogues::builtin()),
        bounds: Bounds { timeout: Duration::from_secs(60), ..Bounds::default() },
    });
    beds.up(&specs(), &CancellationToken::new(), &mut |_| {}).await.unwrap()
}

fn scale(service: &str, replicas: u64) -> Action {
    Action::Scale { service: service.into(), replicas }
}

/// Everything that a bed told, and what can be asked of it.
#[derive(Default)]
struct Told {
    lives: Vec<TaskLife>,
    replicas: Vec<ReplicaEvent>,
    warnings: Vec<String>,
    /// Newest value of each series: service, task, metric and further labels.
    newest: BTreeMap<(String, String, String, String), f64>,
    rounds: u32,
    broken: Option<String>,
}

impl Told {
    fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Samples(round) => {
                self.rounds += 1;
                for r in round {
                    let s = &r.series;
                    let key =
                        (s.service.clone(), s.task.clone(), s.metric.clone(), format!("{:?}", s.labels));
                    self.newest.insert(key, r.value);
                }
            }
            Observation::Replicas(event) => self.replicas.push(event),
            Observation::Task(life) => self.lives.push(life),
            Observation::Trouble(trouble) => self.warnings.push(trouble.to_string()),
            Observation::Warning(text) => self.warnings.push(text),
            Observation::TelemetryFailed(e) => self.warnings.push(e.to_string()),
            Observation::Broken(e) => self.broken = Some(e.to_string()),
        }
    }

    async fn until(
        &mut self,
        news: &mut tokio::sync::mpsc::Receiver<Observation>,
        what: &str,
        is_so: impl Fn(&Told) -> bool,
    ) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while !is_so(self) {
            let next = tokio::time::timeout_at(deadline, news.recv()).await;
            self.take(next.unwrap_or_else(|_| panic!("never told: {what}")).expect("the bed tells on"));
        }
    }
}

/// Processes whose environment names the folder.
fn children(dir: &Path, role: &str) -> Vec<String> {
    let of = |file: &str, pid: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    pids.map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|pid| of("environ", pid).contains(&dir.display().to_string()))
        .filter(|pid| of("cmdline", pid).contains(role))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_a_service_is_scaled_out_and_in_and_restarted() {
    let dir = tempfile::tempdir().unwrap();
    let bed: Arc<dyn Testbed> = up(dir.path()).await.into();
    let (out, mut news) = seam::channel();
    let observing = CancellationToken::new();
    bed.observe(out, observing.clone()).unwrap();
    let target = bed.target("gateway-envoy", 8080).await.unwrap();
    let (stop, sent, failed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (stop, sent, failed) = (Arc::clone(&stop), Arc::clone(&sent), Arc::clone(&failed));
            let url = format!("http://{}/exercises", target.addresses[0]);
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                while !stop.load(Ordering::Relaxed) {
                    sent.fetch_add(1, Ordering::Relaxed);
                    let fine = match client.get(&url).send().await {
                        // Without a token: refused by ms-exercise itself, at the end of the way.
                        Ok(answer) => answer.status() == 401 && answer.bytes().await.is_ok(),
                        Err(_) => false,
                    };
                    failed.fetch_add(u64::from(!fine), Ordering::Relaxed);
                }
            })
        })
        .collect();
    // Told as it comes: the channel is bounded, and the bed waits for its reader.
    let told = tokio::spawn(async move {
        let mut told = Told::default();
        while let Some(observation) = news.recv().await {
            told.take(observation);
        }
        told
    });
    let pause = || tokio::time::sleep(Duration::from_millis(1_200));
    pause().await;
    let out = bed.act(scale("ms-exercise", 3), CancellationToken::new()).await.unwrap();
    assert!(out.changed);
    assert!(out.asked_unix_s <= out.accepted_unix_s && out.accepted_unix_s < out.done_unix_s, "{out:?}");
    let again = bed.act(scale("ms-exercise", 3), CancellationToken::new()).await.unwrap();
    assert!(!again.changed, "it was so already");
    pause().await;
    let one = Action::Restart { service: "ms-exercise".into(), task: Some("ms-exercise.2".into()) };
    assert!(bed.act(one, CancellationToken::new()).await.unwrap().changed);
    assert!(bed.act(scale("ms-exercise", 1), CancellationToken::new()).await.unwrap().changed);
    pause().await;
    stop.store(true, Ordering::Relaxed);
    for worker in load {
        worker.await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    observing.cancel();
    let told = told.await.unwrap();
    let (sent, failed) = (sent.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
    assert!(sent > 50, "{sent}");
    assert_eq!(failed, 0, "of {sent}; {:?}", told.warnings);
    let (mut of_proxy, mut of_tasks) = (0.0, BTreeMap::<&str, f64>::new());
    for ((service, task, metric, _), value) in &told.newest {
        match (service.as_str(), metric.as_str()) {
            ("ms-exercise-envoy", "swarmlab_proxy_downstream_requests_total") => of_proxy += value,
            ("ms-exercise", "demo_requests_total") => *of_tasks.entry(task).or_default() += value,
            _ => {}
        }
    }
    assert_eq!(
        of_tasks.keys().copied().collect::<Vec<_>>(),
        ["ms-exercise.1", "ms-exercise.2", "ms-exercise.2-2", "ms-exercise.3"],
        "every life has samples"
    );
    assert_eq!(
        of_tasks.values().sum::<f64>(),
        of_proxy,
        "the last counts of those that ended are known: {of_tasks:?}"
    );
    let born = |task: &str| told.lives.iter().any(|l| l.task == task && l.born_unix_s.is_some());
    let died = |task: &str| told.lives.iter().any(|l| l.task == task && l.died_unix_s.is_some());
    assert!(born("ms-exercise.3") && died("ms-exercise.3") && died("ms-exercise.2-2"), "{:?}", told.lives);
    assert!(!died("ms-exercise.1"));
    let counts = |e: &&ReplicaEvent| e.service == "ms-exercise";
    let most = told.replicas.iter().filter(counts).map(|e| e.healthy).max();
    let last = told.replicas.iter().rfind(counts).unwrap();
    assert_eq!((most, last.desired, last.healthy), (Some(3), 1, 1));
    assert!(told.warnings.is_empty() && told.broken.is_none(), "{:?} {:?}", told.warnings, told.broken);
    bed.down(&mut |_| {}).await.unwrap();
    assert!(children(dir.path(), "").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deaths_are_told_and_what_cannot_be_done_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let bed = up(dir.path()).await;
    let (out, mut news) = seam::channel();
    bed.observe(out, CancellationToken::new()).unwrap();
    let refused = [
        (scale("ms-exercise", 100_000_000_000), "at most 100 replicas"),
        (scale("ms-exercize", 2), "there is no ms-exercize"),
        (scale("postgres", 2), "there is no postgres"),
        (scale("gateway-envoy", 2), "it is no application"),
        (
            Action::SetLimits { service: "gateway".into(), cpu_cores: Some(1.0), memory_bytes: None },
            "plain processes without limits",
        ),
        (Action::Restart { service: "gateway".into(), task: Some("gateway.9".into()) }, "gateway.1"),
    ];
    for (action, words) in refused {
        let error = bed.act(action.clone(), CancellationToken::new()).await.unwrap_err();
        assert!(error.to_string().contains(words), "{action}: {error}");
        assert!(error.help().is_some(), "{error}");
    }
    bed.act(scale("ms-other", 2), CancellationToken::new()).await.unwrap();
    let kill = |pid: &str| {
        assert!(std::process::Command::new("kill").args(["-9", pid]).status().unwrap().success());
    };
    let pids = children(dir.path(), "ms-other");
    assert_eq!(pids.len(), 2, "{pids:?}");
    kill(&pids[0]);
    let mut told = Told::default();
    let one_died =
        |t: &Told| t.warnings.iter().any(|w| w.starts_with("ms-other.") && w.contains("by itself"));
    told.until(&mut news, "the first death", one_died).await;
    assert!(told.broken.is_none(), "another replica is left: {:?}", told.broken);
    assert!(told.lives.iter().any(|l| l.service == "ms-other" && l.died_unix_s.is_some()));
    // The proxy knows: no request goes to the dead one.
    let target = bed.target("ms-other-envoy", 8080).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..4 {
        let answer = client.get(format!("http://{}/healthz", target.addresses[0])).send().await.unwrap();
        assert!(answer.status().is_success());
    }
    kill(&pids[1]);
    told.until(&mut news, "the end of the service", |t| t.broken.is_some()).await;
    assert!(told.broken.unwrap().starts_with("ms-other."));
    bed.down(&mut |_| {}).await.unwrap();
    bed.down(&mut |_| {}).await.unwrap();
    assert!(children(dir.path(), "").is_empty());
    let late = bed.act(scale("gateway", 2), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(late, TestbedError::GoingDown { .. }), "{late}");
}
