//! Making accounts: the rules that every dialect shares. Each says the faults in its own words and order.

use helpline_desk::name::Name;
use helpline_records::{Account, AccountRole, LONGEST_PASSWORD, NewAccount, RecordsError};
use helpline_service::clock;
use secrecy::SecretString;

use super::{People, caller::is_id};

/// The fewest characters of a password in contract 002, and of those that we ask for.
pub(super) const SHORTEST_PASSWORD: usize = 6;

/// An account that somebody wants, its fields checked.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) name: Name,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    pub(super) email: String,
    pub(super) password: &'a str,
    pub(super) role: AccountRole,
    pub(super) supervisor: Option<String>,
}

impl People {
    /// Makes an account. `by` makes it; `None`: it makes itself.
    pub(super) async fn create(
        &self,
        wanted: Wanted<'_>,
        by: Option<&Account>,
    ) -> Result<Account, RecordsError> {
        let password = SecretString::from(wanted.password);
        let new = NewAccount {
            name: wanted.name.as_str().to_owned(),
            first_name: wanted.first_name.to_owned(),
            last_name: wanted.last_name.to_owned(),
            email: wanted.email,
            password: self.passwords.hash(&password).await?,
            role: wanted.role,
            supervisor: wanted.supervisor,
        };
        let by = by.map(|account| account.id.as_str());
        self.records
            .create_account(&new, by, clock::now_micros())
            .await
    }

    /// The active supervisor with this id.
    pub(crate) async fn supervisor(&self, id: &str) -> Result<Option<Account>, RecordsError> {
        if !is_id(id) {
            return Ok(None);
        }
        let account = self.records.account(id).await?;
        Ok(account.filter(|account| account.active && account.role == AccountRole::Supervisor))
    }
}

/// Whether a password is neither too short nor too long.
pub(super) fn fits(password: &str, shortest: usize) -> bool {
    password.len() <= LONGEST_PASSWORD && password.chars().count() >= shortest
}
