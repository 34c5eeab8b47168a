//! Waiting for sockets, for a due moment, or for a word from outside: epoll, a timer and an eventfd.
//!
//! The timer is a timerfd, which counts nanoseconds on every kernel in use; `epoll_pwait2` does too, but only
//! from Linux 5.11 on, and where it is missing (older kernels, containers that forbid it) it takes the program
//! with it. A timerfd costs one system call per sleep and is not subject to timer slack.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};
use rustix::time::{timerfd_create, timerfd_settime};

use super::clock::Clock;
use crate::error::LoadError;

/// Token of the timer's events.
const TIMER: u64 = u64::MAX;
/// Token of the eventfd's events.
const WAKER: u64 = u64::MAX - 1;
/// Events taken at once.
const BATCH: usize = 128;

/// The epoll set of one thread.
#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    waker: Arc<OwnedFd>,
    armed_ns: Option<u64>,
}

/// Wakes a thread that waits in its poller.
#[derive(Debug, Clone)]
pub(crate) struct Waker(Arc<OwnedFd>);

impl Waker {
    /// Makes the next or current wait return.
    pub fn wake(&self) {
        // The only failure is a full counter, which wakes just as well.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

impl Poller {
    pub fn new() -> Result<Self, LoadError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(LoadError::system("epoll_create1"))?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)
            .map_err(LoadError::system("timerfd_create"))?;
        let waker = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)
            .map_err(LoadError::system("eventfd"))?;
        let flags = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), flags)
            .and_then(|()| epoll::add(&epoll, &waker, EventData::new_u64(WAKER), flags))
            .map_err(LoadError::system("epoll_ctl"))?;
        Ok(Self { epoll, timer, waker: Arc::new(waker), armed_ns: None })
    }

    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.waker))
    }

    /// Registers a socket for good; closing it ends the registration.
    pub fn add(&self, socket: impl AsFd, token: u64) -> Result<(), Errno> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.epoll, socket, EventData::new_u64(token), flags)
    }

    /// Waits until moment 0 of `clock`, `left_ns` from now, or a word from outside.
    pub fn wait_until_start(
        &mut self,
        clock: &Clock,
        left_ns: u64,
        tokens: &mut Vec<Ready>,
    ) -> Result<(), Errno> {
        // Before the start moments are negative; the timer is set to the start, the coarse limit behind it.
        let start =
            Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: clock.to_monotonic(0) };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &start)?;
        self.armed_ns = None;
        self.wait(clock, 0, u64::MAX, left_ns.saturating_add(1_000_000), tokens)
    }

    /// Waits for events, but not beyond `precise_ns` (kept to by the timer) nor `coarse_ns` (kept to within
    /// milliseconds); moments on `clock`. `tokens` receives the sockets with events.
    pub fn wait(
        &mut self,
        clock: &Clock,
        now_ns: u64,
        precise_ns: u64,
        coarse_ns: u64,
        tokens: &mut Vec<Ready>,
    ) -> Result<(), Errno> {
        tokens.clear();
        let mut timeout_ns = coarse_ns.saturating_sub(now_ns);
        if precise_ns <= now_ns {
            timeout_ns = 0;
        } else if precise_ns < coarse_ns && self.armed_ns != Some(precise_ns) {
            let due = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: clock.to_monotonic(precise_ns),
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &due)?;
            self.armed_ns = Some(precise_ns);
        }
        // Whole milliseconds, rounded up: what epoll_wait counts in. At most an hour.
        let timeout_ms = timeout_ns.div_ceil(1_000_000).min(3_600_000);
        let timeout =
            Timespec { tv_sec: (timeout_ms / 1000) as i64, tv_nsec: (timeout_ms % 1000 * 1_000_000) as i64 };
        let mut events = [const { MaybeUninit::<Event>::uninit() }; BATCH];
        // The timer comes first: without a time limit the kernel has one timer less to set and to take back.
        let timeout = (timeout_ns == 0 || precise_ns >= coarse_ns).then_some(&timeout);
        match epoll::wait(&self.epoll, &mut events[..], timeout) {
            Ok((events, _)) => {
                for event in events {
                    let token = event.data.u64();
                    match token {
                        TIMER => self.armed_ns = None,
                        WAKER => {}
                        token => tokens.push(Ready { token, flags: event.flags }),
                    }
                }
                Ok(())
            }
            Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

/// A socket with something to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    /// What [`Poller::add`] was given.
    pub token: u64,
    flags: EventFlags,
}

impl Ready {
    /// The other side has closed, or the connection is broken.
    pub fn is_ending(&self) -> bool {
        self.flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR)
    }

    pub fn is_readable(&self) -> bool {
        self.flags.contains(EventFlags::IN)
    }

    pub fn is_writable(&self) -> bool {
        self.flags.contains(EventFlags::OUT)
    }
}
