//! `/staff`: Helpline's own API for those who work here. docs/staff-api.md is its reference.

mod accounts;
mod agents;
mod audit;
pub(super) mod cookie;
mod fault;
mod groups;
mod session;
mod settings;

use actix_web::{HttpRequest, web::ServiceConfig};
use helpline_records::AccountRole;

pub(crate) use self::fault::Fault;
use super::{Caller, People};

/// Who manages people.
const ADMINS: &[AccountRole] = &[AccountRole::Admin];
/// Everyone who works here.
const STAFF: &[AccountRole] = &[
    AccountRole::Admin,
    AccountRole::Supervisor,
    AccountRole::Agent,
];

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(session::begin)
        .service(session::renew)
        .service(session::end)
        .service(session::change_password)
        .service(accounts::list)
        .service(accounts::create)
        .service(accounts::change)
        .service(accounts::reset_password)
        .service(groups::list)
        .service(groups::show)
        .service(groups::store)
        .service(groups::remove)
        .service(groups::map_role)
        .service(settings::show)
        .service(settings::store)
        .service(settings::retention)
        .service(audit::list)
        .service(audit::actions)
        .service(audit::give)
        .service(agents::list);
}

impl People {
    /// Who calls, if its role is one of these.
    pub(crate) async fn staff(
        &self,
        request: &HttpRequest,
        roles: &[AccountRole],
    ) -> Result<Caller, Fault> {
        let caller = self.caller(request).await?;
        caller.must_be(roles)?;
        Ok(caller)
    }
}
