//! `Version`: the release of the standard that a subscription asks for.

/// A version of the standard, as `3.1`, `3.1.2` or `v4.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StandardVersion {
    release: (u32, u32),
    patch: Option<u32>,
}

impl StandardVersion {
    /// Reads a version that has events: 3.0, 3.1 or 4.0, with or without a patch.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.').map(number);
        let release = (numbers.next()??, numbers.next()??);
        let patch = match numbers.next() {
            None => None,
            Some(patch) => Some(patch?),
        };
        let is_known = numbers.next().is_none() && RELEASES.contains(&release);
        is_known.then_some(Self { release, patch })
    }

    /// Major and minor number.
    pub(crate) fn release(self) -> (u32, u32) {
        self.release
    }

    /// Whether it knows no other event type: those before 3.1.2. `3.1` names the whole release.
    pub(super) fn knows_resource_updates_only(self) -> bool {
        self.release == (3, 0) || (self.release == (3, 1) && self.patch.is_some_and(|n| n < 2))
    }
}

/// Digits only: `u32::from_str` would take a sign as well.
fn number(text: &str) -> Option<u32> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal.then(|| text.parse().ok()).flatten()
}

const RELEASES: [(u32, u32); 3] = [(3, 0), (3, 1), (4, 0)];

#[cfg(test)]
mod tests {
    use super::StandardVersion;

    #[test]
    fn what_is_no_version_with_events_is_refused() {
        for text in [
            "", "v", "3", "4", "3.", "3.1.", "3.1.2.1", "1.1", "2.0", "5.0", "4.1", "3.2", "+3.1",
            "3.-1", " 3.1", "V4.0",
        ] {
            assert_eq!(StandardVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn versions_before_3_1_2_know_resource_updates_only() {
        let old = |text: &str| StandardVersion::parse(text).unwrap().knows_resource_updates_only();
        for text in ["3.0", "v3.0", "3.0.0", "3.1.0", "3.1.1", "v3.1.1"] {
            assert!(old(text), "{text}");
        }
        for text in ["3.1", "v3.1", "3.1.2", "3.1.11", "4.0", "4.0.1", "v4.0"] {
            assert!(!old(text), "{text}");
        }
    }
}
