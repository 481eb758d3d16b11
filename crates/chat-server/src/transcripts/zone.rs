//! The reader's own time zone: where its days begin, and what its clocks showed.
//!
//! Promised: a day is as long as it was there, 23, 24 or 25 hours, and one that began with a jump of the clocks begins
//! after the jump.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use helpline_records::ClockOffset;

use super::query::given;
use crate::people::staff::Fault;

const SECOND: i64 = 1_000_000;
/// Clocks are not changed twice within a day.
const STEP: i64 = 24 * 3600 * SECOND;
/// The year 2100. No chat is older than 1970 or younger than this, so nobody's clocks are looked up beyond.
const LAST: i64 = 4_102_444_800 * SECOND;

/// A time zone.
pub(super) struct Zone(Tz);

impl Zone {
    pub(super) const UTC: Self = Self(Tz::UTC);

    /// Reads an IANA name, such as `Europe/Berlin`; without one it is UTC.
    pub(super) fn of(name: Option<String>) -> Result<Self, Fault> {
        match given(name).map(|name| name.parse()) {
            None => Ok(Self::UTC),
            Some(Ok(zone)) => Ok(Self(zone)),
            Some(Err(_)) => Err(Fault::bad("Invalid zone")),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The first moment of a day, in microseconds since 1970. A day that the calendar there left out begins with the next.
    pub(super) fn beginning_of(&self, day: NaiveDate) -> Option<i64> {
        const QUARTER: TimeDelta = TimeDelta::minutes(15);
        let mut clock = day.and_time(NaiveTime::MIN);
        let end = day.checked_add_days(Days::new(2))?.and_time(NaiveTime::MIN);
        while clock < end {
            if let Some(moment) = self.0.from_local_datetime(&clock).earliest() {
                return Some(moment.timestamp_micros());
            }
            clock = clock.checked_add_signed(QUARTER)?;
        }
        None
    }

    /// What the clocks show between two points in time, the earliest first.
    pub(super) fn offsets(&self, from: i64, to: i64) -> Vec<ClockOffset> {
        let mut since = from.clamp(0, LAST);
        let end = to.clamp(since, LAST);
        let mut ahead = self.ahead(since);
        let mut offsets = vec![ClockOffset { since, ahead }];
        while since < end {
            let next = (since + STEP).min(end);
            if self.ahead(next) != ahead {
                let changed = self.change(since, next, ahead);
                ahead = self.ahead(next);
                offsets.push(ClockOffset {
                    since: changed,
                    ahead,
                });
            }
            since = next;
        }
        offsets
    }

    /// The second in which the clocks were changed from `ahead`, between two points before and after it.
    fn change(&self, before: i64, after: i64, ahead: i64) -> i64 {
        let (mut before, mut after) = (before / SECOND, after / SECOND + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            match self.ahead(middle * SECOND) == ahead {
                true => before = middle,
                false => after = middle,
            }
        }
        after * SECOND
    }

    /// How far the clocks are ahead of UTC, in microseconds.
    fn ahead(&self, at: i64) -> i64 {
        let Some(at) = DateTime::from_timestamp_micros(at) else {
            return 0;
        };
        let offset = self.0.offset_from_utc_datetime(&at.naive_utc()).fix();
        i64::from(offset.local_minus_utc()) * SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::of(Some(name.to_owned())).expect("a zone")
    }

    fn at(text: &str) -> i64 {
        let time = DateTime::parse_from_rfc3339(text).expect("a time");
        time.timestamp_micros()
    }

    fn hours_of(zone: &Zone, day: &str) -> i64 {
        let day: NaiveDate = day.parse().expect("a day");
        let begin = |day| zone.beginning_of(day).expect("a beginning");
        (begin(day.succ_opt().expect("a day")) - begin(day)) / (3600 * SECOND)
    }

    #[test]
    fn days_are_as_long_as_they_were_there() {
        for (name, day, hours) in [
            ("Europe/Berlin", "2031-03-29", 24),
            ("Europe/Berlin", "2031-03-30", 23),
            ("Europe/Berlin", "2031-10-26", 25),
            // The clocks go forward at midnight: the day begins at one.
            ("America/Havana", "2024-03-10", 23),
            ("Asia/Singapore", "2031-03-30", 24),
            // A day that was left out.
            ("Pacific/Apia", "2011-12-30", 0),
        ] {
            assert_eq!(hours_of(&zone(name), day), hours, "{name} {day}");
        }
        assert!(Zone::of(Some("Mars/Olympus".to_owned())).is_err());
    }

    #[test]
    fn clocks_are_followed_through_the_year() {
        let hour = 3600 * SECOND;
        let (from, to) = (at("2031-01-01T00:00:00Z"), at("2032-01-01T00:00:00Z"));
        let offset = |since, ahead| ClockOffset { since, ahead };
        let expected = [
            offset(from, hour),
            offset(at("2031-03-30T01:00:00Z"), 2 * hour),
            offset(at("2031-10-26T01:00:00Z"), hour),
        ];
        assert_eq!(zone("Europe/Berlin").offsets(from, to), expected);
        assert_eq!(
            zone("Asia/Kathmandu").offsets(from, to),
            [offset(from, 5 * hour + 45 * 60 * SECOND)]
        );
        // However long the span, it is looked at in reasonable time.
        assert!(zone("Europe/Berlin").offsets(i64::MIN, i64::MAX).len() < 500);
    }
}
