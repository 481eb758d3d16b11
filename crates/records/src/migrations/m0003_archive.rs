//! Chats that happened: what was said, who took them, what was noted and rated; and who asked to be called back.
//!
//! Written as plain SQL, which both databases read alike. Times are microseconds since 1970, `folded` is a text made
//! ready for searching, and `sender` and `agent` are ids that may outlive their accounts, so they refer to nothing.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

const TABLES: &str = "
CREATE TABLE chats (
    id TEXT NOT NULL PRIMARY KEY,
    kept BOOLEAN NOT NULL,
    erased BOOLEAN NOT NULL,
    open_for TEXT UNIQUE,
    platform TEXT NOT NULL,
    visitor TEXT,
    visitor_name TEXT NOT NULL,
    topic TEXT,
    supervisor TEXT,
    assigned TEXT,
    agent TEXT,
    agent_name TEXT,
    status TEXT NOT NULL,
    status_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    requested_at BIGINT,
    claimed_at BIGINT,
    first_response_at BIGINT,
    ended_at BIGINT,
    end_reason TEXT,
    ended_by TEXT,
    messages BIGINT NOT NULL,
    last_epoch TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    folded TEXT NOT NULL
);
CREATE INDEX chats_by_creation ON chats (created_at, id);
CREATE INDEX chats_by_visitor ON chats (visitor, created_at);
CREATE INDEX chats_by_assigned ON chats (assigned, created_at);
CREATE INDEX chats_by_request ON chats (requested_at);
CREATE INDEX chats_by_end ON chats (ended_at);
CREATE TABLE chat_events (
    chat TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    msg_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (chat, epoch, seq)
);
CREATE TABLE messages (
    chat TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    id TEXT NOT NULL,
    side TEXT NOT NULL,
    sender TEXT,
    content TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (chat, epoch, seq)
);
CREATE TABLE claims (
    chat TEXT NOT NULL,
    support TEXT NOT NULL,
    agent TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (chat, support)
);
CREATE INDEX claims_by_time ON claims (at);
CREATE TABLE notes (
    id TEXT NOT NULL PRIMARY KEY,
    chat TEXT NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    content TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX notes_by_chat ON notes (chat, at);
CREATE TABLE ratings (
    chat TEXT NOT NULL PRIMARY KEY,
    score BIGINT NOT NULL,
    remark TEXT,
    at BIGINT NOT NULL
);
CREATE TABLE follow_ups (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    content TEXT NOT NULL,
    chat TEXT,
    created_at BIGINT NOT NULL,
    taken_by TEXT,
    taken_at BIGINT,
    closed_by TEXT,
    closed_at BIGINT
);
CREATE INDEX follow_ups_by_creation ON follow_ups (created_at, id);
CREATE INDEX follow_ups_by_chat ON follow_ups (chat);
CREATE TABLE erased_visitors (
    visitor TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
";

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(TABLES).await.map(drop)
    }
}
