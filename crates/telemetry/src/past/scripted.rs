//! A server that answers as a test says: for faults that no real Prometheus has on demand.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// One request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) form: String,
}

impl Asked {
    /// A field of the form, as it was sent.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form.split('&').find_map(|pair| pair.split_once('=').filter(|(k, _)| *k == name)).map(|(_, v)| v)
    }

    /// A field in milliseconds.
    pub(super) fn ms(&self, name: &str) -> i64 {
        (self.field(name).unwrap().parse::<f64>().unwrap() * 1e3).round() as i64
    }
}

pub(super) struct Scripted {
    pub(super) url: String,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Gives each request, with its number from 0, the bytes that are said, and closes.
    pub(super) fn new(answer: impl Fn(usize, &Asked) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
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
                let request = Asked { head, form: String::from_utf8(form).unwrap() };
                let bytes = answer(n, &request);
                seen.lock().unwrap().push(request);
                // The asker may have gone.
                let _ = stream.get_mut().write_all(&bytes);
            }
        });
        Self { url, asked }
    }

    pub(super) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// An answer of HTTP.
pub(super) fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(super) fn ok(body: &str) -> Vec<u8> {
    http("200 OK", "Content-Type: application/json\r\n", body)
}

/// A matrix of one series.
pub(super) fn matrix(samples: impl IntoIterator<Item = (i64, String)>) -> String {
    let points: Vec<String> = samples
        .into_iter()
        .map(|(t_ms, value)| format!("[{}.{:03},\"{value}\"]", t_ms / 1000, t_ms % 1000))
        .collect();
    let series = match points.is_empty() {
        true => String::new(),
        false => {
            format!("{{\"metric\":{{\"__name__\":\"m\",\"a\":\"b\"}},\"values\":[{}]}}", points.join(","))
        }
    };
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}")
}
