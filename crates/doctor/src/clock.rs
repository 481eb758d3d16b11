//! Clocks: tokens, expiries and the order of a transcript all assume that machines agree on the time.

use std::time::Duration;

use crate::finding::Finding;

/// What is judged here.
pub const AREA: &str = "clock";
/// From here on it is worth a look.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// From here on tokens and times in transcripts are wrong enough to be noticed.
const WRONG: Duration = Duration::from_secs(5);

/// Judges by how many microseconds the clock of `whom` is ahead of this machine's.
#[must_use]
pub fn judge(whom: &str, ahead: i64) -> Finding {
    let apart = Duration::from_micros(ahead.unsigned_abs());
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    let found = format!(
        "{whom} is {:.1} s {direction} this machine",
        apart.as_secs_f64()
    );
    let mend = "run an NTP client (chrony, systemd-timesyncd) on both machines";
    if apart > WRONG {
        Finding::wrong(AREA, found, mend)
    } else if apart > NOTICEABLE {
        Finding::warn(AREA, found, mend)
    } else {
        Finding::ok(
            AREA,
            format!("{whom} and this machine agree ({} ms)", ahead / 1000),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    #[test]
    fn a_second_is_worth_a_word_and_five_are_wrong() {
        for (ahead, level) in [
            (0, Level::Ok),
            (-900_000, Level::Ok),
            (1_000_000, Level::Ok),
            (1_200_000, Level::Warn),
            (-4_900_000, Level::Warn),
            (5_100_000, Level::Wrong),
            (i64::MIN, Level::Wrong),
        ] {
            assert_eq!(judge("Redis", ahead).level, level, "{ahead}");
        }
        let found = judge("Redis", -2_500_000).found;
        assert_eq!(found, "Redis is 2.5 s behind this machine");
    }
}
