//! The body of a request, which has to come in time, and that of an answer, with which a request is over.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_http::error::PayloadError;
use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
};
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::connection::Serving;

/// How long a body may take, however small it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many of its bytes each further second has to bring.
const SLOWEST: u64 = 4096;

/// A body that has to come in time. One that does not ends with an error.
pub(super) struct Timed {
    body: Payload,
    begun: Instant,
    received: u64,
    alarm: Pin<Box<Sleep>>,
    is_late: bool,
}

impl Timed {
    /// Counts from now on.
    pub(super) fn new(body: Payload) -> Self {
        let begun = Instant::now();
        Self {
            body,
            begun,
            received: 0,
            alarm: Box::pin(sleep_until(begun + PATIENCE)),
            is_late: false,
        }
    }

    fn deadline(&self) -> Instant {
        self.begun + PATIENCE + Duration::from_secs(self.received / SLOWEST)
    }

    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let deadline = self.deadline();
        if self.alarm.deadline() != deadline {
            self.alarm.as_mut().reset(deadline);
        }
        self.is_late = deadline <= Instant::now() || self.alarm.as_mut().poll(context).is_ready();
        self.is_late
    }
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_late {
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut self.body).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            self.received += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        }
        // Whatever has come is looked at by the clock, too: bytes that come one by one are never waited for long.
        let is_open = matches!(next, Poll::Pending | Poll::Ready(Some(Ok(_))));
        match is_open && self.is_late(context) {
            true => Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into())))),
            false => next,
        }
    }
}

/// An answer's body. Its request is served until it is gone.
pub(super) struct Served {
    body: BoxBody,
    _serving: Option<Serving>,
}

impl Served {
    pub(super) fn new(body: BoxBody, serving: Option<Serving>) -> Self {
        Self {
            body,
            _serving: serving,
        }
    }
}

impl MessageBody for Served {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// The body of an answer to `HEAD`: as long as that to `GET` would be, and not there.
pub(super) struct Unsaid(pub(super) BodySize);

impl MessageBody for Unsaid {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use tokio::time::sleep;

    use super::*;

    /// A body of `pieces` of `size` bytes, one each `pause`.
    fn body(pieces: usize, size: usize, pause: Duration) -> Timed {
        let pieces = stream::unfold(pieces, move |left| async move {
            let left = left.checked_sub(1)?;
            sleep(pause).await;
            Some((Ok(Bytes::from(vec![0; size])), left))
        });
        Timed::new(Payload::Stream {
            payload: Box::pin(pieces),
        })
    }

    async fn received(mut body: Timed) -> Result<usize, Duration> {
        let start = Instant::now();
        let mut received = 0;
        while let Some(piece) = body.next().await {
            let Ok(piece) = piece else {
                assert!(body.next().await.is_none());
                return Err(start.elapsed());
            };
            received += piece.len();
        }
        Ok(received)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_or_stops_is_given_up() {
        let second = Duration::from_secs(1);
        assert_eq!(received(body(1000, 1, second)).await, Err(PATIENCE));
        assert_eq!(received(body(1, 1, 1000 * second)).await, Err(PATIENCE));
        // A little slower than the slowest that is borne.
        let slow = received(body(1000, 2048, second)).await.unwrap_err();
        assert!((PATIENCE..3 * PATIENCE).contains(&slow), "{slow:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_may_take_as_long_as_it_comes() {
        let second = Duration::from_secs(1);
        assert_eq!(received(body(1000, 8192, second)).await, Ok(8_192_000));
        assert_eq!(received(body(9, 1, second)).await, Ok(9));
        assert_eq!(received(body(0, 0, second)).await, Ok(0));
    }
}
