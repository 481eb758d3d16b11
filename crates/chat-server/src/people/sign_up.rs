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
    /// Asks for the configured first admin: until it is there nobody signs up, or who is fastest could be it.
    pub(super) async fn first_admin_is_there(&self) -> Result<(), RecordsError> {
        match self.records.has_admin().await? {
            true => Ok(()),
            false => Err(RecordsError::Unavailable("no admin yet".to_owned())),
        }
    }

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

/// What is wrong with the length of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Too few characters.
    Short,
    /// Too many bytes.
    Long,
}

/// What every dialect says of a password that is too long: as many bytes as [`LONGEST_PASSWORD`] says.
pub(super) const TOO_LONG: &str = "Password must be at most 1024 bytes";

/// Checks that a password is neither too short nor too long.
pub(crate) fn fits(password: &str, shortest: usize) -> Result<(), Length> {
    if password.len() > LONGEST_PASSWORD {
        return Err(Length::Long);
    }
    match password.chars().count() >= shortest {
        true => Ok(()),
        false => Err(Length::Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_told_whether_it_is_too_short_or_too_long() {
        assert!(TOO_LONG.contains(&LONGEST_PASSWORD.to_string()));
        let letter = "\u{e9}";
        for (password, found) in [
            (letter.repeat(5), Err(Length::Short)),
            (letter.repeat(6), Ok(())),
            (letter.repeat(LONGEST_PASSWORD / 2), Ok(())),
            (letter.repeat(LONGEST_PASSWORD / 2 + 1), Err(Length::Long)),
            ("x".repeat(LONGEST_PASSWORD + 1), Err(Length::Long)),
        ] {
            assert_eq!(fits(&password, 6), found, "{}", password.len());
        }
    }
}
