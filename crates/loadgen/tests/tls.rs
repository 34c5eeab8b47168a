//! TLS against a real nginx: certificates good and bad, versions, resumption, and targets that break off.
#![allow(clippy::unwrap_used)]

#[path = "common/certificates.rs"]
mod certificates;
mod common;
#[path = "common/nginx.rs"]
mod nginx;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use certificates::{Certificates, Pair};
use common::{Server, Then, get, rate, respond, run, template, users};
use nginx::Nginx;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{
    Body, Endpoint, HttpRequest, LoadSpec, LoadTarget, Reuse, Scenario, Scheme, Secret, Step, TlsOptions,
    Wait, start,
};

/// A target under TLS whose certificate is checked for `localhost`.
fn target(address: SocketAddr, tls: TlsOptions) -> LoadTarget {
    let mut target = LoadTarget::new(Scheme::Https, "localhost", Endpoint::Addresses(vec![address]));
    target.tls = tls;
    target
}

fn trusting(certificates: &Certificates) -> TlsOptions {
    TlsOptions { ca_pem: Some(certificates.ca_pem()), ..TlsOptions::default() }
}

fn spec(target: LoadTarget, model: swarmlab_loadgen::Model) -> LoadSpec {
    let mut spec = common::spec("127.0.0.1:1".parse().unwrap(), model, get("/", Wait::default()));
    spec.targets = vec![target];
    spec
}

/// nginx under TLS with a certificate and more directives.
fn nginx(pair: &Pair, more: &str) -> Nginx {
    let (certificate, key) = (pair.certificate.display(), pair.key.display());
    Nginx::start(&format!(
        "listen PORT ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
         location / {{ return 200 'hello, world!'; }} {more}"
    ))
}

/// Twenty requests, one every 10 ms.
fn twenty(target: LoadTarget) -> Outcome {
    run(spec(target, rate(100.0, 0.2)))
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

/// All of twenty requests failed before they were sent, for a reason whose text holds `reason`.
fn assert_refused(outcome: &Outcome, reason: &str) {
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::TlsFailed, 20), "{:?}", outcome.first_errors);
    assert_eq!((outcome.overall.tally.sent, outcome.connections_opened), (0, 0));
    let text = &outcome.first_errors[&ErrorKind::TlsFailed];
    assert!(text.contains(reason), "{text}");
    // The sockets were connected; no handshake was completed.
    assert_eq!((outcome.connect.len(), outcome.tls.len()), (20, 0));
}

#[test]
fn a_trusted_certificate_is_enough_and_both_times_are_measured_apart() {
    let certificates = Certificates::new();
    let nginx = nginx(&certificates.sign("server", "DNS:localhost", 2), "ssl_protocols TLSv1.3;");
    // What delays the handshake, but not the connection: the kernel accepts that at once.
    let behind = nginx.address;
    let delayed = listen(move |stream| {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            forward(stream, TcpStream::connect(behind).unwrap());
        });
    });
    let outcome = run(spec(target(delayed, trusting(&certificates)), users(4.0, 0.5)));
    let tally = &outcome.overall.tally;
    assert_eq!(tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert!(tally.succeeded > 20);
    assert_eq!(outcome.connections_opened, 4);
    assert_eq!((outcome.connect.len(), outcome.tls.len()), (4, 4));
    assert!(outcome.tls.min() >= 149_000 && outcome.connect.min() < 149_000);
    let log = nginx.into_log();
    assert_eq!(log.len() as u64, tally.sent);
    assert!(log.iter().all(|line| line[0] == "TLSv1.3" && line[5] == "localhost"), "{:?}", log[0]);
}

#[test]
fn certificates_that_prove_nothing_are_refused_by_name() {
    let (certificates, other) = (Certificates::new(), Certificates::new());
    let good = nginx(&certificates.sign("server", "DNS:localhost", 2), "");
    let trusted = |address| target(address, trusting(&certificates));
    assert_refused(&twenty(target(good.address, TlsOptions::default())), "UnknownIssuer");
    let wrong_ca = twenty(target(good.address, trusting(&other)));
    // The same name and another key: a signature that does not fit, or nobody known.
    let text = &wrong_ca.first_errors[&ErrorKind::TlsFailed];
    assert!(text.contains("BadSignature") || text.contains("UnknownIssuer"), "{text}");
    assert_eq!(wrong_ca.overall.tally.errors(), only(ErrorKind::TlsFailed, 20));

    let expired = nginx(&certificates.sign("expired", "DNS:localhost", -1), "");
    assert_refused(&twenty(trusted(expired.address)), "Expired");

    let mut mismatch = trusted(good.address);
    mismatch.tls.server_name = Some("other.example".into());
    assert_refused(&twenty(mismatch), "other.example");
    let mut by_address = trusted(good.address);
    by_address.host = good.address.to_string();
    assert_refused(&twenty(by_address), "127.0.0.1");
}

