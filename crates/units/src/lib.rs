//! Dates in UTC and Unix seconds, from one to the other: the one place that knows a calendar.
//!
//! Pure: nothing here asks what time it is.

pub mod utc;
