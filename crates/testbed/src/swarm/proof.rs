//! Before any load each proxy is proven to be in the path: a request makes its counter move.
//!
//! A proxy that is published is asked from here. A woven front that is not is asked by the name that callers use, from
//! within the stack's networks: what the name leads to must be the front.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use swarmlab_stackfile::{CALLED_LABEL, LISTENS_LABEL, Role, ServicePlan, StackSpecs};
use swarmlab_swarm::Engine;
use swarmlab_telemetry::TelemetryError;
use swarmlab_telemetry::prometheus::PrometheusSource;
use tokio::time::Instant;

use super::ready::POLL;
use crate::{Note, TestbedError, stack};

/// How long one request may take.
const BOUND: Duration = Duration::from_secs(5);
/// Asks `$1:$2` for `$3` and prints the status; without a path it only connects. Envoy's images have bash and no curl.
const ASK: &str = "exec 3<>\"/dev/tcp/$1/$2\" || exit; [ -n \"$3\" ] || { echo connected; exit; }; \
    printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' \"$3\" \"$1\" >&3; \
    read -r -t 4 _ code _ <&3; echo \"$code\"";

/// How one proxy is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    proxy: String,
    way: Way,
    /// Path of the request; none where bytes pass unread.
    path: Option<String>,
    fine: Fine,
}

/// Which answers will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fine {
    /// A success: somebody has said which path is harmless and fine.
    Success,
    /// Any of the service behind.
    OfService,
    /// Any of the proxy, too: its service has no replicas as long as nobody scales it.
    OfProxy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// At its published port.
    Published(SocketAddr),
    /// In a container of this service (its full name), by the name and port that callers use.
    Inside { service: String, called: String, port: u16 },
}

/// How the proxies of a stack are asked, those that can be. `node`: where published ports answer.
pub fn questions(specs: &StackSpecs, node: IpAddr) -> Vec<Question> {
    let idle = |name: &String| {
        let mut behind = specs.services.iter().filter(|s| s.short == *name);
        behind.any(|s| stack::replicas(s) == 0)
    };
    let fine = |proxy: &ServicePlan| match !proxy.fronts.is_empty() && proxy.fronts.iter().all(idle) {
        true => Fine::OfProxy,
        false => Fine::OfService,
    };
    let proxies = specs.services.iter().filter(|s| s.role == Role::Proxy);
    proxies.filter_map(|s| question(s, node, fine(s))).collect()
}

/// `fine`: which answers of a woven front will do.
fn question(proxy: &ServicePlan, node: IpAddr, fine: Fine) -> Option<Question> {
    let path = stack::label(proxy, "swarmlab.proof");
    let Some(listens) = stack::label(proxy, LISTENS_LABEL) else {
        let port = stack::ports(proxy).first()?.published;
        return Some(Question {
            proxy: proxy.short.clone(),
            way: Way::Published(SocketAddr::new(node, port)),
            path: Some(path.unwrap_or("/").to_owned()),
            fine: Fine::Success,
        });
    };
    let listens: Vec<(u16, bool)> = listens
        .split(',')
        .filter_map(|part| part.split_once('/'))
        .filter_map(|(port, protocol)| Some((port.parse().ok()?, protocol != "tcp")))
        .collect();
    let published =
        |port: u16| stack::ports(proxy).into_iter().find(|p| p.target == port).map(|p| p.published);
    // A request says more than a connection, and from outside more than from within.
    let (port, http) = *listens.iter().min_by_key(|(port, http)| (!*http, published(*port).is_none()))?;
    let way = match published(port) {
        Some(published) => Way::Published(SocketAddr::new(node, published)),
        None => Way::Inside {
            service: proxy.full.clone(),
            called: stack::label(proxy, CALLED_LABEL)?.to_owned(),
            port,
        },
    };
    Some(Question {
        proxy: proxy.short.clone(),
        way,
        path: http.then(|| path.unwrap_or("/").to_owned()),
        fine,
    })
}

/// What came of a question.
enum Answer {
    Fine,
    /// Not yet, and why.
    NotYet(String),
    /// It runs on another node: it cannot be asked from here.
    Elsewhere,
}

