//! The memory of this process, as Linux counts it (proc(5)).

use crate::Failure;

/// What was resident at one moment; the peak is counted from then on.
pub(crate) struct Watermark {
    before: f64,
}

impl Watermark {
    /// This moment.
    pub(crate) fn here() -> Result<Self, Failure> {
        let before = resident("VmRSS")?;
        std::fs::write("/proc/self/clear_refs", "5")?;
        Ok(Self { before })
    }

    /// The most there was above it since, in MiB.
    pub(crate) fn above(&self) -> Result<f64, Failure> {
        Ok((resident("VmHWM")? - self.before).max(0.0))
    }
}

/// One line of `/proc/self/status`, in MiB.
fn resident(line: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let kib: f64 = kib.and_then(|kib| kib.trim().strip_suffix(" kB")).ok_or("no such line")?.trim().parse()?;
    Ok(kib / 1_024.0)
}
