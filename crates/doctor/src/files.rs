//! How many files and connections a process may have open: when they run out it answers nobody, whatever else is well.

use helpline_service::descriptors::ENOUGH;

use crate::finding::Finding;

/// What is judged here.
pub const AREA: &str = "files";

/// Judges by how many may be open at most.
#[must_use]
pub fn judge(most: u64) -> Finding {
    if most >= ENOUGH {
        return Finding::ok(AREA, "enough files and connections may be open");
    }
    Finding::warn(
        AREA,
        format!("{most} files and connections may be open at once, and each socket is one"),
        format!(
            "allow {ENOUGH} or more: LimitNOFILE= of systemd, `ulimits: nofile` of compose, `ulimit -Hn` of a shell"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    #[test]
    fn few_are_worth_a_word() {
        for (most, level) in [
            (300, Level::Warn),
            (ENOUGH - 1, Level::Warn),
            (ENOUGH, Level::Ok),
            (u64::MAX, Level::Ok),
        ] {
            assert_eq!(judge(most).level, level, "{most}");
        }
        assert!(judge(300).found.starts_with("300 "));
    }
}
