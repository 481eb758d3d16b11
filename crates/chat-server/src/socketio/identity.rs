//! Whose socket it is: the account behind its token, or what the token itself says.

use std::time::Duration;

use helpline_desk::{
    actor::{Rank, Side},
    id::{AgentId, VisitorId},
    name::Name,
    time::Timestamp,
};
use helpline_live::presence::Arrival;
use helpline_protocol::{
    bus::StaffProfile,
    socketio::{
        millis,
        shapes::{self, ORGANISATION},
    },
};
use helpline_records::{Account, AccountRole};
use helpline_service::{
    access::{Claims, Role},
    wire::Frame,
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    crowd::{Seat, Whose},
    operations::{Staff, name_of},
};
use crate::people::{People, is_id};

/// How long a client waits at the door for the database; then its token has the word.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whose token is good, and who has no business here all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stranger;

/// Somebody with a socket.
#[derive(Clone, Debug)]
pub(super) enum User {
    /// Somebody of the staff.
    Staff {
        /// Who that is at the desk.
        staff: Staff,
        /// What others see of it.
        shape: shapes::Staff,
    },
    /// Somebody who asks.
    Visitor {
        /// The visitor, as chats know it.
        visitor: VisitorId,
        /// What others see of it.
        shape: shapes::Visitor,
    },
}

impl User {
    /// The user that these claims are about.
    pub(super) async fn of(claims: &Claims, people: Option<&People>) -> Result<Self, Stranger> {
        let account = match claims.role {
            Role::Visitor => None,
            // While the records are away the token has the word.
            _ => account(people, &claims.user_id).await.unwrap_or(None),
        };
        match account {
            Some(account) if !account.active => Err(Stranger),
            Some(account) => Self::with_account(&account),
            None => Self::by_claims(claims),
        }
    }

    fn with_account(account: &Account) -> Result<Self, Stranger> {
        match rank_of(account.role).zip(staff_of(account)) {
            Some((rank, shape)) => Ok(Self::of_staff(rank, shape)),
            None => Ok(Self::Visitor {
                visitor: VisitorId::parse(&account.id).ok_or(Stranger)?,
                shape: visitor_of(account),
            }),
        }
    }

    /// What the token says, when that is all there is.
    fn by_claims(claims: &Claims) -> Result<Self, Stranger> {
        let created_at = i64::try_from(claims.issued_at).unwrap_or_default();
        let created_at = created_at.saturating_mul(1000);
        let name = claims.name.clone().or_else(|| claims.email.clone());
        let name = name.and_then(|name| Name::cut(&name));
        let name = name.map_or_else(|| claims.user_id.clone(), |name| name.to_string());
        let Some(rank) = claims.rank() else {
            return Ok(Self::Visitor {
                visitor: VisitorId::parse(&claims.user_id).ok_or(Stranger)?,
                shape: shapes::Visitor {
                    id: claims.user_id.clone(),
                    name,
                    email: claims.email.clone(),
                    is_anonymous: claims.role == Role::Visitor,
                    disabled: false,
                    created_at,
                    updated_at: None,
                },
            });
        };
        let shape = shapes::Staff {
            id: claims.user_id.clone(),
            email: claims.email.clone().unwrap_or_default(),
            full_name: name,
            display_name: None,
            organisation_id: ORGANISATION,
            role_id: rank.role_id(),
            disabled: false,
            created_at,
            updated_at: None,
        };
        Ok(Self::of_staff(rank, shape))
    }

    fn of_staff(rank: Rank, shape: shapes::Staff) -> Self {
        let staff = Staff {
            agent: AgentId(shape.id.clone()),
            name: name_of(&shape.full_name),
            rank,
        };
        Self::Staff { staff, shape }
    }

