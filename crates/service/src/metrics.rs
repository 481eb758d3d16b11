//! The figures that Prometheus reads. Every series is there from the start, at zero, so that a graph or an alarm never
//! meets a gap instead of a nought.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicU64},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A commit is one round trip to a store nearby: tenths of a millisecond when all is well, seconds when it is not.
const COMMIT_BUCKETS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0,
];

/// All figures of one process. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Series>);

/// The series, each under the name that it has in Prometheus (without `helpline_`).
pub struct Series {
    /// Chats of which this process holds the state.
    pub chats_open: Gauge,
    /// Requests that wait.
    pub waiting: Gauge,
    /// How long the oldest of them has waited; 0 if none does.
    pub oldest_wait_seconds: Gauge<f64, AtomicU64>,
    /// Staff who are online.
    pub staff_online: Gauge,
    /// Those of them who take requests.
    pub staff_available: Gauge,
    /// Messages that clients sent.
    pub messages_in: Counter,
    /// Messages that were handed to sockets.
    pub messages_out: Counter,
    /// Claims that came second.
    pub claim_conflicts: Counter,
    /// Round trips of commits.
    pub commit_seconds: Histogram,
    /// Holes that were filled by reading the log.
    pub resume_gaps: Counter,
    /// Events that were told, and that the store did not have any more after an outage.
    pub store_lost_events: Counter,
    /// Sockets closed because nobody read.
    pub slow_readers: Counter,
    /// Bytes of Redis that the events take which the records do not have yet.
    pub stream_bytes: Gauge,
    /// How many those events are.
    pub stream_length: Gauge,
    /// How long the oldest of them has waited; 0 if none does.
    pub records_lag_seconds: Gauge<f64, AtomicU64>,
    /// Events that the records took.
    pub records_stored: Counter,
    /// Events that the records did not take, because another is in their place.
    pub records_conflicts: Counter,
    /// Events that could not be read, and were left out.
    pub records_unreadable: Counter,
    /// Batches of events that the records did not confirm.
    pub records_failures: Counter,
    /// Connections to Redis made anew.
    pub redis_reconnects: Counter,
    sockets_open: Family<Kind, Gauge>,
    errors: Family<Code, Counter>,
    registry: Registry,
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    /// One chat.
    Chat,
    /// The requests that wait.
    Feed,
    /// Conversations.
    Conversations,
    /// Socket.IO.
    SocketIo,
    /// Everybody's chats, and all staff.
    Desk,
}

impl SocketKind {
    const ALL: [Self; 5] = [
        Self::Chat,
        Self::Feed,
        Self::Conversations,
        Self::SocketIo,
        Self::Desk,
    ];

