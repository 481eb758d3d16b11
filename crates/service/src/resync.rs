//! Reading again what was missed, without missing what happens meanwhile.
//!
//! While the store is read, whatever is heard is in the store too, before or after the reading: it only means that
//! the store has to be read once more.

/// Where a resync stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resync(Stage);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    None,
    /// The store is being read.
    Reading,
    /// And something came meanwhile.
    ReadAgain,
}

impl Resync {
    /// Begins; `false` if one is under way, which then reads again.
    pub fn begin(&mut self) -> bool {
        let begins = self.0 == Stage::None;
        self.0 = match begins {
            true => Stage::Reading,
            false => Stage::ReadAgain,
        };
        begins
    }

    /// Takes note of something heard; `true` if a resync is under way and will bring it.
    pub fn covers(&mut self) -> bool {
        let under_way = self.is_under_way();
        if under_way {
            self.0 = Stage::ReadAgain;
        }
        under_way
    }

    /// Ends; `false` if something came meanwhile, so that the store has to be read again.
    pub fn end(&mut self) -> bool {
        let ends = self.0 != Stage::ReadAgain;
        self.0 = match ends {
            true => Stage::None,
            false => Stage::Reading,
        };
        ends
    }

    /// Gives up.
    pub fn abandon(&mut self) {
        self.0 = Stage::None;
    }

    /// Whether one is under way.
    pub fn is_under_way(self) -> bool {
        self.0 != Stage::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_meanwhile_is_read_again() {
        let mut resync = Resync::default();
        assert!(!resync.covers(), "nothing is under way");
        assert!(resync.begin());
        assert!(resync.covers());
        assert!(!resync.end(), "something came");
        assert!(resync.end());
        assert!(resync.begin());
        assert!(!resync.begin(), "one is under way");
        assert!(!resync.end(), "and reads again");
        resync.abandon();
        assert!(!resync.is_under_way());
    }
}
