//! Which class and which variant a user or an arrival belongs to.

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::scenario::Shares;
use crate::scenario::compiled::{Compiled, pick};

/// Users by their number over all threads: every thread comes to the same answer, whatever their number is.
#[derive(Debug)]
pub(crate) struct Roster {
    classes: Shares,
    /// For each class an order of the variants, and their sequence in that order.
    variants: Vec<(Vec<usize>, Shares)>,
    /// The user that is next in the sequences.
    next: u64,
}

impl Roster {
    pub fn new(compiled: &Compiled, seed: u64) -> Self {
        let variants = (0..compiled.classes.len())
            .map(|class| {
                let mut order: Vec<usize> = (0..compiled.variants).collect();
                order.shuffle(&mut SmallRng::seed_from_u64(seed ^ (class as u64).rotate_left(32)));
                let shares = compiled.variant_shares(&order);
                (order, shares)
            })
            .collect();
        Self { classes: compiled.class_shares(), variants, next: 0 }
    }

    /// Class and variant of a user; users are asked for in rising order.
    pub fn assign(&mut self, user: u64) -> (usize, usize) {
        loop {
            let class = self.classes.draw();
            let (order, shares) = &mut self.variants[class];
            let variant = order[shares.draw()];
            self.next += 1;
            if self.next > user {
                return (class, variant);
            }
        }
    }
}

/// Arrivals by their number: each is drawn by the weights, so that each class's and variant's arrivals are of the
/// same kind as all are.
#[derive(Debug)]
pub(crate) struct Lots {
    bounds: Vec<f64>,
    variants: usize,
    seed: u64,
}

impl Lots {
    pub fn new(compiled: &Compiled, seed: u64) -> Self {
        Self { bounds: compiled.group_bounds(), variants: compiled.variants, seed }
    }

    /// Number of groups: classes times variants.
    pub fn groups(&self) -> usize {
        self.bounds.len()
    }

    /// The group that an arrival belongs to.
    pub fn draw(&self, arrival: u64) -> usize {
        if self.bounds.len() == 1 {
            return 0;
        }
        let mixed = self.seed ^ (arrival + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        pick(&self.bounds, SmallRng::seed_from_u64(mixed).random())
    }

    /// Class and variant of a group.
    pub fn class_and_variant(&self, group: usize) -> (usize, usize) {
        (group / self.variants, group % self.variants)
    }

    /// The group of a class and variant.
    pub fn group(&self, class: usize, variant: usize) -> usize {
        class * self.variants + variant
    }
}