    fn label(self) -> Kind {
        Kind {
            kind: match self {
                Self::Chat => "chat",
                Self::Feed => "feed",
                Self::Conversations => "conversations",
                Self::SocketIo => "socketio",
                Self::Desk => "desk",
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

impl Metrics {
    /// New figures, all at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut r = Registry::with_prefix("helpline");
        let sockets_open = add(
            &mut r,
            "sockets_open",
            "Open sockets",
            Family::<Kind, Gauge>::default(),
        );
        for kind in SocketKind::ALL {
            drop(sockets_open.get_or_create(&kind.label()));
        }
        let oldest_wait_seconds = Gauge::<f64, AtomicU64>::default();
        let help = "How long the oldest waiting request has waited";
        r.register_with_unit(
            "oldest_wait",
            help,
            Unit::Seconds,
            oldest_wait_seconds.clone(),
        );
        let records_lag_seconds = Gauge::<f64, AtomicU64>::default();
        r.register_with_unit(
            "records_lag",
            "How long the oldest event has waited for the records",
            Unit::Seconds,
            records_lag_seconds.clone(),
        );
        let commit_seconds = Histogram::new(COMMIT_BUCKETS);
        r.register_with_unit(
            "commit",
            "Round trips of commits",
            Unit::Seconds,
            commit_seconds.clone(),
        );
        Self(Arc::new(Series {
            chats_open: add(
                &mut r,
                "chats_open",
                "Chats held by this process",
                Gauge::default(),
            ),
            waiting: add(&mut r, "waiting", "Requests that wait", Gauge::default()),
            oldest_wait_seconds,
            staff_online: add(
                &mut r,
                "staff_online",
                "Staff who are online",
                Gauge::default(),
            ),
            staff_available: add(
                &mut r,
                "staff_available",
                "Staff who take requests",
                Gauge::default(),
            ),
            messages_in: add(
                &mut r,
                "messages_in",
                "Messages received from clients",
                Counter::default(),
            ),
            messages_out: add(
                &mut r,
                "messages_out",
                "Messages handed to sockets",
                Counter::default(),
            ),
            claim_conflicts: add(
                &mut r,
                "claim_conflicts",
                "Claims that came second",
                Counter::default(),
            ),
            commit_seconds,
            resume_gaps: add(
                &mut r,
                "resume_gaps",
                "Holes filled by reading the log",
                Counter::default(),
            ),
            store_lost_events: add(
                &mut r,
                "store_lost_events",
                "Events that Redis lost after they were told",
                Counter::default(),
            ),
            slow_readers: add(
                &mut r,
                "slow_readers",
                "Sockets closed because nobody read",
                Counter::default(),
            ),
            stream_bytes: add(
                &mut r,
                "stream_bytes",
                "Bytes of Redis that events take which wait for the records",
                Gauge::default(),
            ),
            stream_length: add(
                &mut r,
                "stream_length",
                "Events that wait for the records",
                Gauge::default(),
            ),
            records_lag_seconds,
            records_stored: add(
                &mut r,
                "records_stored",
                "Events that the records took",
                Counter::default(),
            ),
            records_conflicts: add(
                &mut r,
                "records_conflicts",
                "Events not stored because another is in their place",
                Counter::default(),
            ),
            records_unreadable: add(
                &mut r,
                "records_unreadable",
                "Events left out because they cannot be read",
                Counter::default(),
            ),
            records_failures: add(
                &mut r,
                "records_failures",
                "Batches of events that the records did not confirm",
                Counter::default(),
            ),
            redis_reconnects: add(
                &mut r,
                "redis_reconnects",
                "Connections to Redis made anew",
                Counter::default(),
            ),
            sockets_open,
            errors: add(
                &mut r,
                "errors",
                "Errors sent to clients, by code",
                Family::default(),
            ),
            registry: r,
        }))
    }

    /// Counts a socket as open until the returned value is dropped.
    pub fn socket(&self, kind: SocketKind) -> OpenSocket {
        let gauge = self.sockets_open.get_or_create_owned(&kind.label());
        gauge.inc();
        OpenSocket(gauge)
    }

    /// Counts an error that a client was told.
    pub fn error(&self, code: &'static str) {
        self.errors.get_or_create(&Code { code }).inc();
    }

    /// Everything as OpenMetrics text, see [`CONTENT_TYPE`].
    #[must_use]
    pub fn encode(&self) -> String {
        let mut page = String::with_capacity(4096);
        if let Err(error) = text::encode(&mut page, &self.registry) {
            // Without its end mark the page is not valid, and Prometheus reports the scrape as failed.
            tracing::error!(%error, "the metrics cannot be written");
        }
        page
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Metrics {
    type Target = Series;

    fn deref(&self) -> &Series {
        &self.0
    }
}

/// A socket that counts as open.
#[must_use = "dropped at once it counts nothing"]
pub struct OpenSocket(Gauge);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn add<M>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M
where
    M: prometheus_client::registry::Metric + Clone,
{
    registry.register(name, help, metric.clone());
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_there_from_the_start() {
        let page = Metrics::new().encode();
        for line in [
            "helpline_sockets_open{kind=\"chat\"} 0",
            "helpline_sockets_open{kind=\"feed\"} 0",
            "helpline_sockets_open{kind=\"conversations\"} 0",
            "helpline_sockets_open{kind=\"socketio\"} 0",
            "helpline_sockets_open{kind=\"desk\"} 0",
            "helpline_chats_open 0",
            "helpline_waiting 0",
            "helpline_oldest_wait_seconds 0.0",
            "helpline_staff_online 0",
            "helpline_staff_available 0",
            "helpline_messages_in_total 0",
            "helpline_messages_out_total 0",
            "helpline_claim_conflicts_total 0",
            "helpline_commit_seconds_bucket{le=\"0.0001\"} 0",
            "helpline_commit_seconds_bucket{le=\"2.0\"} 0",
            "helpline_commit_seconds_count 0",
            "helpline_resume_gaps_total 0",
            "helpline_store_lost_events_total 0",
            "helpline_slow_readers_total 0",
            "helpline_redis_reconnects_total 0",
            "helpline_stream_bytes 0",
            "helpline_stream_length 0",
            "helpline_records_lag_seconds 0.0",
            "helpline_records_stored_total 0",
            "helpline_records_conflicts_total 0",
            "helpline_records_unreadable_total 0",
            "helpline_records_failures_total 0",
        ] {
            assert!(
                page.lines().any(|found| found == line),
                "{line} is not in\n{page}"
            );
        }
        assert!(page.ends_with("# EOF\n"));
    }

    #[test]
    fn clones_count_together() {
        let metrics = Metrics::new();
        let clone = metrics.clone();
        clone.messages_in.inc();
        clone.oldest_wait_seconds.set(1.5);
        clone.commit_seconds.observe(0.000_2);
        clone.error("already_claimed");
        clone.error("already_claimed");
        let page = metrics.encode();
        assert!(page.contains("helpline_messages_in_total 1\n"), "{page}");
        assert!(
            page.contains("helpline_oldest_wait_seconds 1.5\n"),
            "{page}"
        );
        assert!(
            page.contains("helpline_commit_seconds_bucket{le=\"0.00025\"} 1\n"),
            "{page}"
        );
        assert!(
            page.contains("helpline_errors_total{code=\"already_claimed\"} 2\n"),
            "{page}"
        );
    }

    #[test]
    fn a_socket_is_open_until_it_is_dropped() {
        let metrics = Metrics::new();
        let first = metrics.socket(SocketKind::Chat);
        let _second = metrics.socket(SocketKind::Chat);
        let _feed = metrics.socket(SocketKind::Feed);
        assert!(
            metrics
                .encode()
                .contains("helpline_sockets_open{kind=\"chat\"} 2\n")
        );
        drop(first);
        assert!(
            metrics
                .encode()
                .contains("helpline_sockets_open{kind=\"chat\"} 1\n")
        );
        assert!(
            metrics
                .encode()
                .contains("helpline_sockets_open{kind=\"feed\"} 1\n")
        );
    }
}
