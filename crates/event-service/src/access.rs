//! Who may call the event service: every method, so that the doors can answer 405 themselves.

use crate::doors::accelerator;
use actix_web::http::Method;
use service_kit::access::{AccessRule, CallerRole};

macro_rules! every_method {
    ($($path:expr => $callers:expr),+ $(,)?) => {
        &[$(
            AccessRule { method: Method::DELETE, path: $path, callers: $callers },
            AccessRule { method: Method::GET, path: $path, callers: $callers },
            AccessRule { method: Method::HEAD, path: $path, callers: $callers },
            AccessRule { method: Method::OPTIONS, path: $path, callers: $callers },
            AccessRule { method: Method::PATCH, path: $path, callers: $callers },
            AccessRule { method: Method::POST, path: $path, callers: $callers },
            AccessRule { method: Method::PUT, path: $path, callers: $callers },
        )+]
    };
}

/// The internal listener's table: the gateway calls the Open Banking doors, the key manager forwards
/// to the Accelerator doors, the operator rotates keys.
pub static INTERNAL_ACCESS: &[AccessRule] = every_method![
    "/open-banking/v3.1/" => GATEWAY,
    "/open-banking/v4.0/" => GATEWAY,
    accelerator::V3_BASE => KEY_MANAGER,
    "/api/openbanking/event-notifications/" => KEY_MANAGER,
    accelerator::V4_BASE => KEY_MANAGER,
    "/api/fs/event-notifications/" => KEY_MANAGER,
    "/api/lombard/events/" => BANK,
    SET_KEY_ROTATION => OPERATOR,
];

/// Internal: the next key that signs SETs.
pub(crate) const SET_KEY_ROTATION: &str = "/internal/v1/set-keys/rotate";

const GATEWAY: &[CallerRole] = &[CallerRole::Gateway];
const KEY_MANAGER: &[CallerRole] = &[CallerRole::KeyManager];
/// Bank users come through the key manager.
const BANK: &[CallerRole] = &[CallerRole::KeyManager, CallerRole::Operator];
const OPERATOR: &[CallerRole] = &[CallerRole::Operator];

#[cfg(test)]
mod tests {
    use super::INTERNAL_ACCESS;
    use crate::doors::{accelerator, open_banking};

    #[test]
    fn every_door_has_a_rule() {
        let doors = accelerator::Version::ALL.map(accelerator::Version::base_path);
        let open_banking = open_banking::Version::ALL.map(open_banking::Version::base_path);
        for base in doors.iter().chain(&open_banking) {
            let below = format!("{base}/");
            assert!(INTERNAL_ACCESS.iter().any(|rule| rule.path == below), "{base}");
        }
    }
}