#[test]
fn insecure_accepts_anything_and_a_server_name_overrides_the_host() {
    let certificates = Certificates::new();
    let expired = nginx(&certificates.sign("expired", "DNS:other.example", -1), "");
    let insecure = TlsOptions { insecure: true, ..TlsOptions::default() };
    assert_eq!(twenty(target(expired.address, insecure)).overall.tally.succeeded, 20);

    let other = nginx(&certificates.sign("other", "DNS:other.example", 2), "");
    let mut named = target(other.address, trusting(&certificates));
    named.tls.server_name = Some("other.example".into());
    assert_eq!(twenty(named).overall.tally.succeeded, 20);
    assert!(other.into_log().iter().all(|line| line[5] == "other.example"));

    let addressed = nginx(&certificates.sign("address", "IP:127.0.0.1", 2), "");
    let mut by_address = target(addressed.address, trusting(&certificates));
    by_address.host = addressed.address.to_string();
    assert_eq!(twenty(by_address).overall.tally.succeeded, 20);
}

#[test]
fn a_client_certificate_is_shown_when_there_is_one() {
    let certificates = Certificates::new();
    let ca = certificates.ca().certificate.display().to_string();
    let asks = format!("ssl_client_certificate {ca}; ssl_verify_client on;");
    let nginx = nginx(&certificates.sign("server", "DNS:localhost", 2), &asks);
    let client = certificates.sign("client", "DNS:client", 2);
    let mut known = target(nginx.address, trusting(&certificates));
    known.tls.client_cert_pem = Some(client.certificate_pem());
    known.tls.client_key_pem = Some(Secret::from(client.key_pem()));
    assert_eq!(twenty(known).overall.tally.succeeded, 20);
    // nginx lets the handshake pass and answers 400.
    let unknown = twenty(target(nginx.address, trusting(&certificates)));
    assert_eq!(unknown.overall.tally.errors(), only(ErrorKind::UnexpectedStatus, 20));
    assert!(nginx.into_log().iter().any(|line| line[6] == "400"));
}

#[test]
fn older_tls_is_spoken_and_sessions_are_resumed() {
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    for version in ["TLSv1.2", "TLSv1.3"] {
        let nginx = nginx(&pair, &format!("ssl_protocols {version}; ssl_session_cache shared:s:1m;"));
        let mut each_its_own = target(nginx.address, trusting(&certificates));
        each_its_own.connections = Reuse::PerRequest;
        let outcome = twenty(each_its_own);
        assert_eq!(outcome.overall.tally.succeeded, 20, "{:?}", outcome.first_errors);
        assert_eq!((outcome.connections_opened, outcome.tls.len()), (20, 20));
        let log = nginx.into_log();
        assert_eq!(log.len(), 20);
        assert!(log.iter().all(|line| line[0] == version && line[4] == "close"), "{:?}", log[0]);
        // Not the first, and perhaps some that began before a session was known.
        let resumed = log.iter().filter(|line| line[1] == "r").count();
        assert!(resumed >= 10, "{version}: {resumed}");
    }
    // A version that this client does not speak.
    let old = nginx(&pair, "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;");
    let outcome = twenty(target(old.address, trusting(&certificates)));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::TlsFailed, 20));
}

