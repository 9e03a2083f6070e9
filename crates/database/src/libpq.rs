//! The only module that calls libpq itself, for the one thing that diesel does not offer: to wait for
//! notifications without asking again and again, which takes the connection's socket.

#![expect(
    unsafe_code,
    reason = "libpq is a C library; every call stands behind a safe method of this file"
)]

use pq_sys::{
    ConnStatusType, ExecStatusType, PQclear, PQconnectdb, PQconsumeInput, PQerrorMessage, PQexec,
    PQfinish, PQfreemem, PQnotifies, PQresultStatus, PQsocket, PQstatus,
};
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A connection of its own, closed when it is dropped. Every method blocks only where it says so.
#[derive(Debug)]
pub(crate) struct RawConnection {
    /// From `PQconnectdb`, never null, freed by `drop` alone and never handed out.
    connection: NonNull<pq_sys::PGconn>,
}

// SAFETY: libpq's connections may be used from any thread as long as only one does at a time. All
// methods but `drop` take `&mut self`, so that no two threads can; libpq keeps no thread-local state
// of a connection.
unsafe impl Send for RawConnection {}

impl RawConnection {
    /// Connects; blocks until it is done. The error may repeat `url`.
    pub(crate) fn open(url: &str) -> Result<Self, String> {
        let url = CString::new(url).map_err(|error| error.to_string())?;
        // SAFETY: `url` is a string that ends with NUL and outlives the call.
        let connection = unsafe { PQconnectdb(url.as_ptr()) };
        let connection = NonNull::new(connection).ok_or("libpq has no memory left")?;
        let mut opened = Self { connection };
        // SAFETY: the pointer is that of a connection which is not freed before `opened`.
        if unsafe { PQstatus(opened.connection.as_ptr()) } == ConnStatusType::CONNECTION_OK {
            Ok(opened)
        } else {
            Err(opened.error())
        }
    }

    /// Runs statements that return no rows; blocks until they are done.
    pub(crate) fn execute(&mut self, sql: &str) -> Result<(), String> {
        let sql = CString::new(sql).map_err(|error| error.to_string())?;
        // SAFETY: a live connection and a string that ends with NUL; both outlive the call.
        let result = unsafe { PQexec(self.connection.as_ptr(), sql.as_ptr()) };
        // SAFETY: libpq takes null here, which is what lack of memory gives, as a fatal error.
        let status = unsafe { PQresultStatus(result) };
        // SAFETY: the result is not used after this; null is allowed.
        unsafe { PQclear(result) };
        if status == ExecStatusType::PGRES_COMMAND_OK { Ok(()) } else { Err(self.error()) }
    }

    /// The socket, to wait for what arrives; a handle of its own, which stays valid whatever becomes
    /// of the connection.
    pub(crate) fn socket(&mut self) -> io::Result<AsyncFd<OwnedFd>> {
        // SAFETY: a live connection.
        let socket = unsafe { PQsocket(self.connection.as_ptr()) };
        if socket < 0 {
            return Err(io::ErrorKind::NotConnected.into());
        }
        // SAFETY: the descriptor is open, because libpq closes it only in calls that take the
        // connection, which `self` keeps others from making; the borrow ends with this statement.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) }.try_clone_to_owned()?;
        // SAFETY: an `OwnedFd` has one descriptor for life, open until it is dropped, and is dropped
        // by the `AsyncFd` alone, after its registration.
        Ok(unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }?)
    }

    /// Takes in what has arrived, without blocking; an error means that the connection is lost.
    pub(crate) fn take_in(&mut self) -> Result<(), String> {
        // SAFETY: a live connection.
        let taken_in = unsafe { PQconsumeInput(self.connection.as_ptr()) };
        if taken_in == 1 { Ok(()) } else { Err(self.error()) }
    }

    /// The payloads that were taken in, in their order.
    pub(crate) fn notifications(&mut self) -> Vec<String> {
        let mut payloads = Vec::new();
        // SAFETY: a live connection; what it returns is ours until it is freed below.
        while let Some(notification) = NonNull::new(unsafe { PQnotifies(self.connection.as_ptr()) })
        {
            // SAFETY: libpq returns a whole structure whose `extra` is a string that ends with NUL,
            // in the same piece of memory, which is freed only after the text was copied.
            let payload = unsafe { CStr::from_ptr(notification.as_ref().extra) };
            payloads.push(payload.to_string_lossy().into_owned());
            // SAFETY: from `PQnotifies`, freed once, not used afterwards.
            unsafe { PQfreemem(notification.as_ptr().cast()) };
        }
        payloads
    }

    fn error(&mut self) -> String {
        // SAFETY: a live connection; the text ends with NUL, belongs to the connection and is copied
        // before anything else is done with it.
        let message = unsafe { CStr::from_ptr(PQerrorMessage(self.connection.as_ptr())) };
        message.to_string_lossy().trim_end().to_owned()
    }
}

impl Drop for RawConnection {
    fn drop(&mut self) {
        // SAFETY: from `PQconnectdb`, freed here and nowhere else.
        unsafe { PQfinish(self.connection.as_ptr()) };
    }
}
