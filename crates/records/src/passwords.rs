//! Passwords: made into slow, salted hashes, and compared with them.
//!
//! Promised: any of the three kinds verifies; an unknown account costs what a wrong password costs; no thread that serves
//! others is held up, and however many sign in at once, a few hashes are computed at a time and nobody waits for ever.

use std::{sync::Arc, thread, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use pbkdf2::{Algorithm, Params, Pbkdf2};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task, time::timeout};

use crate::error::RecordsError;

/// The longest password, in bytes: hashing whatever anybody sends is work without end.
pub const LONGEST_PASSWORD: usize = 1024;
/// bcrypt reads no further.
const BCRYPT_READS: usize = 72;
const BCRYPT_COST: u32 = 12;
/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// How new passwords are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashKind {
    /// Argon2id.
    #[default]
    Argon2id,
    /// PBKDF2 with SHA-512.
    Pbkdf2Sha512,
    /// bcrypt; what is too long for it is kept as Argon2id.
    Bcrypt,
}

/// Hashes and compares passwords. Cheap to clone; clones take turns together.
#[derive(Clone, Debug)]
pub struct Passwords {
    kind: HashKind,
    turns: Arc<Semaphore>,
    /// The hash of no password, for those who have none.
    nobody: Arc<str>,
}

/// What became of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and its hash is not as new ones are made: make it anew.
    Outdated,
}

impl Passwords {
    /// Passwords of which new ones are kept in this way.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(kind: HashKind) -> Result<Self, RecordsError> {
        let turns = thread::available_parallelism().map_or(1, usize::from);
        let nobody = format!("{:032x}", rand::random::<u128>());
        Ok(Self {
            kind,
            turns: Arc::new(Semaphore::new(turns)),
            nobody: hashed(kind, nobody.as_bytes())?.into(),
        })
    }

    /// The hash to keep of a password.
    ///
    /// # Errors
    /// When too many wait for their turn.
    pub async fn hash(&self, password: &SecretString) -> Result<String, RecordsError> {
        let kind = self.kind;
        let password = password.clone();
        self.in_turn(move || hashed(kind, password.expose_secret().as_bytes()))
            .await?
    }

    /// Compares a password with the hash that was kept; `None` of somebody who is not known, which takes as long.
    ///
    /// # Errors
    /// When too many wait for their turn.
    pub async fn verify(
        &self,
        password: &SecretString,
        kept: Option<&str>,
    ) -> Result<Verified, RecordsError> {
        let kind = self.kind;
        let known = kept.is_some();
        let kept = kept.unwrap_or(&self.nobody).to_owned();
        let password = password.clone();
        let verified = self
            .in_turn(move || verified(kind, password.expose_secret().as_bytes(), &kept))
            .await?;
        Ok(if known { verified } else { Verified::Wrong })
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RecordsError> {
        let busy = |_| RecordsError::Unavailable("too many passwords at once".to_owned());
        let turn = timeout(PATIENCE, self.turns.clone().acquire_owned());
        let turn = turn.await.map_err(busy)?;
        let fault = |reason: String| RecordsError::Fault(reason);
        let turn = turn.map_err(|closed| fault(closed.to_string()))?;
        // The turn goes along: who asked may be gone before the work is done.
        let whole = move || {
            let done = work();
            drop(turn);
            done
        };
        task::spawn_blocking(whole)
            .await
            .map_err(|error| fault(error.to_string()))
    }
}

/// The kind in which this password is kept.
fn kept_as(kind: HashKind, password: &[u8]) -> HashKind {
    match kind {
        HashKind::Bcrypt if password.len() > BCRYPT_READS => HashKind::Argon2id,
        kind => kind,
    }
}

fn pbkdf2() -> Pbkdf2 {
    let algorithm = Algorithm::Pbkdf2Sha512;
    Pbkdf2::new(algorithm, Params::recommended_for(algorithm))
}

fn hashed(kind: HashKind, password: &[u8]) -> Result<String, RecordsError> {
    let phc = |hash: Result<PasswordHash, _>| match hash {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => Err(RecordsError::Fault(format!("no hash: {error}"))),
    };
    match kept_as(kind, password) {
        HashKind::Argon2id => phc(Argon2::default().hash_password(password)),
        HashKind::Pbkdf2Sha512 => phc(pbkdf2().hash_password(password)),
        HashKind::Bcrypt => bcrypt::hash(password, BCRYPT_COST)
            .map_err(|error| RecordsError::Fault(format!("no hash: {error}"))),
    }
}

fn verified(kind: HashKind, password: &[u8], kept: &str) -> Verified {
    let same = match kept.starts_with("$2") {
        // Whatever stands behind what bcrypt reads would fit too. It is computed all the same: how long it takes tells nothing.
        true => bcrypt::verify(password, kept).unwrap_or(false) && password.len() <= BCRYPT_READS,
        false => PasswordHash::new(kept).is_ok_and(|hash| {
            let argon2 = Argon2::default();
            let verifiers: [&dyn PasswordVerifier<PasswordHash>; 2] = [&argon2, &pbkdf2()];
            verifiers
                .iter()
                .any(|verifier| verifier.verify_password(password, &hash).is_ok())
        }),
    };
    match same {
        false => Verified::Wrong,
        true if is_current(kept_as(kind, password), kept) => Verified::Right,
        true => Verified::Outdated,
    }
}

