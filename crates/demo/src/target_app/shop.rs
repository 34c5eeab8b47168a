//! What the shop sells and what was ordered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// One thing on sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Product {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) price_cents: u32,
}

const fn of(id: u32, name: &'static str, price_cents: u32) -> Product {
    Product { id, name, price_cents }
}

/// The whole range; ids count from 1 without a gap.
pub(super) const PRODUCTS: [Product; 10] = [
    of(1, "Kettlebell", 4990),
    of(2, "Skipping rope", 1290),
    of(3, "Exercise mat", 2490),
    of(4, "Resistance band", 990),
    of(5, "Pull-up bar", 3490),
    of(6, "Foam roller", 1990),
    of(7, "Medicine ball", 2990),
    of(8, "Gym gloves", 1590),
    of(9, "Water bottle", 890),
    of(10, "Stopwatch", 1890),
];

/// The product of this number.
pub(super) fn product(id: u32) -> Option<&'static Product> {
    PRODUCTS.get(usize::try_from(id.checked_sub(1)?).ok()?)
}

/// What somebody ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) product_id: u32,
    pub(super) quantity: u32,
    pub(super) total_cents: u32,
}

/// Why an order is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OrderError {
    #[error("there is no product {0}")]
    NoProduct(u32),
    #[error("the quantity must be 1 to {MAX_QUANTITY}, not {0}")]
    Quantity(u32),
}

/// Most pieces in one order.
const MAX_QUANTITY: u32 = 100;
/// Orders in a list, the newest first; older ones are forgotten, so that no load fills the memory.
const KEPT_ORDERS: usize = 20;

/// The orders so far.
#[derive(Debug, Default)]
pub(super) struct Shop {
    orders: Mutex<Orders>,
}

#[derive(Debug, Default)]
struct Orders {
    taken: u64,
    latest: VecDeque<Order>,
}

impl Shop {
    /// Takes an order.
    pub(super) fn order(&self, product_id: u32, quantity: u32) -> Result<Order, OrderError> {
        let product = product(product_id).ok_or(OrderError::NoProduct(product_id))?;
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            return Err(OrderError::Quantity(quantity));
        }
        let mut orders = self.lock();
        orders.taken += 1;
        let order =
            Order { id: orders.taken, product_id, quantity, total_cents: product.price_cents * quantity };
        orders.latest.truncate(KEPT_ORDERS - 1);
        orders.latest.push_front(order.clone());
        Ok(order)
    }

    /// The newest orders, the newest first.
    pub(super) fn latest(&self) -> Vec<Order> {
        self.lock().latest.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn products_are_found_by_their_number() {
        for found in &PRODUCTS {
            assert_eq!(product(found.id), Some(found));
        }
        assert_eq!((product(0), product(11), product(u32::MAX)), (None, None, None));
    }

    #[test]
    fn only_the_newest_orders_are_kept() {
        let shop = Shop::default();
        for _ in 0..50 {
            shop.order(2, 3).unwrap();
        }
        let ids: Vec<u64> = shop.latest().iter().map(|order| order.id).collect();
        assert_eq!(ids, (31..=50).rev().collect::<Vec<_>>());
        assert_eq!(shop.latest()[0].total_cents, 3870);
        assert_eq!(shop.order(11, 1), Err(OrderError::NoProduct(11)));
        assert_eq!(shop.order(1, 0), Err(OrderError::Quantity(0)));
        assert_eq!(shop.order(1, 101), Err(OrderError::Quantity(101)));
    }
}
