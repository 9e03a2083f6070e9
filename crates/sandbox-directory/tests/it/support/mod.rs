//! What the tests share: directories on listeners of their own, answers read whole.

mod answer;
mod server;

pub use answer::Answer;
pub use server::{PUBLIC_URL, Setup, TestServer};
