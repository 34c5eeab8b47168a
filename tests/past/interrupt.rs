//! Ctrl-C while Prometheus takes its time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use super::support::swarmlab;

/// Pieces that are answered before nothing is.
const ANSWERED: usize = 2;

/// What answers as a Prometheus of one series that is always 1, until it has answered so many pieces of a query; the next one
/// is told, and waits for ever.
fn slow(answered: usize) -> (String, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (hangs, hung) = channel();
    std::thread::spawn(move || {
        let mut pieces = 0;
        // Those that wait stay open.
        let mut waiting = Vec::new();
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
            for line in head.lines() {
                if let Some(n) = line.strip_prefix("Content-Length: ") {
                    length = n.parse().unwrap();
                }
            }
            let mut form = vec![0; length];
            stream.read_exact(&mut form).unwrap();
            let form = String::from_utf8(form).unwrap();
            let body = if form.contains("time%28%29") {
                r#"{"status":"success","data":{"resultType":"scalar","result":[2000000,"2000000"]}}"#
                    .to_owned()
            } else if pieces == answered {
                waiting.push(stream);
                let _ = hangs.send(());
                continue;
            } else {
                pieces += 1;
                let field = |name: &str| {
                    let of = form.split('&').find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
                    of.map(|value| value.parse::<f64>().unwrap())
                };
                let at_s = field("start").or(field("time")).unwrap();
                format!(
                    r#"{{"status":"success","data":{{"result":[{{"metric":{{"a":"b"}},"values":[[{at_s},"1"]]}}]}}}}"#
                )
            };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.get_mut().write_all(format!("{head}{body}").as_bytes());
        }
    });
    (url, hung)
}

fn start(words: &[&str], dir: &Path) -> Child {
    let mut command = swarmlab();
    command.args(words).current_dir(dir).env("NO_COLOR", "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupted(child: Child) -> Output {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait_with_output().unwrap()
}

#[test]
fn a_query_that_is_interrupted_keeps_its_parts_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let (url, hung) = slow(ANSWERED);
    // Three pieces, one after the other: when the third is asked for, two parts are whole.
    let window = ["--from", "1000000", "--to", "1029999", "--step", "1s", "--parallel", "1", "-o", "x.csv"];
    let child = start(&[&["query", "m", "--prometheus", &url][..], &window].concat(), dir.path());
    hung.recv().unwrap();
    let o = interrupted(child);
    let told = String::from_utf8_lossy(&o.stderr);
    assert_eq!(o.status.code(), Some(130), "{told}");
    assert!(told.contains("the same command goes on with the parts in x.csv.parts (2)"), "{told}");
    let mut left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["x.csv.parts"], "{told}");

    // A window that is relative to the moment is still the one of then, and that is said.
    let (url, hung) = slow(ANSWERED);
    let window = ["--from", "now-30000s", "--to", "now", "--step", "1s", "--parallel", "1", "-o", "y.csv"];
    let words = [&["query", "m", "--prometheus", &url][..], &window].concat();
    let child = start(&words, dir.path());
    hung.recv().unwrap();
    // Meanwhile nobody else writes it.
    let busy = start(&words, dir.path()).wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&busy.stderr);
    assert!(busy.status.code() == Some(3) && told.contains("E524"), "{told}");
    interrupted(child);
    let child = start(&words, dir.path());
    hung.recv().unwrap();
    let o = interrupted(child);
    let told = String::from_utf8_lossy(&o.stderr);
    let window = "the window from 1970-01-23T19:13:20Z to 1970-01-24T03:33:20Z: 2 of 3 parts are there";
    assert!(o.status.code() == Some(130) && told.contains(window), "{told}");
}

#[test]
fn a_query_without_an_output_has_nothing_to_go_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let (url, hung) = slow(0);
    let window = ["--from", "1000000", "--to", "1000999", "--raw"];
    let child = start(&[&["query", "m", "--prometheus", &url][..], &window].concat(), dir.path());
    hung.recv().unwrap();
    let o = interrupted(child);
    let told = String::from_utf8_lossy(&o.stderr);
    assert!(o.status.code() == Some(130) && !told.contains("goes on"), "{told}");
    assert!(o.stdout.is_empty() && std::fs::read_dir(dir.path()).unwrap().count() == 0);
}

#[test]
fn an_import_that_is_interrupted_leaves_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (url, hung) = slow(1);
    let window = ["--from", "1000000", "--to", "1000999", "--services", "web"];
    let child = start(&[&["import", "prometheus", &url][..], &window].concat(), dir.path());
    hung.recv().unwrap();
    let o = interrupted(child);
    let told = String::from_utf8_lossy(&o.stderr);
    assert_eq!(o.status.code(), Some(130), "{told}");
    assert_eq!(std::fs::read_dir(dir.path().join("results")).unwrap().count(), 0, "{told}");
}
