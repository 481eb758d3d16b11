//! Signing in: e-mail and password against an account, and the token that comes of it.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderValue, RETRY_AFTER},
};
use helpline_records::{Account, LONGEST_PASSWORD, RecordsError, Subject, Verified};
use helpline_service::{
    access::{Bearer, Issued},
    clock,
    door::client_address,
};
use secrecy::SecretString;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{People, caller::token_role};

/// How many tries may fail before there is a wait: for one account, and for one address, behind which there may be many people.
const FREE_TRIES: u32 = 5;
const FREE_TRIES_OF_AN_ADDRESS: u32 = 50;
const FREE_TRIES_ON_LOOPBACK: u32 = 10_000;

/// How many tries wait at most to be taken back, how often that is tried, and after how long they are forgotten anyway.
pub(super) const TAKEN_BACK: usize = 1_000;
const AGAIN: Duration = Duration::from_secs(1);
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotSignedIn {
    /// Unknown e-mail, wrong password or an account that may not: nobody is told which.
    Wrong,
    /// Too many tries failed: come again after this.
    Wait(Duration),
    /// The records, or a turn to compare the password, cannot be had.
    Unavailable,
}

impl From<RecordsError> for NotSignedIn {
    fn from(_: RecordsError) -> Self {
        Self::Unavailable
    }
}

impl People {
    /// The account with this e-mail and this password. Whoever fails too often, by account or by address, has to wait longer
    /// and longer.
    pub(super) async fn sign_in(
        &self,
        request: &HttpRequest,
        email: &str,
        password: &str,
    ) -> Result<Account, NotSignedIn> {
        let email = normal_email(email);
        let subjects = self.subjects(request, &email);
        let now = clock::now_micros();
        if let Some(wait) = self.records.try_sign_in(&subjects, now).await? {
            return Err(NotSignedIn::Wait(wait));
        }
        let looked = self.look(&email, password, &subjects).await;
        if looked == Err(NotSignedIn::Unavailable) {
            self.take_back(subjects);
        }
        looked
    }

    /// The same for a try that is counted.
    async fn look(
        &self,
        email: &str,
        password: &str,
        subjects: &[Subject],
    ) -> Result<Account, NotSignedIn> {
        let found = match is_email(email) {
            true => self.records.account_by_email(email).await?,
            false => None,
        };
        let found = found.filter(|(account, _)| account.active);
        let password = match password.len() > LONGEST_PASSWORD {
            true => SecretString::from(""),
            false => SecretString::from(password),
        };
        let kept = found.as_ref().map(|(_, kept)| kept.as_str());
        let verified = self.passwords.verify(&password, kept).await?;
        let Some((account, kept)) = found.filter(|_| verified != Verified::Wrong) else {
            return Err(NotSignedIn::Wrong);
        };
        self.records.signed_in(subjects).await?;
        if verified == Verified::Outdated {
            self.renew_hash(&account.id, &kept, &password).await;
        }
        info!(account = account.id, "signed in");
        Ok(account)
    }

    /// A try that could not be looked at counts for nobody: it is taken back as soon as the records can be had again.
    fn take_back(&self, subjects: Vec<Subject>) {
        let Ok(place) = Arc::clone(&self.taken_back).try_acquire_owned() else {
            warn!("too many sign-ins could not be looked at: one of them counts as failed");
            return;
        };
        let (records, stop) = (self.records.clone(), self.commons.stop.clone());
        self.commons.tasks.spawn(async move {
            let _place = place;
            let again = async {
                while records.take_back(&subjects).await.is_err() {
                    sleep(AGAIN).await;
                }
            };
            let _ = timeout(FORGOTTEN, stop.run_until_cancelled(again)).await;
        });
    }

    /// Whose tries are counted: the account's first, then the address's.
    fn subjects(&self, request: &HttpRequest, email: &str) -> Vec<Subject> {
        let account = Subject {
            name: format!("account {email}"),
            free: FREE_TRIES,
        };
        let address = client_address(&self.commons, request).map(|from| Subject {
            name: format!("address {}", from.key()),
            // On loopback sits a developer or a proxy for everybody.
            free: match from.ip().is_loopback() {
                true => FREE_TRIES_ON_LOOPBACK,
                false => FREE_TRIES_OF_AN_ADDRESS,
            },
        });
        [Some(account), address].into_iter().flatten().collect()
    }

    /// A sign-in does not fail because the same password could not be kept in another way.
    async fn renew_hash(&self, id: &str, kept: &str, password: &SecretString) {
        let renewed = match self.passwords.hash(password).await {
            Ok(new) => self.records.renew_hash(id, kept, &new).await,
            Err(error) => Err(error),
        };
        if let Err(reason) = renewed {
            warn!(account = id, %reason, "a password is still kept in its old way");
        }
    }

    /// A token for an account, with what its role may do now.
    pub(super) async fn issue(&self, account: &Account) -> Result<Issued, RecordsError> {
        let no_secret = || RecordsError::Unavailable("the secret of tokens".to_owned());
        let keys = self.commons.tokens().await.ok_or_else(no_secret)?;
        let permissions = self.records.permissions(account.role).await?;
        let bearer = Bearer {
            id: &account.id,
            role: token_role(account.role),
            email: &account.email,
            username: &account.name,
            first_name: &account.first_name,
            last_name: &account.last_name,
            permissions: permissions.iter().map(|one| one.as_str()).collect(),
            tokens_from: u64::try_from(account.tokens_from).unwrap_or_default(),
        };
        Ok(keys.issue_account(&bearer, clock::now_micros()))
    }
}

/// Says in an answer when to come again.
pub(super) fn come_again(response: &mut HttpResponse, wait: Option<Duration>) {
    if let Some(wait) = wait {
        let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
}

/// An e-mail as it is kept and looked for.
pub(super) fn normal_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether an e-mail can be one: only such a text is looked for.
pub(super) fn is_email(text: &str) -> bool {
    email_address::EmailAddress::is_valid(text)
        && !text.contains(|c: char| c.is_control() || c.is_whitespace() || "<>\"".contains(c))
}
