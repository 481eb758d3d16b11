//! Whose tokens have ended before their time, and the sockets that end with them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{Claims, TokenError};

/// What this process knows of tokens that have ended, and its sockets that stand on tokens. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Revocations(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Accounts, with the second from which their tokens are good.
    good_from: HashMap<String, u64>,
    /// Sockets by account.
    sockets: HashMap<String, HashMap<u64, Bound>>,
}

/// A socket that stands on a token.
#[derive(Debug)]
struct Bound {
    issued_at: u64,
    ended: CancellationToken,
}

impl Revocations {
    /// Takes in what the deployment says now, and ends the sockets of tokens that are not good any more. What has been
    /// known stays known, also when the store forgets it: nobody can say for how long a token of another issuer is good
    /// that nobody has shown yet. It is one number for each account that ever changed so.
    pub fn learn(&self, revoked: impl IntoIterator<Item = (String, u64)>) {
        let mut known = self.lock();
        for (account, from) in revoked {
            let good_from = known.good_from.entry(account.clone()).or_default();
            if *good_from >= from {
                continue;
            }
            *good_from = from;
            let sockets = known.sockets.get(&account).into_iter().flatten();
            for (_, bound) in sockets.filter(|(_, bound)| bound.issued_at < from) {
                bound.ended.cancel();
            }
        }
    }

    /// Whether a token has ended before its time.
    #[must_use]
    pub fn ended(&self, claims: &Claims) -> bool {
        self.lock().ended(&claims.user_id, claims.issued_at)
    }

    /// Binds a socket to the token that let it in: `ended` is cancelled when the token ends before its time, for as long as
    /// the binding is held.
    ///
    /// # Errors
    /// It has ended already.
    pub fn bind(&self, claims: &Claims, ended: CancellationToken) -> Result<Binding, TokenError> {
        let mut known = self.lock();
        if known.ended(&claims.user_id, claims.issued_at) {
            return Err(TokenError::Invalid);
        }
        let number = rand::random();
        let bound = Bound {
            issued_at: claims.issued_at,
            ended,
        };
        let sockets = known.sockets.entry(claims.user_id.clone()).or_default();
        sockets.insert(number, bound);
        Ok(Binding {
            revocations: self.clone(),
            account: claims.user_id.clone(),
            number,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing can fail half-way through a change, so what another thread left is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn ended(&self, account: &str, issued_at: u64) -> bool {
        let good_from = self.good_from.get(account);
        good_from.is_some_and(|from| issued_at < *from)
    }
}

/// A socket's tie to the token that let it in.
#[derive(Debug)]
#[must_use = "a binding that is dropped at once binds nothing"]
pub struct Binding {
    revocations: Revocations,
    account: String,
    number: u64,
}

impl Drop for Binding {
    fn drop(&mut self) {
        let mut known = self.revocations.lock();
        if let Some(sockets) = known.sockets.get_mut(&self.account) {
            sockets.remove(&self.number);
            if sockets.is_empty() {
                known.sockets.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn claims(account: &str, issued_at: u64) -> Claims {
        Claims {
            user_id: account.to_owned(),
            email: None,
            name: None,
            role: Role::Agent,
            chat_id: None,
            issued_at,
            expires_at: u64::MAX,
        }
    }

    #[test]
    fn what_was_issued_before_ends_and_takes_its_sockets_along() {
        let revocations = Revocations::default();
        let sockets = [("vika", 9), ("vika", 10), ("otto", 9)].map(|(account, issued_at)| {
            let ended = CancellationToken::new();
            let claims = claims(account, issued_at);
            let binding = revocations.bind(&claims, ended.clone()).unwrap();
            (claims, ended, binding)
        });
        revocations.learn([("vika".to_owned(), 10)]);
        let ended = sockets.each_ref().map(|(claims, ended, _)| {
            assert_eq!(revocations.ended(claims), ended.is_cancelled());
            ended.is_cancelled()
        });
        assert_eq!(ended, [true, false, false]);
        let late = revocations.bind(&claims("vika", 9), CancellationToken::new());
        assert_eq!(late.unwrap_err(), TokenError::Invalid);
        drop(sockets);
        assert!(
            revocations.lock().sockets.is_empty(),
            "nothing is left of sockets that are gone"
        );
    }

    #[test]
    fn what_is_known_stays_known() {
        let revocations = Revocations::default();
        revocations.learn([("vika".to_owned(), 10)]);
        revocations.learn([("vika".to_owned(), 5)]);
        revocations.learn([]);
        assert!(revocations.ended(&claims("vika", 9)));
        assert!(!revocations.ended(&claims("vika", 10)));
    }
}
