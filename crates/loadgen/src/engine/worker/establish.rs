//! From a place for a connection to one that carries requests: connecting, TLS, and changes of address.

use std::fmt;
use std::os::fd::OwnedFd;

use rustix::io::Errno;

use super::Worker;
use super::dispatch::Written;
use crate::engine::conn::{ConnState, Job, token};
use crate::engine::transport::{Address, Handshake, Wire, connect};
use crate::target::{HttpVersion, Scheme};
use swarmlab_intervals::ErrorKind;

impl Worker<'_> {
    /// Begins to connect for `job`.
    pub(super) fn open(&mut self, index: u32, job: Job, now_ns: u64) {
        let step = &self.shared.compiled.steps[job.step as usize];
        let target = self.target_of(job.actor, job.step);
        let route = self.routes.to(target);
        let address = route.next_address();
        let conn = self.pool.get(index);
        conn.state = ConnState::Connecting;
        conn.job = Some(job);
        conn.served = 0;
        conn.rest_end_ns = u64::MAX;
        conn.target = target;
        conn.is_last_use = route.is_single_use;
        conn.address = match &address {
            Some(Address::Inet(address)) => Some(*address),
            _ => None,
        };
        let version = conn.version;
        self.recorder.waited(job.intended_ns, now_ns);
        let wire = match route.wire() {
            Ok(wire) => wire,
            Err(error) => return self.fail_because(index, ErrorKind::TlsFailed, now_ns, &error),
        };
        conn.wire = wire;
        conn.stage_ns = self.shared.clock.now();
        let opened: Result<OwnedFd, Errno> =
            address.as_ref().ok_or(Errno::DESTADDRREQ).and_then(connect).and_then(|socket| {
                self.poller.add(&socket, token(index, version))?;
                Ok(socket)
            });
        match opened {
            Ok(socket) => {
                let conn = self.pool.get(index);
                conn.socket = Some(socket);
                self.agenda.limit(&mut conn.deadline, now_ns.saturating_add(step.timeout_ns), index);
            }
            Err(errno) => self.fail_to_connect(index, errno, now_ns),
        }
    }

    /// A connection attempt has come to an end.
    pub(super) fn on_connected(&mut self, index: u32) {
        let now_ns = self.shared.clock.now();
        let conn = self.pool.get(index);
        let Some(socket) = &conn.socket else { return };
        let result = rustix::net::sockopt::socket_error(socket).and_then(|error| error);
        if let Err(errno) = result {
            return self.fail_to_connect(index, errno, now_ns);
        }
        let took_ns = now_ns.saturating_sub(conn.stage_ns);
        let is_plain = matches!(conn.wire, Wire::Plain);
        conn.stage_ns = now_ns;
        conn.opened_ns = now_ns;
        self.roll(now_ns);
        self.recorder.connected(took_ns);
        if is_plain {
            self.on_established(index);
        } else {
            self.pool.get(index).state = ConnState::Handshaking;
            self.on_handshake(index);
        }
    }

    /// Goes on with a TLS handshake.
    pub(super) fn on_handshake(&mut self, index: u32) {
        let conn = self.pool.get(index);
        let (Some(socket), Wire::Tls(stream)) = (&conn.socket, &mut conn.wire) else { return };
        match stream.handshake(socket) {
            Ok(Handshake::Wait) => {}
            Ok(Handshake::Again) => {
                let token = token(index, conn.version);
                self.agenda.read_later(token, false);
            }
            Ok(Handshake::Done) => {
                let now_ns = self.shared.clock.now();
                let took_ns = now_ns.saturating_sub(conn.stage_ns);
                self.roll(now_ns);
                self.recorder.secured(took_ns);
                self.on_established(index);
            }
            Err(problem) => {
                let now_ns = self.shared.clock.now();
                self.fail_because(index, ErrorKind::TlsFailed, now_ns, &problem);
            }
        }
    }

    /// Bytes flow: the connection is its user's own, and the request that waited for it goes out.
    fn on_established(&mut self, index: u32) {
        let target = self.pool.get(index).target;
        if self.shared.spec.targets[target].scheme == Scheme::Redis {
            self.begin_redis(index);
        } else if self.shared.spec.targets[target].http != HttpVersion::Http1 && self.settle_protocol(index) {
            return;
        }
        let conn = self.pool.get(index);
        conn.state = ConnState::Busy;
        let (own, target) = ((index, conn.version), conn.target);
        // A WebSocket is held under its own name, beside the user's connection for requests.
        let is_request = |job: &Job| self.shared.compiled.steps[job.step as usize].socket.is_none();
        if let Some(job) = conn.job.filter(is_request) {
            self.crowd.get_mut(job.actor).set_connection(target, own);
        }
        self.recorder.opened();
        if let Written::Broken = self.write_request(index) {
            let now_ns = self.shared.clock.now();
            self.fail(index, ErrorKind::ConnectFailed, now_ns);
        }
    }

    /// The name service may have given other addresses: connections to those that vanished end when idle.
    pub(super) fn follow_addresses(&mut self) {
        if !self.routes.follow(&self.shared.answers) {
            return;
        }
        for index in self.pool.indices() {
            let conn = self.pool.get(index);
            let stays = conn.address.is_none_or(|address| self.routes.to(conn.target).has(&address));
            match conn.state {
                ConnState::Closed => {}
                _ if stays => {}
                ConnState::Idle => self.pool.close(index),
                ConnState::Shared if conn.mux.as_ref().is_none_or(|mux| mux.is_unused()) => {
                    self.pool.close(index);
                }
                ConnState::Connecting | ConnState::Handshaking | ConnState::Busy | ConnState::Shared => {
                    conn.is_last_use = true;
                    self.pool.list_shared(index);
                }
            }
        }
    }

    fn fail_to_connect(&mut self, index: u32, errno: Errno, now_ns: u64) {
        let address = self.pool.get(index).address;
        let text = ConnectProblem { address: address.as_ref(), errno };
        self.fail_because(index, connect_error(errno), now_ns, &text);
    }
}

/// Why a connection could not be made.
struct ConnectProblem<'a> {
    address: Option<&'a std::net::SocketAddr>,
    errno: Errno,
}

impl fmt::Display for ConnectProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}: {}", self.errno),
            // A Unix socket whose queue of connections is full says so at once: there is nothing to wait for.
            None if self.errno == Errno::AGAIN => f.write_str("the Unix socket's queue is full"),
            None => write!(f, "{}", self.errno),
        }
    }
}

fn connect_error(errno: Errno) -> ErrorKind {
    match errno {
        Errno::CONNREFUSED => ErrorKind::ConnectRefused,
        Errno::TIMEDOUT => ErrorKind::ConnectTimeout,
        Errno::ADDRNOTAVAIL | Errno::ADDRINUSE => ErrorKind::NoLocalPort,
        Errno::MFILE | Errno::NFILE => ErrorKind::TooManyOpenFiles,
        _ => ErrorKind::ConnectFailed,
    }
}
