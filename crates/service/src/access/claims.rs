//! What a token says about its bearer, however the platform that issued it writes that.

use std::time::Duration;

use helpline_desk::actor::Rank;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock;

/// As long as anyone may count on a token that never ends.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages people and reads the figures.
    Admin,
    /// Watches, flags and takes over.
    Supervisor,
    /// Takes requests and talks.
    Agent,
    /// Asks for help, with an account.
    Candidate,
    /// Opened a chat.
    Visitor,
}

impl Role {
    /// The word for it, as tokens write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::Candidate => "candidate",
            Self::Visitor => "visitor",
        }
    }
}

/// What a verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub user_id: String,
    /// What that account is.
    pub role: Role,
    /// Its e-mail address, if the token tells it.
    pub email: Option<String>,
    /// What others see, if the token tells it.
    pub name: Option<String>,
    /// The one chat that a visitor's token is good for.
    pub chat_id: Option<String>,
    /// When it was issued, in seconds since 1970; 0 if it does not say.
    pub issued_at: u64,
    /// When it ends, in seconds since 1970.
    pub expires_at: u64,
}

impl Claims {
    /// Whether the bearer works here.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.rank().is_some()
    }

    /// What the bearer is among those who work here, if it is one of them.
    #[must_use]
    pub fn rank(&self) -> Option<Rank> {
        match self.role {
            Role::Admin => Some(Rank::Admin),
            Role::Supervisor => Some(Rank::Supervisor),
            Role::Agent => Some(Rank::Agent),
            Role::Candidate | Role::Visitor => None,
        }
    }

    /// How long it is still good.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let now = u64::try_from(clock::now_micros()).unwrap_or_default();
        let end = Duration::from_secs(self.expires_at).saturating_sub(Duration::from_micros(now));
        end.min(FOR_EVER)
    }
}

/// Claims as the platforms around us write them.
#[derive(Deserialize)]
pub(super) struct AnyClaims {
    #[serde(rename = "userId")]
    camel_user_id: Option<Id>,
    user_id: Option<Id>,
    id: Option<Id>,
    role: Role,
    email: Option<String>,
    username: Option<Value>,
    #[serde(rename = "chatId")]
    chat_id: Option<String>,
    iat: Option<f64>,
    exp: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl AnyClaims {
    /// None without an id.
    pub(super) fn into_claims(self) -> Option<Claims> {
        let user_id = match self.camel_user_id.or(self.user_id).or(self.id)? {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        };
        if user_id.is_empty() {
            return None;
        }
        // A name of another kind is no reason to turn anybody away.
        let name = match self.username {
            Some(Value::String(name)) if !name.trim().is_empty() => Some(name),
            _ => None,
        };
        // A saturating cast: what is before 1970 is over, and what is beyond reckoning is not.
        Some(Claims {
            user_id,
            role: self.role,
            email: self.email,
            name,
            chat_id: self.chat_id,
            issued_at: self.iat.unwrap_or_default() as u64,
            expires_at: self.exp as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn claims(written: &Value) -> Option<Claims> {
        from_value::<AnyClaims>(written.clone())
            .ok()
            .and_then(AnyClaims::into_claims)
    }

    #[test]
    fn the_id_may_stand_under_three_names_as_text_or_number() {
        let exp = 5;
        for (written, id) in [
            (
                json!({"userId": "a", "user_id": "b", "id": "c", "role": "agent", "exp": exp}),
                "a",
            ),
            (
                json!({"user_id": "b", "id": "c", "role": "agent", "exp": exp}),
                "b",
            ),
            (
                json!({"userId": null, "id": 42, "role": "agent", "exp": exp}),
                "42",
            ),
            (
                json!({"userId": 7, "role": "agent", "exp": 5.5, "aud": null}),
                "7",
            ),
        ] {
            assert_eq!(claims(&written).unwrap().user_id, id, "{written}");
        }
    }

    #[test]
    fn a_name_is_text_or_none() {
        for (written, name) in [
            (json!("Vika"), Some("Vika")),
            (json!(" "), None),
            (json!(7), None),
            (json!(null), None),
        ] {
            let claims = json!({"id": "a", "role": "agent", "exp": 5, "username": written});
            let read = super::tests::claims(&claims).unwrap().name;
            assert_eq!(read.as_deref(), name, "{written}");
        }
    }

    #[test]
    fn only_who_works_here_is_staff() {
        for (role, staff) in [
            ("admin", true),
            ("supervisor", true),
            ("agent", true),
            ("candidate", false),
            ("visitor", false),
        ] {
            let claims = claims(&json!({"id": "a", "role": role, "exp": 5})).unwrap();
            assert_eq!(claims.is_staff(), staff, "{role}");
        }
    }
}
