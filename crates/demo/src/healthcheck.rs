//! What a container's health check runs: one GET on a plain blocking socket. It runs every second or so
//! beside what is measured, so it starts no runtime and no thread.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::base_url::BaseUrl;

/// Why a health check failed.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// The URL cannot be used.
    #[error("{0}")]
    Url(String),
    /// No connection, or it broke or timed out.
    #[error("{url}: {source}")]
    Io {
        /// What was asked.
        url: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// An answer, but not 200.
    #[error("{url} answered {answer}")]
    Unhealthy {
        /// What was asked.
        url: String,
        /// The status line, or what came instead.
        answer: String,
    },
}

/// Asks `url` (`http://host[:port]/path`) and succeeds on status 200. Blocks for `timeout` at most, name
/// look-up apart.
///
/// # Errors
/// See [`HealthcheckError`].
pub fn healthcheck(url: &str, timeout: Duration) -> Result<(), HealthcheckError> {
    let (base, path) = BaseUrl::split(url).map_err(HealthcheckError::Url)?;
    let line = status_line(&base, &path, timeout)
        .map_err(|source| HealthcheckError::Io { url: url.into(), source })?;
    let mut words = line.split(' ');
    match (words.next(), words.next()) {
        (Some("HTTP/1.1" | "HTTP/1.0"), Some("200")) => Ok(()),
        _ => Err(HealthcheckError::Unhealthy { url: url.into(), answer: line }),
    }
}

fn status_line(base: &BaseUrl, path: &str, timeout: Duration) -> std::io::Result<String> {
    let deadline = Instant::now() + timeout;
    let left = || match deadline.saturating_duration_since(Instant::now()) {
        // Zero would mean "for ever" to the socket.
        Duration::ZERO => Err(std::io::Error::from(std::io::ErrorKind::TimedOut)),
        left => Ok(left),
    };
    let mut last_error = std::io::Error::other("the name has no address");
    for address in (base.host(), base.port()).to_socket_addrs()? {
        let mut stream = match TcpStream::connect_timeout(&address, left()?) {
            Ok(stream) => stream,
            Err(error) => {
                last_error = error;
                continue;
            }
        };
        stream.set_write_timeout(Some(left()?))?;
        let host = base.authority();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 256];
        while !answer.contains(&b'\n') && answer.len() < 1024 {
            stream.set_read_timeout(Some(left()?))?;
            match stream.read(&mut chunk)? {
                0 => break,
                n => answer.extend_from_slice(&chunk[..n]),
            }
        }
        let answer = String::from_utf8_lossy(&answer);
        return Ok(answer.lines().next().unwrap_or("nothing").trim_end().to_owned());
    }
    Err(last_error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::TcpListener;

    use super::*;

    fn check_against(answer: &'static str) -> Result<(), HealthcheckError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/healthz", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let n = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..n]).into_owned()
        });
        let outcome = healthcheck(&url, Duration::from_secs(5));
        assert!(server.join().unwrap().starts_with("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"));
        outcome
    }

    #[test]
    fn only_200_is_healthy() {
        assert!(check_against("HTTP/1.1 200 OK\r\n\r\n").is_ok());
        let error = check_against("HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap_err();
        assert!(error.to_string().ends_with("answered HTTP/1.1 503 Service Unavailable"), "{error}");
        assert!(check_against("").is_err());
        assert!(check_against("SSH-2.0-200 200\r\n").is_err());
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let outcome = healthcheck(&url, Duration::from_millis(50));
        assert!(matches!(outcome, Err(HealthcheckError::Io { .. })), "{outcome:?}");
    }

    #[test]
    fn nobody_there_and_bad_urls_are_errors() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outcome = healthcheck(&format!("http://{free}/"), Duration::from_secs(1));
        assert!(matches!(outcome, Err(HealthcheckError::Io { .. })), "{outcome:?}");
        assert!(matches!(healthcheck("localhost", Duration::from_secs(1)), Err(HealthcheckError::Url(_))));
    }
}
