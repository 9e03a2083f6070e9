//! CPU time, read from `/proc` to the nanosecond.

use super::BenchError;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

/// The CPU time that each thread of a process has used so far, in user and kernel mode.
#[derive(Debug)]
pub struct ProcessTimes {
    threads: BTreeMap<String, Duration>,
}

impl ProcessTimes {
    /// The times of process `id`, whose threads should be at rest: the kernel brings a thread's time
    /// up to date when it stops running.
    pub fn read(id: u32) -> Result<Self, BenchError> {
        let read = || {
            let mut threads = BTreeMap::new();
            for entry in fs::read_dir(format!("/proc/{id}/task"))? {
                let entry = entry?;
                // A thread may end while the list is read.
                if let Ok(time) = on_cpu(&entry.path().join("schedstat")) {
                    threads.insert(entry.file_name().to_string_lossy().into_owned(), time);
                }
            }
            Ok(Self { threads })
        };
        read().map_err(BenchError::Clock)
    }

    /// What was used since `earlier`. Threads that have ended in between are left out; those that
    /// serve last as long as their process.
    pub fn since(&self, earlier: &Self) -> Duration {
        let before = |name| earlier.threads.get(name).copied().unwrap_or_default();
        self.threads.iter().map(|(name, time)| time.saturating_sub(before(name))).sum()
    }
}

/// The CPU time that this thread has used so far.
pub fn this_thread() -> Result<Duration, BenchError> {
    // Brings the kernel's figure up to date.
    std::thread::yield_now();
    on_cpu(Path::new("/proc/thread-self/schedstat")).map_err(BenchError::Clock)
}

/// The first number of a `schedstat` file: nanoseconds on a CPU.
fn on_cpu(schedstat: &Path) -> io::Result<Duration> {
    let text = fs::read_to_string(schedstat)?;
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
