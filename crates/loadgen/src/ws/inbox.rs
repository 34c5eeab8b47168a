//! Messages that have come and that nobody has looked at yet.

use std::collections::VecDeque;

/// Messages kept; beyond it the oldest are forgotten.
const MAXIMUM_MESSAGES: usize = 1024;

/// Bytes kept, unless a single message is larger.
const MAXIMUM_BYTES: usize = 1 << 20;

/// A queue of messages, bounded. Its buffers are used again.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Messages one behind the other, those before `start` looked at.
    bytes: Vec<u8>,
    start: usize,
    lengths: VecDeque<usize>,
}

impl Inbox {
    /// Another message.
    pub fn push(&mut self, message: &[u8]) {
        while !self.lengths.is_empty()
            && (self.lengths.len() >= MAXIMUM_MESSAGES
                || self.bytes.len() - self.start + message.len() > MAXIMUM_BYTES)
        {
            self.skip();
        }
        if self.start > 0 && self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(message);
        self.lengths.push_back(message.len());
    }

    /// The oldest message.
    pub fn front(&self) -> Option<&[u8]> {
        let length = *self.lengths.front()?;
        Some(&self.bytes[self.start..self.start + length])
    }

    /// Forgets the oldest message.
    pub fn skip(&mut self) {
        let Some(length) = self.lengths.pop_front() else { return };
        self.start += length;
        if self.lengths.is_empty() {
            self.clear();
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.lengths.clear();
        self.start = 0;
    }
}
