//! `swarmlab import`: what others measured, as a run folder. The past of a Prometheus is here, what other tools' clients
//! measured in [`others`].

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use swarmlab_catalogue::{Catalogue, Catalogues, parse};
use swarmlab_codes as codes;
use swarmlab_experiment::{FileKind, is_folder_name, unreadable};
use swarmlab_lab::past::{Import, ImportError, import};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::summary::Summary;
use swarmlab_record::topology::Front;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_telemetry::past::{PastError, Stop, Window};
use swarmlab_yaml::parse_duration;

use super::others::{self, HdrArgs, MappedArgs, OthersArgs};
use super::past::{MOMENTS, PrometheusArgs, help, interruptible, tell, window_ms};
use super::session::Left;
use super::{Global, output, summary};
use crate::exit::Exit;

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab import prometheus http://127.0.0.1:9090 --from now-1h --to now-30m --services web,db --stack shop
  swarmlab import k6 results.csv -o results/k6")]
pub struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// A run folder from the past of a Prometheus: frame, analysis and report of services, without a load of ours
    #[command(after_help = PROMETHEUS_HELP.as_str())]
    Prometheus(Box<PrometheusImport>),
    /// A run folder from what k6 wrote (--out csv, --out json): clients alone
    #[command(after_help = "\
Examples:
  k6 run --out csv=results.csv test.js && swarmlab import k6 results.csv -o results/k6
  gunzip -c results.json.gz | swarmlab import k6 - -o results/k6 --target shop")]
    K6(OthersArgs),
    /// A run folder from JMeter's results (JTL as CSV): clients alone
    #[command(after_help = "\
Examples:
  jmeter -n -t plan.jmx -l results.jtl && swarmlab import jmeter results.jtl -o results/jmeter
  swarmlab import jmeter one.jtl two.jtl -o results/both --zone +02:00")]
    Jmeter(OthersArgs),
    /// A run folder from Locust's CSV files: clients alone, without histograms
    #[command(after_help = "\
The history is needed; the totals have the quantiles of the whole load, the failures their words.

Example:
  locust --csv shop … && swarmlab import locust shop_stats_history.csv shop_stats.csv shop_failures.csv -o results/locust")]
    Locust(OthersArgs),
    /// A run folder from interval logs of HdrHistogram (.hlog): clients alone
    #[command(after_help = "\
Example:
  swarmlab import hdr latencies.hlog --unit ns -o results/latencies")]
    Hdr(HdrArgs),
    /// A run folder from any table that has a line for each request: clients alone
    #[command(after_help = "\
The mapping says which column is what (time and duration are required):
  time: { column: started, unit: ms, at: start }
  duration: { column: elapsed, unit: ms }
  endpoint: path
  status: code

Example:
  swarmlab import csv requests.csv --mapping mapping.yml -o results/table")]
    Csv(MappedArgs),
}

static PROMETHEUS_HELP: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "Fetches, as Prometheus keeps them, all samples that the catalogues know (swarmlab catalogues list: cAdvisor, Envoy, \
node-exporter, …), keeps those of the services, and analyses them like those of a run. There is no client: what requests were sent \
and felt is not known, and the report says so. {MOMENTS}

Examples:
  swarmlab import prometheus http://127.0.0.1:9090 --from 2026-11-28T02:00:00Z --to 2026-11-28T03:00:00Z --services web,db --stack shop
  swarmlab import prometheus https://metrics.example --bearer-file token --from now-1h --services web --proxy edge=web --bin 5s

Exit codes: 0 done, 1 an answer or file that cannot be kept, 2 bad arguments or credentials, 3 no Prometheus there, 4 it does not \
answer, 5 no series of these services in the window, 130 interrupted."
    )
});

/// Arguments of `import prometheus`.
#[derive(Debug, Args)]
struct PrometheusImport {
    /// Address of the Prometheus: http:// or https://, and the path below which it is served
    url: String,
    /// Begin of the window
    #[arg(long, value_name = "FROM")]
    from: String,
    /// End of the window
    #[arg(long, value_name = "TO", default_value = "now")]
    to: String,
    /// Services under study, as their series name them; on a Swarm without the stack's name
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
    services: Vec<String>,
    /// A proxy, and the service before which it stands; may be given several times
    #[arg(long, value_name = "PROXY=SERVICE", value_parser = front)]
    proxy: Vec<Front>,
    /// Stack of the containers, which are named STACK_SERVICE then
    #[arg(long, value_name = "NAME", default_value = "")]
    stack: String,
    /// A catalogue of metrics of your own; may be given several times
    #[arg(long, value_name = "FILE")]
    catalogue: Vec<PathBuf>,
    /// Width of bins; where a source is slower, they are wider
    #[arg(long, value_name = "D", default_value = "1s", value_parser = parse_duration)]
    bin: Duration,
    /// Name of the run
    #[arg(long, value_name = "NAME", default_value = "import")]
    name: String,
    /// Folder in which the run's own is made
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    #[command(flatten)]
    access: PrometheusArgs,
}

fn front(text: &str) -> Result<Front, String> {
    match text.split_once('=') {
        Some((proxy, service)) if !proxy.is_empty() && !service.is_empty() => {
            Ok(Front { proxy: proxy.to_owned(), service: service.to_owned() })
        }
        _ => Err("PROXY=SERVICE was expected, as in edge=web".to_owned()),
    }
}