    /// How its socket is entered among those who are online.
    pub(super) fn arrival(&self) -> Arrival {
        match self {
            Self::Staff { staff, shape } => Arrival::Staff {
                profile: StaffProfile {
                    id: staff.agent.clone(),
                    name: shape.full_name.clone(),
                    email: Some(shape.email.clone()).filter(|email| !email.is_empty()),
                    rank: staff.rank,
                },
                // It says nothing of that in this dialect: whoever is away at another socket stays away.
                available: None,
            },
            Self::Visitor { visitor, shape } => Arrival::Visitor {
                id: *visitor,
                profile: serde_json::to_string(shape).unwrap_or_default(),
            },
        }
    }

    /// Its place among those who hear what happens.
    pub(super) fn seat(&self, outbox: mpsc::Sender<Frame>) -> Seat {
        let (whose, shown) = match self {
            Self::Staff { staff, shape } => (
                Whose::Staff(staff.agent.clone(), staff.rank),
                Some(shape.clone()),
            ),
            Self::Visitor { visitor, .. } => (Whose::Visitor(*visitor), None),
        };
        Seat {
            whose,
            shown,
            outbox,
        }
    }

    /// The side on which it stands.
    pub(super) fn side(&self) -> Side {
        match self {
            Self::Staff { .. } => Side::Support,
            Self::Visitor { .. } => Side::Visitor,
        }
    }
}

fn rank_of(role: AccountRole) -> Option<Rank> {
    match role {
        AccountRole::Admin => Some(Rank::Admin),
        AccountRole::Supervisor => Some(Rank::Supervisor),
        AccountRole::Agent => Some(Rank::Agent),
        AccountRole::Candidate => None,
    }
}

/// The records do not answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away;

/// The account of this id, if there is one.
pub(super) async fn account(people: Option<&People>, id: &str) -> Result<Option<Account>, Away> {
    let Some(people) = people.filter(|_| is_id(id)) else {
        return Ok(None);
    };
    match timeout(PATIENCE, people.records.account(id)).await {
        Ok(Ok(found)) => Ok(found),
        _ => Err(Away),
    }
}

/// What others see of somebody of the staff.
pub(super) fn staff_of(account: &Account) -> Option<shapes::Staff> {
    Some(shapes::Staff {
        id: account.id.clone(),
        email: account.email.clone(),
        full_name: account.name.clone(),
        display_name: None,
        organisation_id: ORGANISATION,
        role_id: rank_of(account.role)?.role_id(),
        disabled: !account.active,
        created_at: millis(Timestamp(account.created_at)),
        updated_at: None,
    })
}

/// What others see of a visitor with an account.
pub(super) fn visitor_of(account: &Account) -> shapes::Visitor {
    shapes::Visitor {
        id: account.id.clone(),
        name: account.name.clone(),
        email: Some(account.email.clone()),
        is_anonymous: false,
        disabled: !account.active,
        created_at: millis(Timestamp(account.created_at)),
        updated_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(id: &str, role: Role) -> Claims {
        Claims {
            user_id: id.to_owned(),
            role,
            email: None,
            name: None,
            chat_id: None,
            issued_at: 1_930_367_100,
            expires_at: u64::MAX,
        }
    }

    const ID: &str = "8affa07257db4430982deaa506db1666";

    #[tokio::test]
    async fn without_an_account_the_token_has_the_word() {
        let mut mina = claims(ID, Role::Visitor);
        mina.name = Some("Mina".to_owned());
        let Ok(User::Visitor { shape, .. }) = User::of(&mina, None).await else {
            panic!("a visitor");
        };
        assert_eq!((shape.name.as_str(), shape.is_anonymous), ("Mina", true));
        assert_eq!(shape.created_at, 1_930_367_100_000);

        let mut vika = claims("platform-7", Role::Supervisor);
        vika.email = Some("vika@example.org".to_owned());
        let Ok(User::Staff { shape, staff }) = User::of(&vika, None).await else {
            panic!("a supervisor");
        };
        assert_eq!((staff.rank, shape.role_id), (Rank::Supervisor, 2));
        assert_eq!(shape.full_name, "vika@example.org");
    }

    #[tokio::test]
    async fn a_visitor_has_an_id() {
        let stranger = claims("platform-7", Role::Visitor);
        assert!(matches!(User::of(&stranger, None).await, Err(Stranger)));
    }
}