/// Asks each until all have answered and every proxy of the stack has counted one; how many that were.
///
/// # Errors
/// [`TestbedError::NoProof`] with the names of those that saw nothing until `deadline`.
pub async fn prove(
    prometheus: &PrometheusSource,
    engine: &Engine,
    specs: &StackSpecs,
    mut asked: Vec<Question>,
    deadline: Instant,
    note: &mut (dyn FnMut(Note) + Send),
) -> Result<usize, TestbedError> {
    let mut proxies: BTreeSet<&str> =
        specs.services.iter().filter(|s| s.role == Role::Proxy).map(|s| s.short.as_str()).collect();
    let http =
        reqwest::Client::builder().timeout(BOUND).no_proxy().redirect(reqwest::redirect::Policy::none());
    let http = http.build().map_err(|e| {
        TestbedError::Telemetry(TelemetryError::Scrape {
            url: "the proof request".to_owned(),
            reason: e.to_string(),
        })
    })?;
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    while !proxies.is_empty() {
        let mut again = Vec::new();
        for question in asked {
            match ask(&question, engine, &http).await {
                Answer::Fine => _ = last.remove(&question.proxy),
                Answer::NotYet(why) => {
                    last.insert(question.proxy.clone(), why);
                    again.push(question);
                }
                Answer::Elsewhere => {
                    let why = "it runs on another node and is not published, so it was not asked";
                    note(Note::Warning(format!("{} is not proven: {why}", question.proxy)));
                    proxies.remove(question.proxy.as_str());
                }
            }
        }
        asked = again;
        let counted = prometheus.proven().await.unwrap_or_default();
        let unseen: Vec<&str> =
            proxies.iter().copied().filter(|p| counted.get(*p).copied().unwrap_or(0.0) < 1.0).collect();
        if asked.is_empty() && unseen.is_empty() {
            break;
        }
        if Instant::now() >= deadline {
            let mut reasons: Vec<String> = last.into_iter().map(|(s, e)| format!("{s}: {e}")).collect();
            reasons.extend(unseen.iter().map(|p| format!("{p} has counted no request")));
            return Err(TestbedError::NoProof(reasons));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(proxies.len())
}

async fn ask(question: &Question, engine: &Engine, http: &reqwest::Client) -> Answer {
    match (&question.way, &question.path) {
        (Way::Published(address), Some(path)) => {
            let url = format!("http://{address}{path}");
            match http.get(&url).send().await {
                Ok(answer) if accepted(answer.status().as_u16(), question.fine) => Answer::Fine,
                Ok(answer) => Answer::NotYet(format!("GET {url} answered {}", answer.status())),
                Err(e) => Answer::NotYet(format!("GET {url} failed: {e}")),
            }
        }
        (Way::Published(address), None) => {
            match tokio::time::timeout(BOUND, tokio::net::TcpStream::connect(address)).await {
                Ok(Ok(_)) => Answer::Fine,
                Ok(Err(e)) => Answer::NotYet(format!("a connection to {address} failed: {e}")),
                Err(_) => Answer::NotYet(format!("a connection to {address} was not taken")),
            }
        }
        (Way::Inside { service, called, port }, path) => {
            let port = port.to_string();
            let words = ["bash", "-c", ASK, "ask", called, &port, path.as_deref().unwrap_or_default()];
            let at = format!("{called}:{port}{}", path.as_deref().unwrap_or_default());
            match swarmlab_swarm::run_inside(engine, service, &words, BOUND).await {
                Ok(None) if engine.is_only_node() => {
                    Answer::NotYet(format!("no container of {service} runs"))
                }
                Ok(None) => Answer::Elsewhere,
                Ok(Some(said)) if said == "connected" => Answer::Fine,
                Ok(Some(said)) => match said.parse() {
                    Ok(code) if accepted(code, question.fine) => Answer::Fine,
                    _ => {
                        Answer::NotYet(format!("asked for {at} from within the stack, it answered `{said}`"))
                    }
                },
                Err(e) => Answer::NotYet(e.to_string()),
            }
        }
    }
}

/// Whether a status will do. A proxy's own 502, 503 and 504 say that nobody is behind it.
fn accepted(status: u16, fine: Fine) -> bool {
    match fine {
        Fine::Success => (200..300).contains(&status),
        Fine::OfService => !matches!(status, 502..=504),
        Fine::OfProxy => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn asked(text: &str) -> Vec<Question> {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let stack = swarmlab_stackfile::load(text, Path::new("t.yml"), &|_| None, &nothing).unwrap();
        questions(&swarmlab_stackfile::specs(&stack, "t").unwrap(), "127.0.0.1".parse().unwrap())
    }

    #[test]
    fn a_proxy_is_asked_from_outside_where_that_can_be() {
        let text = "services:
  by-hand: { image: i, ports: ['1:8080'], deploy: { labels: { swarmlab.role: proxy, swarmlab.proof: /p } } }
  hidden: { image: i, deploy: { labels: { swarmlab.role: proxy } } }
  out: { image: i, ports: ['2:80'], deploy: { labels: { swarmlab.role: proxy, swarmlab.woven.called: a, swarmlab.woven.listens: '25/tcp,80/http1' } } }
  in: { image: i, deploy: { labels: { swarmlab.role: proxy, swarmlab.woven.called: b, swarmlab.woven.listens: '9000/grpc' } } }
  bytes: { image: i, ports: ['3:25'], deploy: { labels: { swarmlab.role: proxy, swarmlab.woven.called: c, swarmlab.woven.listens: 25/tcp } } }
";
        let at = |port: u16| Way::Published(SocketAddr::new("127.0.0.1".parse().unwrap(), port));
        let inside = Way::Inside { service: "t_in".to_owned(), called: "b".to_owned(), port: 9000 };
        let question = |proxy: &str, way, path: Option<&str>, fine| Question {
            proxy: proxy.to_owned(),
            way,
            path: path.map(str::to_owned),
            fine,
        };
        let expected = [
            question("by-hand", at(1), Some("/p"), Fine::Success),
            question("out", at(2), Some("/"), Fine::OfService),
            question("in", inside, Some("/"), Fine::OfService),
            question("bytes", at(3), None, Fine::OfService),
        ];
        assert_eq!(asked(text), expected);
    }

    #[test]
    fn of_a_woven_front_any_answer_of_the_service_will_do() {
        assert!(accepted(204, Fine::Success) && !accepted(404, Fine::Success));
        assert!([404, 302, 500].into_iter().all(|status| accepted(status, Fine::OfService)));
        assert!(!accepted(503, Fine::OfService) && !accepted(502, Fine::OfService));
        assert!(accepted(503, Fine::OfProxy));
    }

    #[test]
    fn a_front_before_nobody_may_say_so() {
        let text = "services:
  none: { image: i, deploy: { replicas: 0 } }
  some: { image: i }
  before-none: { image: i, ports: ['2:80'], deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: none, swarmlab.woven.called: none, swarmlab.woven.listens: 80/http1 } } }
  before-some: { image: i, ports: ['3:80'], deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: some, swarmlab.woven.called: some, swarmlab.woven.listens: 80/http1 } } }
";
        let fine: Vec<Fine> = asked(text).iter().map(|question| question.fine).collect();
        assert_eq!(fine, [Fine::OfProxy, Fine::OfService]);
    }
}
