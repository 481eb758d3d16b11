//! The whole system, from outside: what the contracts promise, on a real Redis, over several processes.
#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, with a message that says what was expected"
)]

/// The same scenarios on one Redis and on a cluster with partitions at all of its primaries. A scenario is given the
/// world's builder.
macro_rules! on_each_store {
    ($($scenario:ident),+ $(,)?) => {
        mod on_one_redis {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(e2e::World::builder()).await;
            })+
        }

        mod on_a_cluster {
            $(#[tokio::test]
            async fn $scenario() {
                let cluster = e2e::RedisCluster::shared();
                super::$scenario(e2e::World::builder().cluster(&cluster)).await;
            })+
        }
    };
}

mod archive;
mod backlog;
mod bounds;
mod checks;
mod claim;
mod cluster_failover;
mod conversation_assign;
mod conversation_begin;
mod conversation_close;
mod conversation_door;
mod conversation_events;
mod conversation_loss;
mod conversation_permissions;
mod conversation_races;
mod conversation_rooms;
mod conversation_supervisors;
mod deploy_backup;
// Every address of 127.0.0.0/8 is this machine on Linux only.
#[cfg(target_os = "linux")]
mod deploy_cluster;
mod deploy_names;
mod deploy_up;
mod desk;
mod desk_acting;
mod desk_door;
mod desk_records;
mod desk_seeing;
mod desk_vanished;
mod desk_watching;
mod doctor;
mod drain;
mod engineio_door;
mod engineio_line;
mod engineio_wire;
mod expiry;
mod feed_decline;
mod feed_errors;
mod feed_replay;
mod feed_reservation;
mod golden;
mod handed_over;
mod happenings;
mod harness;
mod heads;
mod house;
mod isolation;
mod joining_midstream;
mod keep_alive;
mod killed;
mod late_ears;
mod leaving;
mod left_with_chats;
mod limits;
mod load;
mod long_queue;
mod lost_chats;
mod messages;
mod missed_requests;
mod on_pgbouncer;
mod on_postgres;
mod ordering;
mod origins;
mod partition;
mod partitions;
mod people_audit;
mod people_auth;
mod people_canned;
mod people_ended;
mod people_first;
mod people_livechat;
mod people_reset;
mod people_settings;
mod people_sign_in;
mod people_staff;
mod people_tags;
mod people_tokens;
mod people_tries;
mod permissions;
mod presence;
mod presence_lost;
mod presence_many;
mod presence_restart;
mod probes;
mod publishing;
mod raw_frames;
mod records_archive;
mod records_desk;
mod records_people;
mod records_reach;
mod records_reading;
mod records_settings;
mod redis_outage;
mod registration;
mod road;
mod rolling_update;
mod rules;
mod sentinel_failover;
mod slow_clients;
mod slow_reader;
mod socketio_claims;
mod socketio_connect;
mod socketio_drops;
mod socketio_killed;
mod socketio_load;
mod socketio_missed;
mod socketio_mixed;
mod socketio_outage;
mod socketio_priority;
mod socketio_queue;
mod socketio_refusals;
mod socketio_scene;
mod socketio_staff;
mod socketio_takeover;
mod socketio_talk;
mod speakers_and_days;
mod starting;
mod store_commit;
mod store_desk;
mod store_due;
mod store_feed;
mod store_kept;
mod store_log;
mod store_marks;
mod store_people;
mod store_presence;
mod store_queue;
mod store_repeat;
mod store_setup;
mod store_stream;
mod tokens_chat;
mod tokens_feed;
mod transcripts;
mod upgrades;
mod v1_email;
mod v1_messages;
mod v1_resume;
mod v1_signs;
mod visitor_join;
mod waiting;

/// The program that runs a service as a process of its own.
const PROCESS: &str = env!("CARGO_BIN_EXE_helpline-process");
