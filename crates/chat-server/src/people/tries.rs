//! Whose failed sign-ins are counted together, so that nobody can try passwords at will and nobody can lock anybody out.
//!
//! Strangers are counted by account and address together, with waits that grow; beyond them the address alone and the
//! account alone have bounds of their own, the account's so high that only many addresses reach it. Who signed in
//! from this browser or this address before is no stranger and has a counter that strangers do not touch; so has who is
//! signed in and changes the own password.

use actix_web::HttpRequest;
use helpline_records::{Account, RecordsError, Subject};
use helpline_service::{clock, door::client_address};

use super::{People, staff::cookie};

/// How many tries may fail before there is a wait: for one account from one address or browser, for an account from
/// everywhere, and for an address, behind which there may be many people.
const FREE_TRIES: u32 = 5;
const FREE_TRIES_OF_AN_ACCOUNT: u32 = 100;
const FREE_TRIES_OF_AN_ADDRESS: u32 = 50;
const FREE_TRIES_ON_LOOPBACK: u32 = 10_000;

/// A try, as far as it is counted.
#[derive(Debug)]
pub(super) struct Try {
    /// Whose it is: who begins anew by a success comes first.
    pub(super) subjects: Vec<Subject>,
    /// From where it comes.
    pub(super) places: Vec<String>,
}

impl People {
    /// How a try to sign in with this e-mail, as it is kept, counts.
    pub(super) async fn sign_in_try(
        &self,
        request: &HttpRequest,
        email: &str,
    ) -> Result<Try, RecordsError> {
        let now = clock::now_micros();
        let address = client_address(&self.commons, request);
        let browser = cookie::browser_of(request).map(|secret| browser_of(email, &secret));
        let pair = address.map(|from| format!("account {email} at {}", from.key()));
        let places: Vec<String> = browser.iter().chain(&pair).cloned().collect();
        let known = self.records.known_place(&places, now).await?;
        let known = known.and_then(|index| places.get(index).cloned());
        // A stranger may sit behind a known address, and in no known browser.
        let known = match known.is_some() && known == browser {
            true => known,
            false => self.signed_in_here(request, email, now).await?.or(known),
        };
        if let Some(name) = known {
            let own = Subject {
                name,
                free: FREE_TRIES,
            };
            return Ok(Try {
                subjects: vec![own],
                places,
            });
        }
        let pair = Subject {
            name: pair.unwrap_or_else(|| format!("account {email} at no address")),
            free: FREE_TRIES,
        };
        let account = Subject {
            name: format!("account {email}"),
            free: FREE_TRIES_OF_AN_ACCOUNT,
        };
        let address = address.map(|from| Subject {
            name: format!("address {}", from.key()),
            // On loopback sits a developer or a proxy for everybody.
            free: match from.ip().is_loopback() {
                true => FREE_TRIES_ON_LOOPBACK,
                false => FREE_TRIES_OF_AN_ADDRESS,
            },
        });
        Ok(Try {
            subjects: [pair, account].into_iter().chain(address).collect(),
            places,
        })
    }

    /// What a browser counts as in which this account is signed in at this moment.
    async fn signed_in_here(
        &self,
        request: &HttpRequest,
        email: &str,
        now: i64,
    ) -> Result<Option<String>, RecordsError> {
        let Some(secret) = cookie::secret_of(request) else {
            return Ok(None);
        };
        let account = self.records.session(&secret, now).await?;
        let same = account.is_some_and(|account| account.email == email);
        Ok(same.then(|| format!("account {email} signed in as {secret}")))
    }
}

/// How a try to name one's own password counts.
pub(super) fn own_password(account: &Account) -> Subject {
    Subject {
        name: format!("own password of {}", account.id),
        free: FREE_TRIES,
    }
}

/// A browser in which somebody signed in to this account.
pub(super) fn browser_of(email: &str, secret: &str) -> String {
    format!("account {email} in browser {secret}")
}
