//! What is wrong, told to the client; and how many frames that cannot be read it may send.

use std::{collections::VecDeque, time::Duration};

use helpline_protocol::close::{Close, WireError};
use tokio::time::Instant;

use crate::{metrics::Metrics, socket::Reply};

/// So many within the window are too many (contract 001, section 2.3).
const TOO_MANY: usize = 20;

/// The bad frames of one socket, as far as they still count.
pub struct Faults {
    window: Duration,
    recent: VecDeque<Instant>,
}

impl Faults {
    /// None so far; each counts for as long as `window`.
    pub fn new(window: Duration) -> Self {
        Self {
            window,
            recent: VecDeque::new(),
        }
    }

    /// Tells the client what is wrong. One that cannot speak is shown the door.
    pub fn answer(&mut self, error: WireError, metrics: &Metrics) -> Reply {
        self.answer_to(None, error, metrics)
    }

    /// The same, for a request that carries this reference.
    pub fn answer_to(
        &mut self,
        reference: Option<&str>,
        error: WireError,
        metrics: &Metrics,
    ) -> Reply {
        metrics.error(error.code());
        let told = error.answer_to(reference);
        if !error.is_bad_frame() || !self.is_one_too_many() {
            return Reply::frame(told);
        }
        metrics.error(WireError::TooManyErrors.code());
        Reply::frames([told, WireError::TooManyErrors.frame()]).and_close(Close::Rule)
    }

    /// Counts one more frame that cannot be read; `true` if the client has to be shown the door.
    pub fn is_one_too_many(&mut self) -> bool {
        self.add(Instant::now())
    }

    fn add(&mut self, now: Instant) -> bool {
        while self
            .recent
            .front()
            .is_some_and(|first| now - *first >= self.window)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        self.recent.len() >= TOO_MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_window_counts() {
        let mut faults = Faults::new(Duration::from_secs(60));
        let start = Instant::now();
        for second in 0..19 {
            assert!(!faults.add(start + Duration::from_secs(second)));
        }
        assert!(
            !faults.add(start + Duration::from_secs(61)),
            "two are forgotten"
        );
        assert!(!faults.add(start + Duration::from_secs(61)));
        assert!(faults.add(start + Duration::from_secs(61)));
    }
}
