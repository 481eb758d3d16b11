//! Chats as staff read them, and what staff and visitors leave with them: notes, ratings, follow-ups; and the figures.
//! docs/staff-api.md is the reference; `/rooms` is contract 000, section 4.
//!
//! Who may: admins read every chat, supervisors every one that is not another supervisor's, an agent its own and those of
//! the visitor it is talking to. A visitor may rate its own chat and ask to be called back, and reads nothing here.

mod chats;
mod csv;
mod erase;
mod export;
mod follow_ups;
mod notes;
mod query;
mod ratings;
mod reading;
mod reports;
mod rooms;
mod shape;
mod transfer;
mod visitor;
mod zone;

use actix_web::web::ServiceConfig;
use helpline_records::AccountRole;

/// Everyone who works here.
const STAFF: &[AccountRole] = &[
    AccountRole::Admin,
    AccountRole::Supervisor,
    AccountRole::Agent,
];
/// Who sees everything.
const LEADS: &[AccountRole] = &[AccountRole::Admin, AccountRole::Supervisor];
/// Who may destroy.
const ADMINS: &[AccountRole] = &[AccountRole::Admin];

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(chats::list)
        // Before the route of one chat, which would take it for an id.
        .service(export::give)
        .service(chats::show)
        .service(chats::of_visitor)
        .service(erase::erase)
        .service(notes::list)
        .service(notes::add)
        .service(transfer::transfer)
        .service(follow_ups::ask)
        .service(follow_ups::list)
        .service(follow_ups::erase)
        .service(follow_ups::take)
        .service(follow_ups::close)
        .service(ratings::rate)
        .service(reports::tell);
}

/// The routes of contract 000, which answer at the root and under `/livechat`.
pub(crate) fn room_routes(config: &mut ServiceConfig) {
    config.service(rooms::list).service(rooms::show);
}
