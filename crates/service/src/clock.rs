//! The wall clock. Nothing else in the workspace asks the system for the time of day, so a reader who wonders where a
//! time comes from has one place to look. What happens in a chat is stamped by its store, not by this.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// Microseconds since 1970 in UTC. A clock set before 1970 reads as 0.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now_micros() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Microseconds since 1970 as every wire writes them: `2031-03-04T05:06:07.000089Z`.
#[must_use]
pub fn iso(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_reads_the_present() {
        let first = now_micros();
        // 2026 and the year 2200: wrong units would be far outside.
        assert!((1_767_000_000_000_000..7_258_000_000_000_000).contains(&first));
        assert!(now_micros() >= first);
    }

    #[test]
    fn times_have_microseconds_and_a_z() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(iso(1_930_367_167_000_089), "2031-03-04T05:06:07.000089Z");
    }
}
