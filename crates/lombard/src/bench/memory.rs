//! Memory of a process, read from `/proc`.

use super::BenchError;
use std::{fs, io};

/// Bytes of `id`'s memory that are its own and in RAM: its heaps and stacks, no files.
pub fn anonymous_bytes(id: u32) -> Result<f64, BenchError> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).map_err(BenchError::Clock)?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u32>().ok())
        .ok_or_else(|| BenchError::Clock(io::ErrorKind::InvalidData.into()))?;
    Ok(f64::from(kilobytes) * 1024.0)
}

/// How many files and sockets this process, and with it those that it starts, may have open.
pub fn file_limit() -> Result<usize, BenchError> {
    let limits = fs::read_to_string("/proc/self/limits").map_err(BenchError::Clock)?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|rest| rest.split_whitespace().next());
    Ok(soft.and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX))
}
