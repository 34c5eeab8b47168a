//! `bench frame SERIES SECONDS`: a synthetic run is written as a run writes it, then sealed, framed, analysed and
//! reported as `swarmlab report` does. Prints time, peak memory and the sizes of the files.

mod stack;

use std::fs;
use std::path::Path;
use std::time::Instant;

use swarmlab_present::recompute;
use swarmlab_record::events::{Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::journal::Journal;
use swarmlab_record::manifest::State;
use swarmlab_record::samples::SampleJournal;
use swarmlab_record::{Phase, client::ClientRow, client::fixture::row};

use stack::{FIRST_UNIX_S, Stack};

/// Writes, seals and analyses a run of so many series and seconds. The folder is temporary; with `KEEP` in the
/// environment it stays.
pub fn run(series: usize, seconds: usize) {
    let results = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(results.path(), "bench", FIRST_UNIX_S).unwrap();
    let stack = Stack::new(series);
    let (columns, samples) = (stack.services.len(), series * seconds);
    println!("{series} series of {columns} services x {seconds} samples = {samples} samples");
    let begun = Instant::now();
    record(&folder, &stack, seconds);
    println!("written as by a run: {:.1} s, {:.0} MB at most", begun.elapsed().as_secs_f64(), peak_mb());
    sizes(folder.root(), "journals");
    forget_peak();
    let (begun, cpu_s) = (Instant::now(), cpu_s());
    recompute::seal(&folder, State::Complete).unwrap();
    let sealed_s = begun.elapsed().as_secs_f64();
    println!("sealed: {sealed_s:.1} s, {:.1} s of CPU, {:.0} MB at most", self::cpu_s() - cpu_s, peak_mb());
    recompute::analyse(&folder).unwrap();
    let whole_s = begun.elapsed().as_secs_f64();
    println!("frame, analysis, report: {:.1} s", whole_s - sealed_s);
    sizes(folder.root(), "folder");
    let cpu_s = self::cpu_s() - cpu_s;
    println!("sealed and reported: {whole_s:.1} s, {cpu_s:.1} s of CPU, {:.0} MB at most", peak_mb());
    forget_peak();
    let begun = Instant::now();
    recompute::analyse(&folder).unwrap();
    println!("swarmlab report: {:.1} s, {:.0} MB at most", begun.elapsed().as_secs_f64(), peak_mb());
    if std::env::var_os("KEEP").is_some() {
        println!("kept: {}", results.keep().display());
    }
}

fn record(folder: &RunFolder, stack: &Stack, seconds: usize) {
    stack.manifest(seconds).write(&folder.manifest()).unwrap();
    let mut events = EventLog::create(&folder.events()).unwrap();
    let load = Event::Phase { t_unix_s: FIRST_UNIX_S + stack::QUIET_S, phase: Phase::Load };
    events.write(&load).unwrap();
    for life in &stack.lives {
        events.write(&Event::Task(life.clone())).unwrap();
    }
    let mut client = Journal::<ClientRow>::create(&folder.client_journal()).unwrap();
    let mut server = SampleJournal::create(&folder.server_journal()).unwrap();
    let mut readings = stack.readings();
    for second in 0..seconds {
        let now_s = FIRST_UNIX_S + second as f64;
        for reading in readings.next(second) {
            server.append(&reading, now_s).unwrap();
        }
        server.tick(now_s).unwrap();
        if (stack::QUIET_S..seconds as f64 - stack::QUIET_S).contains(&(second as f64)) {
            for endpoint in ["*", "GET /"] {
                let mut row = row(now_s, endpoint);
                row.users = 10.0 + (second % 600) as f64;
                row.sent = 100 + (second as u64 * 7919) % 50;
                client.append(&row, now_s).unwrap();
            }
        }
    }
    client.finish().unwrap();
    server.finish().unwrap();
}

fn sizes(root: &Path, what: &str) {
    let mut files: Vec<(String, u64)> = fs::read_dir(root)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())
        })
        .filter(|(_, bytes)| *bytes > 100_000)
        .collect();
    files.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let all: u64 = files.iter().map(|(_, bytes)| bytes).sum();
    let parts: Vec<String> =
        files.iter().map(|(name, bytes)| format!("{name} {:.1}", *bytes as f64 / 1e6)).collect();
    println!("{what}: {:.1} MB ({})", all as f64 / 1e6, parts.join(", "));
}

/// The most memory this process has had resident since [`forget_peak`], in MB.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// CPU time of this process, seconds: on a machine that does other work it says more than the time that passed.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(") ").next().unwrap();
    let ticks = after_name.split(' ').skip(11).take(2).map(|t| t.parse::<f64>().unwrap()).sum::<f64>();
    ticks / 100.0
}

/// Lets the kernel count the peak anew, so that writing the synthetic run does not count as reporting it.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}