/// Imports.
pub fn main(args: &ImportArgs, global: &Global) -> Exit {
    let args = match &args.source {
        Source::Prometheus(args) => args,
        Source::K6(args) => return others::main("k6", "k6", args, global),
        Source::Jmeter(args) => return others::main("jmeter", "JMeter", args, global),
        Source::Locust(args) => return others::main("locust", "Locust", args, global),
        Source::Hdr(args) => return others::hdr(args, global),
        Source::Csv(args) => return others::mapped(args, global),
    };
    if let Some(why) = wrong(args) {
        return output::fail(&why.0, Some(&why.1), global.json, codes::BAD_ARGUMENTS);
    }
    let catalogues = match catalogues(&args.catalogue, global) {
        Ok(catalogues) => catalogues,
        Err(exit) => return exit,
    };
    interruptible(|stop, left| bring(args, catalogues, global, stop, left))
}

fn bring(args: &PrometheusImport, catalogues: Catalogues, global: &Global, stop: &Stop, left: &Left) -> Exit {
    match run(args, catalogues, global, stop, left) {
        Ok((folder, found)) => {
            summary::print(&found, &folder, global.json);
            Exit::Success
        }
        Err(e) => {
            let help = match &e {
                ImportError::Past(e) => help(e),
                ImportError::Nothing { .. } => Some(
                    "--services are named as in their series; on a Swarm give --stack; --catalogue adds names of metrics",
                ),
                _ => None,
            };
            output::fail(&e, help, global.json, e.code())
        }
    }
}

/// Arguments that do not go together, and what to do.
fn wrong(args: &PrometheusImport) -> Option<(String, String)> {
    let known = |service: &String| args.services.contains(service);
    if let Some(front) = args.proxy.iter().find(|f| !known(&f.service)) {
        let near = swarmlab_yaml::nearest(&front.service, args.services.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of --services: {}", args.services.join(", ")),
        };
        return Some((format!("--proxy {}={}: no such service", front.proxy, front.service), help));
    }
    if let Some(front) = args.proxy.iter().find(|f| known(&f.proxy)) {
        let help = "a proxy stands before the services under study, and is none of them".to_owned();
        return Some((
            format!("--proxy {}={}: the proxy is one of --services", front.proxy, front.service),
            help,
        ));
    }
    let empty = args.services.iter().any(String::is_empty);
    let mut services = args.services.clone();
    services.sort();
    services.dedup();
    if empty || services.len() < args.services.len() {
        let why = "--services has a name without letters, or one twice".to_owned();
        return Some((why, "names between commas, as in --services web,db".to_owned()));
    }
    // As of an experiment: a narrower bin would show the scraping, not the service.
    if args.bin.is_zero() || args.bin.subsec_nanos() != 0 {
        return Some((format!("--bin cannot be {:?}", args.bin), "whole seconds, at least one".to_owned()));
    }
    if !is_folder_name(&args.name) {
        let help = "at most 100 letters, digits, `-`, `_` and `.`, which does not come first".to_owned();
        return Some((format!("--name cannot be `{}`: it becomes part of a folder's name", args.name), help));
    }
    None
}

fn catalogues(files: &[PathBuf], global: &Global) -> Result<Catalogues, Exit> {
    let mut own: Vec<Catalogue> = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|e| output::bad_input(&unreadable(file, &e), global.json))?;
        let read = FileKind::Catalogue.expect(file, &text).and_then(|()| parse(&text, &name));
        own.push(read.map_err(|findings| output::bad_input(&findings, global.json))?);
    }
    Ok(Catalogues::builtin().with(own))
}

fn run(
    args: &PrometheusImport,
    catalogues: Catalogues,
    global: &Global,
    stop: &Stop,
    left: &Left,
) -> Result<(RunFolder, Summary), ImportError> {
    let asker = args.access.asker(&args.url, stop)?;
    let now_ms = asker.now_ms(&|news| tell(news, global.json))?;
    let (from_ms, to_ms) = window_ms(&args.from, &args.to, now_ms, global.json)?;
    let bin_s = args.bin.as_secs_f64();
    if (to_ms - from_ms) as f64 / 1e3 < bin_s {
        return Err(PastError::Window(format!("the window has no whole bin of {bin_s} s")).into());
    }
    let what = Import {
        name: args.name.clone(),
        window: Window { from_ms, to_ms },
        now_ms,
        services: args.services.clone(),
        fronts: args.proxy.clone(),
        stack: args.stack.clone(),
        catalogues,
        bin_s,
        workers: usize::from(args.access.parallel),
    };
    let made = RunFolder::create(&args.results, &args.name, unix_now_s());
    let folder = made.map_err(|source| ImportError::Io {
        action: "make a folder in",
        path: args.results.display().to_string(),
        source,
    })?;
    left.set(vec![format!("{}, half of an import", folder.root().display())]);
    match import(&what, &asker, &folder, &|news| tell(news, global.json)) {
        Ok(summary) => Ok((folder, summary)),
        Err(e) => {
            // The folder is ours, made a moment ago; half of an import is nothing to be kept.
            if let Err(left) = std::fs::remove_dir_all(folder.root()) {
                output::remark(&format!("{} is left: {left}", folder.root().display()), global.json);
            }
            Err(e)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fronts_are_pairs() {
        assert_eq!(front("edge=web").unwrap(), Front { proxy: "edge".into(), service: "web".into() });
        assert!(["edge", "=web", "edge="].iter().all(|text| front(text).is_err()));
    }
}
