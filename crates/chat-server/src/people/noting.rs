//! What goes into the audit log beside changes: who signed in, and what was read and taken along.

use actix_web::HttpRequest;
use helpline_records::{Account, AccountRole, Act, RecordsError};
use helpline_service::{clock, door::client_address};
use serde_json::{Value, json};

use super::People;

impl People {
    /// Notes what somebody did that changed nothing here.
    pub(crate) async fn note(
        &self,
        by: &Account,
        act: Act,
        target: &str,
        details: Option<&Value>,
    ) -> Result<(), RecordsError> {
        let now = clock::now_micros();
        self.records
            .note_act(now, &by.id, act, target, details)
            .await
    }

    /// Notes that somebody who works here read what was said in a chat. Who is its agent reads it all the time.
    pub(crate) async fn note_reading(
        &self,
        by: &Account,
        chat: &str,
        agent: Option<&str>,
    ) -> Result<(), RecordsError> {
        let own = by.role == AccountRole::Agent && agent == Some(by.id.as_str());
        match by.role.is_staff() && !own {
            true => self.note(by, Act::TranscriptRead, chat, None).await,
            false => Ok(()),
        }
    }

    /// Notes a try to sign in to this account, or to none that is known. What the end users do who have accounts is not looked
    /// after: a failure of theirs is noted as a stranger's, so that it takes as long, and nobody learns which e-mails have an
    /// account. An e-mail that nobody has may be anything, a password too: it is not kept.
    pub(super) async fn note_sign_in(
        &self,
        request: &HttpRequest,
        account: Option<&Account>,
        act: Act,
    ) -> Result<(), RecordsError> {
        let staff = account.filter(|account| account.role.is_staff());
        if staff.is_none() && act == Act::SignedIn {
            return Ok(());
        }
        let id = staff.map_or("", |account| account.id.as_str());
        let address = client_address(&self.commons, request);
        let details = json!({
            "address": address.map(|from| from.ip().to_string()),
            "path": request.path(),
        });
        let now = clock::now_micros();
        self.records
            .note_act(now, id, act, id, Some(&details))
            .await
    }
}
