//! Panics end the process: what one leaves half done must not go on being served.

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

/// From now on a panic in any thread is logged and ends the process.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        report(panic);
        std::process::abort();
    }));
}

fn report(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let backtrace = Backtrace::capture();
    if tracing::dispatcher::has_been_set() {
        tracing::error!(location, message, thread, %backtrace, "panic");
    } else {
        eprintln!("lombard: panic in thread {thread} at {location}: {message}\n{backtrace}");
    }
}
