//! `strace` attached to a running process: it kills at a flush, fails a write, or writes down calls.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::NamedTempFile;

/// A tracer; detached when dropped.
pub struct Tracer {
    strace: Child,
    trace: NamedTempFile,
}

impl Tracer {
    /// Kills `process` when one of its threads has made `count` flushes from now on.
    pub fn kill_at_flush(process: u32, count: u32) -> Self {
        let inject = format!("inject=fsync,fdatasync:signal=SIGKILL:when={count}");
        Self::attach(process, &["-e", "trace=fsync,fdatasync", "-e", &inject])
    }

    /// From now on every write into a file at an offset fails as on a full disk.
    pub fn full_disk(process: u32) -> Self {
        let inject = "inject=pwrite64:error=ENOSPC";
        Self::attach(process, &["-e", "trace=pwrite64", "-e", inject])
    }

    /// From now on every flush fails.
    pub fn failing_flushes(process: u32) -> Self {
        let inject = "inject=fsync,fdatasync:error=EIO";
        Self::attach(process, &["-e", "trace=fsync,fdatasync", "-e", inject])
    }

    /// Writes down flushes and what is sent over sockets, with their files and addresses.
    pub fn watch(process: u32) -> Self {
        let calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg";
        Self::attach(process, &["-yy", "-s", "0", "-e", calls])
    }

    fn attach(process: u32, arguments: &[&str]) -> Self {
        let trace = NamedTempFile::new().expect("a temporary file");
        let strace = Command::new("strace")
            .args(["-f", "-p", &process.to_string(), "-o"])
            .arg(trace.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace is installed: run scripts/setup");
        let tracer = Self { strace, trace };
        await_attached(process);
        tracer
    }

    /// Detaches and returns the calls written down so far, one a line, in their order.
    pub fn finish(mut self) -> String {
        self.detach();
        std::fs::read_to_string(self.trace.path()).expect("the trace can be read")
    }

    fn detach(&mut self) {
        // SIGINT makes strace let go; a killed one would take the traced process along.
        let strace = self.strace.id().to_string();
        let _ = Command::new("kill").args(["-INT", &strace]).stderr(Stdio::null()).status();
        let _ = self.strace.wait();
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.detach();
    }
}

fn await_attached(process: u32) {
    for _ in 0..1000 {
        if every_thread_is_traced(process) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("strace cannot attach: is tracing of own processes allowed here?");
}

fn every_thread_is_traced(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return false;
    };
    threads.flatten().all(|thread| is_traced(&thread.path()))
}

fn is_traced(thread: &Path) -> bool {
    let status = std::fs::read_to_string(thread.join("status")).unwrap_or_default();
    status
        .lines()
        .any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0"))
}
