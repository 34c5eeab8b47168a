//! Keeping the machine's CPUs from sleeping while a load is sent.
//!
//! A CPU without work is halted, and wakes late: on virtual machines by milliseconds, which a generator that waits for
//! due moments and answers then takes for the service's. Whoever holds `/dev/cpu_dma_latency` open with 0 written to it
//! asks the kernel to let idle CPUs watch for work instead (Linux, Documentation/power/pm_qos_interface.rst; cyclictest
//! does the same). They still count as idle. The whole machine is concerned, services on it included: they, too, wake
//! sooner than they would.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

/// The kernel's file.
const DEVICE: &str = "/dev/cpu_dma_latency";

/// The longest wake-up that is accepted, microseconds: none.
const ACCEPTED_US: i32 = 0;

/// The CPUs stay awake until this is dropped.
#[derive(Debug)]
pub struct Awake {
    _request: File,
}

impl Awake {
    /// Asks the kernel.
    ///
    /// # Errors
    /// A kernel without the file, or a user who may not write to it (root may).
    pub fn keep() -> io::Result<Self> {
        let mut request = OpenOptions::new().write(true).open(DEVICE)?;
        request.write_all(&ACCEPTED_US.to_ne_bytes())?;
        Ok(Self { _request: request })
    }
}

/// Whether [`LoadSpec::keep_awake`](crate::LoadSpec::keep_awake) has an effect here; if not, why.
///
/// # Errors
/// As [`Awake::keep`].
pub fn can_keep_awake() -> io::Result<()> {
    Awake::keep().map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use super::*;

    /// What the kernel aims at, microseconds: the least of all requests.
    fn accepted_us() -> i32 {
        let mut bytes = [0; 4];
        File::open(DEVICE).unwrap().read_exact(&mut bytes).unwrap();
        i32::from_ne_bytes(bytes)
    }

    #[test]
    fn the_kernel_is_asked_for_as_long_as_the_request_is_held() {
        match Awake::keep() {
            Ok(awake) => {
                assert_eq!(accepted_us(), ACCEPTED_US);
                drop(awake);
                assert!(can_keep_awake().is_ok());
            }
            // Without the privilege, or the file, the reason is told.
            Err(e) => {
                assert!(matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound), "{e}")
            }
        }
    }
}
