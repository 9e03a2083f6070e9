//! `lombard demo`: the main job, told step by step over real HTTPS with real certificates.

mod curl;
mod deployment;
mod events;
mod refusals;
mod report;
mod setting_up;
mod signatures;
mod story;

pub use curl::commands;
pub use deployment::Deployment;
pub use report::Report;
pub use story::{StepError, Story};