/// Whether a hash looks as if it had been made now: same algorithm, same effort.
fn is_current(kind: HashKind, kept: &str) -> bool {
    match kind {
        HashKind::Argon2id => {
            let params = argon2::Params::default();
            let effort = format!(
                "$argon2id$v=19$m={},t={},p={}$",
                params.m_cost(),
                params.t_cost(),
                params.p_cost()
            );
            kept.starts_with(&effort)
        }
        HashKind::Pbkdf2Sha512 => {
            let effort = format!("$pbkdf2-sha512$i={},", Params::RECOMMENDED_SHA512_ROUNDS);
            kept.starts_with(&effort)
        }
        HashKind::Bcrypt => kept
            .strip_prefix("$2b$")
            .is_some_and(|rest| rest.starts_with(&format!("{BCRYPT_COST}$"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [HashKind; 3] = [HashKind::Argon2id, HashKind::Pbkdf2Sha512, HashKind::Bcrypt];

    #[test]
    fn every_kind_verifies_whatever_new_ones_are() {
        for made in KINDS {
            let kept = hashed(made, b"correct horse").unwrap();
            for now in KINDS {
                let right = match made == now {
                    true => Verified::Right,
                    false => Verified::Outdated,
                };
                assert_eq!(verified(now, b"correct horse", &kept), right, "{kept}");
                assert_eq!(verified(now, b"correct hors", &kept), Verified::Wrong);
            }
            assert_ne!(hashed(made, b"correct horse").unwrap(), kept, "salted");
        }
    }

    #[test]
    fn less_effort_is_outdated() {
        for kept in [
            // bcrypt with cost 4, PBKDF2 with 1000 rounds, both of `secret1`.
            bcrypt::hash("secret1", 4).unwrap(),
            Pbkdf2::new(Algorithm::Pbkdf2Sha512, Params::new(1000).unwrap())
                .hash_password(b"secret1")
                .unwrap()
                .to_string(),
        ] {
            for now in KINDS {
                assert_eq!(verified(now, b"secret1", &kept), Verified::Outdated);
            }
        }
    }

    #[test]
    fn what_is_no_hash_fits_nothing() {
        for kept in [
            "",
            "secret1",
            "$2b$",
            "$argon2id$",
            "$pbkdf2-sha512$i=1$a$b",
        ] {
            assert_eq!(verified(KINDS[0], b"secret1", kept), Verified::Wrong);
        }
    }

    #[test]
    fn bcrypt_does_not_cut_a_long_password_short() {
        let long = [b'x'; BCRYPT_READS + 1];
        let kept = hashed(HashKind::Bcrypt, &long).unwrap();
        assert_eq!(verified(HashKind::Bcrypt, &long, &kept), Verified::Right);
        let shorter = &long[1..];
        assert_eq!(verified(HashKind::Bcrypt, shorter, &kept), Verified::Wrong);
    }

    #[test]
    fn a_bcrypt_hash_fits_nothing_longer_than_bcrypt_reads() {
        let whole = [b'x'; BCRYPT_READS];
        let kept = bcrypt::hash(whole, 4).unwrap();
        for prefix in ["$2a$", "$2b$", "$2x$", "$2y$"] {
            let kept = kept.replacen("$2b$", prefix, 1);
            for now in KINDS {
                for more in [&b"y"[..], b"\0", b"xxxx and more", "\u{1f600}".as_bytes()] {
                    let longer = [&whole[..], more].concat();
                    assert_eq!(verified(now, &longer, &kept), Verified::Wrong);
                }
            }
            let current = verified(HashKind::Bcrypt, &whole, &kept);
            assert_eq!(current, Verified::Outdated, "of little effort: {prefix}");
        }
        // Whole letters or not: it is bytes that are read.
        let letters = "\u{e9}".repeat(BCRYPT_READS / 2);
        let kept = bcrypt::hash(&letters, 4).unwrap();
        let longer = format!("{letters}\u{e9}");
        assert_eq!(
            verified(HashKind::Bcrypt, longer.as_bytes(), &kept),
            Verified::Wrong
        );
        assert_ne!(
            verified(HashKind::Bcrypt, letters.as_bytes(), &kept),
            Verified::Wrong
        );
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new(HashKind::Argon2id).unwrap();
        let password = SecretString::from("secret1");
        assert_eq!(
            passwords.verify(&password, None).await.unwrap(),
            Verified::Wrong
        );
        let kept = passwords.hash(&password).await.unwrap();
        assert_eq!(
            passwords.verify(&password, Some(&kept)).await.unwrap(),
            Verified::Right
        );
    }
}
