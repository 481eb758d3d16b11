//! The checks that several sections share.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use super::SettingsError;

/// Redis counts milliseconds, and what lasts a year is a slip of the pen rather than a wish.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) fn duration(key: &str, value: Duration) -> Result<(), SettingsError> {
    if (SHORTEST..=LONGEST).contains(&value) {
        return Ok(());
    }
    Err(SettingsError::key(
        key,
        format!(
            "{} is not between 1ms and 365 days",
            humantime::format_duration(value)
        ),
    ))
}

/// The same for what may also be switched off by `0s`.
pub(super) fn duration_or_none(key: &str, value: Duration) -> Result<(), SettingsError> {
    if value.is_zero() {
        return Ok(());
    }
    duration(key, value)
}

pub(super) fn within<N: PartialOrd + Display>(
    key: &str,
    value: N,
    range: RangeInclusive<N>,
) -> Result<(), SettingsError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(SettingsError::key(
        key,
        format!(
            "{value} is not between {} and {}",
            range.start(),
            range.end()
        ),
    ))
}
