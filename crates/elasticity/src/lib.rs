//! How well supply followed demand, pure.
