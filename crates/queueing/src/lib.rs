//! Closed forms of queueing theory, pure.
