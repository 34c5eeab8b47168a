//! What the names in a request stand for.

use std::cell::{Cell, RefCell};

use super::compiler::Compiler;
use super::request::{Names, Piece};
use super::text::Encoding;
use super::{Computed, Operand};
use crate::scenario::expression::Expression;

/// Resolves names for one variant.
pub(super) struct Resolver<'a> {
    compiler: &'a Compiler<'a>,
    variant: usize,
    /// What is computed for the request, in the order in which it stands there.
    computed: &'a RefCell<Vec<Computed>>,
    /// How many of them have been met; the requests of other variants use the same.
    next: Cell<usize>,
    in_head: Cell<bool>,
}

impl<'a> Resolver<'a> {
    pub fn new(compiler: &'a Compiler<'a>, variant: usize, computed: &'a RefCell<Vec<Computed>>) -> Self {
        Self { compiler, variant, computed, next: Cell::new(0), in_head: Cell::new(false) }
    }

    /// Makes what stands in the head of a request.
    pub fn in_head<T>(&self, make: impl FnOnce() -> T) -> T {
        self.in_head.set(true);
        let made = make();
        self.in_head.set(false);
        made
    }
}

impl Names for Resolver<'_> {
    fn piece(&self, name: &str, encoding: Encoding) -> Piece {
        match self.compiler.operand(name) {
            Operand::User => Piece::User,
            Operand::Iteration => Piece::Iteration,
            Operand::Random => Piece::Random,
            Operand::Variant => {
                let choices = self.compiler.scenario.variants.iter().flat_map(|variants| &variants.choices);
                let name = choices.map(|(name, _)| name.as_str()).nth(self.variant).unwrap_or_default();
                let mut bytes = Vec::new();
                encoding.push(name.as_bytes(), &mut bytes);
                Piece::Bytes(bytes)
            }
            Operand::Cell { feeder, column } => Piece::Cell { feeder, column, encoding },
            Operand::Slot(slot) => Piece::Slot { slot, encoding },
        }
    }

    fn computed(&self, expression: &Expression, encoding: Encoding) -> Piece {
        let mut all = self.computed.borrow_mut();
        let place = self.next.get();
        self.next.set(place + 1);
        if place == all.len() {
            let compiler = self.compiler;
            let slot = compiler.all_slots();
            compiler.computed_slots.set(compiler.computed_slots.get() + 1);
            let expression = expression.map(&mut |name: &String| compiler.operand(name));
            // What is percent-encoded breaks out of nothing.
            let is_raw = !matches!(encoding, Encoding::Path | Encoding::Component);
            all.push(Computed { slot, expression, is_for_header: is_raw && self.in_head.get() });
        }
        Piece::Slot { slot: all[place].slot, encoding }
    }
}
