//! Random numbers by purpose.
//!
//! What a request needs is drawn from a stream that begins with the request's own key, not with how many were drawn before
//! it: the thousandth request has the same demands whatever a controller did until then, so that variants of a simulation
//! share their randomness request by request.

/// SplitMix64 (Steele, Lea and Flood 2014): one addition and one mix a number, and a start at any key.
#[derive(Debug, Clone)]
pub(crate) struct Stream(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// What a stream is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Due moments of requests.
    Arrivals = 1,
    /// Keys of requests.
    Requests,
    /// CPU before calls.
    Before,
    /// Waiting without CPU.
    Wait,
    /// CPU after calls.
    After,
    /// Whether, and how often, a call is made.
    Calls,
    /// Which replica.
    Routing,
    /// Pauses of users.
    Think,
    /// How long a replica takes to start.
    StartUp,
    /// What a client does next.
    Errand,
}

/// The key of a purpose under another key.
pub(crate) fn key(of: u64, purpose: Purpose) -> u64 {
    sub_key(of, (purpose as u64) << 48)
}

/// The `n`th key under another.
pub(crate) fn sub_key(of: u64, n: u64) -> u64 {
    mix(of ^ mix(n.wrapping_add(GOLDEN)))
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Stream {
    #[cfg(test)]
    pub(crate) fn new(key: u64) -> Self {
        Self(key)
    }

    /// Of a purpose under a key.
    pub(crate) fn of(of: u64, purpose: Purpose) -> Self {
        Self(key(of, purpose))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Uniform, more than 0 and at most 1: its logarithm is finite.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform below `n`, which is more than nothing.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_keys_give_streams_of_their_own() {
        let first = |k: u64| Stream::new(k).unit();
        let mut seen: Vec<u64> = Vec::new();
        for seed in 0..50 {
            for purpose in [Purpose::Before, Purpose::After, Purpose::Calls, Purpose::Think] {
                seen.push(first(key(seed, purpose)).to_bits());
            }
            seen.extend((0..50).map(|n| first(sub_key(seed, n)).to_bits()));
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn numbers_of_many_keys_are_uniform_and_uncorrelated() {
        // The way it is used: one number of each of many streams.
        let n = 200_000_u64;
        let draws: Vec<f64> = (0..n).map(|i| Stream::of(sub_key(3, i), Purpose::Before).unit()).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let lag: f64 = draws.windows(2).map(|w| (w[0] - 0.5) * (w[1] - 0.5)).sum::<f64>() / n as f64 * 12.0;
        assert!((mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / n as f64).sqrt(), "{mean}");
        assert!(lag.abs() < 4.0 / (n as f64).sqrt(), "{lag}");
        let below = |k: usize| (0..n).filter(|i| Stream::new(sub_key(5, *i)).below(3) == k).count() as f64;
        for k in 0..3 {
            assert!((below(k) / n as f64 - 1.0 / 3.0).abs() < 0.005);
        }
    }
}
