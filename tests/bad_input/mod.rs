//! Hostile and malformed input at the public listeners: the documented refusal in the format of the
//! API, and an installation that is as well as before.

mod accelerator;
mod accelerator_poll;
mod answers;
mod bank_user;
mod bearer;
mod certificates;
mod connections;
mod create_events;
mod hostile_text;
mod poll_body;
mod request;
mod target;
mod token_form;

use answers::{
    assert_accelerator_error, assert_gateway_error, assert_invalid_client, assert_oauth_error,
    assert_open_banking_error,
};
use request::{Request, form};
use target::Target;
