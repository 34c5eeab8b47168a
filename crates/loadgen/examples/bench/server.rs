//! A server that costs next to nothing: one thread polls all connections and answers 13 bytes.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::SystemTime;

use rustix::event::{Timespec, epoll};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nX-Token: abcdef0123456789\r\n\r\nhello, world!";
const JSON: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 43\r\nX-Token: abcdef0123456789\r\n\r\n{\"id\":12345,\"items\":[{\"name\":\"a\"}],\"n\":  7}";

/// Now, seconds since the Unix epoch.
pub fn unix_now_s() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64()
}

/// How the server waits for requests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// As servers do.
    Asleep,
    /// Without ever sleeping, so that a request's moment is when it came and not when the server woke up.
    Awake,
}

/// Serves for ever; `on_request` gets the moment of each.
pub fn serve(listener: TcpListener, waiting: Waiting, mut on_request: impl FnMut(f64)) {
    let nap = (waiting == Waiting::Awake).then_some(Timespec { tv_sec: 0, tv_nsec: 0 });
    listener.set_nonblocking(true).unwrap();
    let set = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let all = u64::MAX;
    epoll::add(&set, &listener, epoll::EventData::new_u64(all), epoll::EventFlags::IN).unwrap();
    let mut streams: Vec<Option<std::net::TcpStream>> = Vec::new();
    let mut events = Vec::with_capacity(256);
    let mut buffer = vec![0; 65536];
    loop {
        events.clear();
        if epoll::wait(&set, rustix::buffer::spare_capacity(&mut events), nap.as_ref()).is_err() {
            continue;
        }
        for event in &events {
            let token = event.data.u64();
            if token == all {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).unwrap();
                    stream.set_nodelay(true).unwrap();
                    let data = epoll::EventData::new_u64(streams.len() as u64);
                    epoll::add(&set, &stream, data, epoll::EventFlags::IN | epoll::EventFlags::ET).unwrap();
                    streams.push(Some(stream));
                }
                continue;
            }
            let place = &mut streams[token as usize];
            let Some(stream) = place else { continue };
            match stream.read(&mut buffer) {
                Ok(0) => *place = None,
                // Requests of this benchmark come whole.
                Ok(read) => {
                    on_request(unix_now_s());
                    let answer = if buffer[..read].starts_with(b"POST /json") { JSON } else { ANSWER };
                    let _ = stream.write_all(answer);
                }
                Err(_) => {}
            }
        }
    }
}
