//! How many events go into one transaction: as many as the database takes in time.

/// The most.
const MOST: usize = 200;
/// After so many that went well twice as many are tried.
const PATIENCE: u32 = 8;

/// The number, as it was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portion {
    size: usize,
    well: u32,
}

impl Default for Portion {
    fn default() -> Self {
        Self {
            size: MOST,
            well: 0,
        }
    }
}

impl Portion {
    pub(super) fn size(self) -> usize {
        self.size
    }

    /// A batch was stored.
    pub(super) fn went_well(&mut self) {
        self.well += 1;
        if self.well >= PATIENCE {
            self.size = (self.size * 2).min(MOST);
            self.well = 0;
        }
    }

    /// It was not: it may have been too much.
    pub(super) fn failed(&mut self) {
        self.size = (self.size / 2).max(1);
        self.well = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one_and_grows_again() {
        let mut portion = Portion::default();
        let mut sizes = Vec::new();
        for _ in 0..9 {
            portion.failed();
            sizes.push(portion.size());
        }
        assert_eq!(sizes, [100, 50, 25, 12, 6, 3, 1, 1, 1]);
        for _ in 0..PATIENCE - 1 {
            portion.went_well();
        }
        assert_eq!(portion.size(), 1);
        portion.went_well();
        assert_eq!(portion.size(), 2);
        // What is too much is not tried again at once.
        portion.failed();
        portion.went_well();
        assert_eq!(portion.size(), 1);
        for _ in 0..PATIENCE * 8 {
            portion.went_well();
        }
        assert_eq!(portion.size(), MOST);
    }
}
