//! Accounts: who may sign in, and as what.

mod changing;
mod reading;

pub(crate) use self::changing::first_admin;
use crate::{entities::account::Model, error::RecordsError};

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountRole {
    /// Manages people and reads the figures.
    Admin,
    /// Has agents.
    Supervisor,
    /// Talks with visitors.
    Agent,
    /// Asks for support under an account of its own.
    Candidate,
}

impl AccountRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Supervisor, Self::Agent, Self::Candidate];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::Candidate => "candidate",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether it works here.
    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Candidate
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    /// What others see.
    pub name: String,
    /// The first name, if it was given apart.
    pub first_name: String,
    /// The last name, if it was given apart.
    pub last_name: String,
    /// Lower-cased; no other account has it.
    pub email: String,
    /// What it is.
    pub role: AccountRole,
    /// An agent's supervisor.
    pub supervisor: Option<String>,
    /// Whether it may sign in.
    pub active: bool,
    /// In microseconds.
    pub created_at: i64,
    /// Tokens that were issued before this second are not good any more.
    pub tokens_from: i64,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What others see.
    pub name: String,
    /// The first name, if it was given apart.
    pub first_name: String,
    /// The last name, if it was given apart.
    pub last_name: String,
    /// Trimmed and lower-cased.
    pub email: String,
    /// The hash of the password.
    pub password: String,
    /// What it is.
    pub role: AccountRole,
    /// An agent's supervisor.
    pub supervisor: Option<String>,
}

/// What to change of an account; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// What others see.
    pub name: Option<String>,
    /// What it is. Ends its sign-ins.
    pub role: Option<AccountRole>,
    /// An agent's supervisor, or none.
    pub supervisor: Option<Option<String>>,
    /// Whether it may sign in. Ends its sign-ins.
    pub active: Option<bool>,
}

/// Why an account is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// There is no such account.
    Unknown,
    /// It is the last active admin.
    LastAdmin,
    /// The supervisor is none.
    NoSupervisor,
}

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Only these roles; none: all.
    pub roles: Vec<AccountRole>,
    /// Only those after this account, in the order of their making.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u64,
}

impl TryFrom<Model> for Account {
    type Error = RecordsError;

    fn try_from(row: Model) -> Result<Self, RecordsError> {
        let role = AccountRole::parse(&row.role)
            .ok_or_else(|| RecordsError::Fault(format!("an account is a {}", row.role)))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email,
            role,
            supervisor: row.supervisor,
            active: row.active,
            created_at: row.created_at,
            tokens_from: row.tokens_from,
        })
    }
}
