//! Randomness without a state: the same for the same seed and number, in whatever order it is asked for.

use std::f64::consts::TAU;

/// A number from 0 to 1 (excluded) for number `index` of the stream `seed`: SplitMix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014), whose k-th output is a pure function of k.
pub(super) fn uniform(seed: u64, index: u64) -> f64 {
    // The seed is mixed too, so that the streams of seeds 1 and 2 are not shifted copies of each other.
    (splitmix(mix(seed), index) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A standard normal number (Box and Muller 1958).
pub(super) fn normal(seed: u64, index: u64) -> f64 {
    let (a, b) = (uniform(seed, index.wrapping_mul(2)), uniform(seed, index.wrapping_mul(2).wrapping_add(1)));
    // 1 - a is in (0, 1]: the argument of the logarithm is never 0.
    (-2.0 * (1.0 - a).ln()).sqrt() * (TAU * b).cos()
}

/// Output number `index` of the generator that begins in `state`.
fn splitmix(state: u64, index: u64) -> u64 {
    mix(state.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_laws() {
        let n = 200_000_u64;
        let mean = |f: &dyn Fn(u64) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
        // Five standard errors each.
        let error = 5.0 / (n as f64).sqrt();
        assert!((mean(&|i| uniform(7, i)) - 0.5).abs() < error * (1.0_f64 / 12.0).sqrt());
        assert!(mean(&|i| normal(7, i)).abs() < error);
        assert!((mean(&|i| normal(7, i).powi(2)) - 1.0).abs() < error * 2.0_f64.sqrt());
        // Neighbours and neighbouring seeds are not alike.
        assert!(mean(&|i| normal(7, i) * normal(7, i + 1)).abs() < error);
        assert!(mean(&|i| normal(7, i) * normal(8, i)).abs() < error);
    }

    #[test]
    fn the_generator_is_splitmix64() {
        // Reference outputs for the state 1234567, as published on Rosetta Code for Steele's and Vigna's code.
        let outputs = [0, 1, 2, 3, 4].map(|index| splitmix(1_234_567, index));
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(outputs, expected);
    }
}
