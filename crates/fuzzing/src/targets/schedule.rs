//! A schedule of replicas: read, or refused at a line that is there.

use swarmlab_control::controllers::Schedule;

/// Words of its language.
pub const WORDS: &[&str] = &["t,replicas\n", "0,1\n", "60,4\n", "# ", ",", "\n", "1e3", "-1", "NaN", "inf"];

/// Gives it the bytes.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Schedule::parse(&text) {
        Ok(entries) => {
            assert!(!entries.is_empty());
            let ascending = entries.iter().zip(entries.iter().skip(1)).all(|(a, b)| a.at_s < b.at_s);
            assert!(ascending && entries.iter().all(|e| e.at_s.is_finite() && e.at_s >= 0.0));
        }
        Err((line, _)) => assert!((1..=text.lines().count().max(1)).contains(&line)),
    }
}