#[test]
fn bodies_of_several_records_go_through_both_ways() {
    let behind = Server::start(|request, stream| {
        let whole = request.body.len() == 3 << 20 && request.body.iter().all(|&byte| byte == b'y');
        respond(stream, if whole { "200 OK" } else { "400 Bad" }, "", &vec![b'x'; 3 << 20]);
        Then::Close
    });
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    let (certificate, key) = (pair.certificate.display(), pair.key.display());
    let nginx = Nginx::start(&format!(
        "listen PORT ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
         location / {{ proxy_pass http://{}; }}",
        behind.address
    ));
    let mut load = spec(target(nginx.address, trusting(&certificates)), rate(10.0, 0.5));
    let upload = HttpRequest::new("POST", template("/")).body(Body::Text(template(&"y".repeat(3 << 20))));
    load.scenario = Scenario::journey("upload", vec![Step::http("upload", upload)], Wait::default());
    let outcome = run(load);
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert_eq!(outcome.overall.tally.succeeded, 5);
    // Bytes are those of HTTP, before TLS.
    let body = 5 * (3_u64 << 20);
    assert!((body..body + 5000).contains(&outcome.overall.tally.bytes_sent));
    assert!((body..body + 5000).contains(&outcome.overall.tally.bytes_received));
}

/// Passes bytes both ways until both sides have ended.
fn forward(stream: TcpStream, behind: TcpStream) {
    let (mut back_from, mut back_to) = (behind.try_clone().unwrap(), stream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (stream, behind);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// A listener that does `each` with every connection.
fn listen(each: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            each(stream.unwrap());
        }
    });
    address
}

#[test]
fn a_port_without_tls_is_told_from_one_with_it() {
    let plain = Nginx::start("listen PORT; location / { return 200 'hello, world!'; }");
    let outcome = twenty(target(plain.address, TlsOptions::default()));
    assert_refused(&outcome, "corrupt message");
}

#[test]
fn what_ends_in_the_middle_of_a_handshake_is_named() {
    let closing = listen(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
        // What is unread would make it a reset.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert_refused(
        &twenty(target(closing, TlsOptions::default())),
        "closed the connection during the handshake",
    );
    let resetting = listen(|mut stream| {
        let _ = stream.read(&mut [0; 8]);
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    });
    assert_refused(&twenty(target(resetting, TlsOptions::default())), "reset");
    let junk = listen(|mut stream| {
        let _ = stream.write_all(&[0x16, 3, 3, 0xff, 0xff, 1, 2, 3]);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let outcome = twenty(target(junk, TlsOptions::default()));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::TlsFailed, 20));
}

#[test]
fn a_handshake_that_never_ends_is_a_connect_timeout() {
    let held = std::sync::Mutex::new(Vec::new());
    let silent = listen(move |stream| held.lock().unwrap().push(stream));
    let mut load = spec(target(silent, TlsOptions::default()), rate(50.0, 0.2));
    load.timeout_s = 0.2;
    let outcome = run(load);
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectTimeout, 10));
    assert_eq!((outcome.connect.len(), outcome.tls.len()), (10, 0));
}

#[test]
fn a_load_that_ends_within_handshakes_says_so() {
    let held = std::sync::Mutex::new(Vec::new());
    let silent = listen(move |stream| held.lock().unwrap().push(stream));
    for http2 in [false, true] {
        let mut load = spec(target(silent, TlsOptions::default()), rate(50.0, 0.2));
        if http2 {
            load.targets[0].http = swarmlab_loadgen::HttpVersion::Http2;
        }
        load.drain_s = 0.1;
        let outcome = run(load);
        assert_eq!(outcome.overall.tally.errors().keys().collect::<Vec<_>>(), [&ErrorKind::Abandoned]);
        let text = &outcome.first_errors[&ErrorKind::Abandoned];
        assert!(text.contains("the TLS handshake was not answered"), "{text}");
    }
}

/// A TLS server in this process, for what nginx would never do. After the first bytes of a request it does
/// `then`.
fn misbehaving(
    pair: &Pair,
    then: impl Fn(&mut StreamOwned<ServerConnection, TcpStream>) + Send + 'static,
) -> SocketAddr {
    let chain = CertificateDer::pem_file_iter(&pair.certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    listen(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        if stream.read(&mut [0; 4096]).is_ok() {
            then(&mut stream);
        }
        let _ = stream.sock.shutdown(Shutdown::Write);
        let _ = stream.sock.read_to_end(&mut Vec::new());
    })
}

