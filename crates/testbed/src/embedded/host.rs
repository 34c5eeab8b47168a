//! What this machine is.

use std::collections::BTreeMap;

/// Kernel and processor of this machine.
pub fn describe() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut out = BTreeMap::new();
    out.insert("kernel".to_owned(), read("/proc/sys/kernel/osrelease").trim().to_owned());
    let cpu = read("/proc/cpuinfo");
    if let Some(model) =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split_once(':'))
    {
        out.insert("processor".to_owned(), model.1.trim().to_owned());
    }
    if let Ok(n) = std::thread::available_parallelism() {
        out.insert("cores".to_owned(), n.to_string());
    }
    out
}