#[test]
fn the_end_of_a_stream_is_judged_as_tls_tells_it() {
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    let against = |then: fn(&mut StreamOwned<ServerConnection, TcpStream>)| {
        let outcome = twenty(target(misbehaving(&pair, then), trusting(&certificates)));
        assert_eq!(outcome.overall.tally.sent, 20);
        outcome
    };
    // Until the end of the stream: whole only if the end is told.
    let outcome = against(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nall of it").unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    assert_eq!((outcome.overall.tally.succeeded, outcome.connections_opened), (20, 20));
    let outcome = against(|stream| stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nall of").unwrap());
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ResponseTruncated, 20));
    // With a length it does not matter.
    let outcome = against(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").unwrap();
    });
    assert_eq!(outcome.overall.tally.succeeded, 20);
    let outcome = against(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok").unwrap();
    });
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ResponseTruncated, 20));
    let outcome = against(|stream| {
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectionClosed, 20));
    // A record that nobody encrypted.
    let outcome = against(|stream| stream.sock.write_all(&[23, 3, 3, 0, 40, 1, 2, 3].repeat(8)).unwrap());
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::TlsBroken, 20));
    assert!(outcome.first_errors[&ErrorKind::TlsBroken].contains("decrypt"), "{:?}", outcome.first_errors);
}

#[test]
fn certificates_that_cannot_be_used_keep_a_load_from_starting() {
    let certificates = Certificates::new();
    let (one, other) = (certificates.sign("one", "DNS:one", 2), certificates.sign("other", "DNS:other", 2));
    let refused = |change: &dyn Fn(&mut TlsOptions)| {
        let mut tls = trusting(&certificates);
        change(&mut tls);
        let wrong = target("127.0.0.1:1".parse().unwrap(), tls);
        start(spec(wrong, rate(1.0, 1.0))).unwrap_err().to_string()
    };
    let expect = |text: String, part: &str| {
        assert!(text.starts_with(&format!("target \"localhost\": {part}")), "{text}")
    };
    expect(refused(&|tls| tls.ca_pem = Some(b"junk".to_vec())), "CA: no certificate in the PEM");
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(refused(&|tls| tls.ca_pem = Some(broken.to_vec())), "CA: ");
    let with_client = |tls: &mut TlsOptions, key: Vec<u8>| {
        tls.client_cert_pem = Some(one.certificate_pem());
        tls.client_key_pem = Some(Secret::from(key));
    };
    expect(refused(&|tls| with_client(tls, b"junk".to_vec())), "client key: ");
    expect(refused(&|tls| with_client(tls, other.key_pem())), "client certificate and key: ");
    expect(refused(&|tls| tls.server_name = Some("a b".into())), "\"a b\" is neither");
}

#[test]
fn connections_are_ended_as_tls_wants_it() {
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    for connections in [Reuse::PerRequest, Reuse::KeepAlive] {
        let (told, ended) = channel();
        let address = misbehaving(&pair, move |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            // An end without close_notify is an error here.
            told.send(stream.read(&mut [0; 64]).ok()).unwrap();
        });
        let mut polite = target(address, trusting(&certificates));
        polite.connections = connections;
        let outcome = run(spec(polite, rate(100.0, 0.01)));
        assert_eq!((outcome.overall.tally.succeeded, outcome.connections_opened), (1, 1));
        assert_eq!(ended.recv().unwrap(), Some(0), "{connections:?}");
    }
}

/// A real `openssl s_server` that wants a client certificate tells so only after the client's last flight in
/// TLS 1.3: the request is on its way then.
#[test]
fn a_refusal_after_the_handshake_is_an_alert_on_a_request_sent() {
    let certificates = Certificates::new();
    let (pair, ca) = (certificates.sign("server", "DNS:localhost", 2), certificates.ca());
    for (version, kind) in [("-tls1_3", ErrorKind::TlsBroken), ("-tls1_2", ErrorKind::TlsFailed)] {
        let mut server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-Verify", "1", "-verify_return_error"])
            .args([version, "-cert"])
            .arg(&pair.certificate)
            .arg("-key")
            .arg(&pair.key)
            .arg("-CAfile")
            .arg(&ca.certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is needed (Debian package openssl)");
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("openssl s_server ended").unwrap();
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.parse().unwrap();
            }
        };
        // What it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let outcome = twenty(target(address, trusting(&certificates)));
        server.kill().unwrap();
        server.wait().unwrap();
        assert_eq!(outcome.overall.tally.errors(), only(kind, 20), "{:?}", outcome.first_errors);
        assert!(outcome.first_errors[&kind].to_lowercase().contains("alert"), "{:?}", outcome.first_errors);
    }
}
