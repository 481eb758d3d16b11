//! The records while a process runs: their tables, the first admin, and whose tokens have ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use helpline_live::{revocations::Revocation, store::Store};
use helpline_records::{AccountRole, NewAccount, Records, RecordsError};
use helpline_service::{
    application::{Commons, StartError},
    clock,
    handler::Handler,
    http::Obstacle,
};
use rand::RngExt;
use secrecy::SecretString;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use super::{People, texts};

/// How often the records are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is said while they may yet be reached.
const NOT_YET: &str = "the records are not available yet";
/// What is said when they were, and are not any more.
const AWAY: &str = "the records do not answer; chats go on";
/// What random passwords are made of: nothing that two people read differently.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const PASSWORD_LENGTH: usize = 20;

/// Opens the records, if this deployment has any, and tends them: brings their tables up to date as soon as they can be
/// reached, sees to it that there is an admin, and keeps readiness true. Chats do not wait for it.
///
/// # Errors
/// When their address is impossible.
pub(crate) async fn open(commons: &Commons) -> Result<Option<People>, StartError> {
    let Some(url) = &commons.settings.records.url else {
        return Ok(None);
    };
    let records = Records::open(url.expose()).await;
    let records = records.map_err(|error| StartError::Records(error.to_string()))?;
    let people = People::new(commons, records);
    let people = people.map_err(|error| StartError::Records(error.to_string()))?;
    let trouble = Trouble::default();
    let seen = trouble.clone();
    commons.ready_unless(move || seen.get());
    let (tended, stop) = (people.clone(), commons.stop.clone());
    let handler = commons.handler();
    commons.tasks.spawn(async move {
        let tending = tended.tend(handler, &trouble);
        stop.run_until_cancelled(tending).await;
        tended.records.close().await;
    });
    Ok(Some(people))
}

/// Why the records cannot be used, if they cannot: what `/ready` says.
#[derive(Clone)]
struct Trouble(Arc<Mutex<Option<Obstacle>>>);

impl Default for Trouble {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Obstacle::Blocks(
            NOT_YET.to_owned(),
        )))))
    }
}

impl Trouble {
    /// What passes is not told in detail; what somebody has to see to is. Nobody is sent to a process that has never had its
    /// records, which may be its own fault; where they were before, they are away from everybody.
    fn obstacle(error: &RecordsError, begun: bool) -> Obstacle {
        match error {
            RecordsError::Newer(_) => Obstacle::Blocks(error.to_string()),
            _ if begun => Obstacle::Impairs(AWAY.to_owned()),
            _ => Obstacle::Blocks(NOT_YET.to_owned()),
        }
    }

    fn get(&self) -> Option<Obstacle> {
        let obstacle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        obstacle.clone()
    }

    /// Is something else from now on; gives what it was before.
    fn replace(&self, obstacle: Option<Obstacle>) -> Option<Obstacle> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, obstacle)
    }
}

impl People {
    async fn tend(&self, handler: Handler, trouble: &Trouble) {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut begun = false;
        loop {
            tick.tick().await;
            let looked = match begun {
                true => self.spread(handler.store()).await,
                false => self.begin().await,
            };
            begun |= looked.is_ok();
            let now = (looked.as_ref().err()).map(|error| Trouble::obstacle(error, begun));
            let before = trouble.replace(now.clone());
            match looked {
                Ok(()) if before.is_some() => info!("the records can be used"),
                // Waiting does not help, so it is said once, and so that it is not overlooked.
                Err(reason @ RecordsError::Newer(_)) if now != before => {
                    error!(%reason, "the records cannot be used");
                }
                Ok(()) | Err(RecordsError::Newer(_)) => {}
                Err(reason) if before.is_none() || !begun => {
                    warn!(%reason, "the records cannot be used");
                }
                Err(_) => {}
            }
        }
    }

    /// Tells the deployment what the records say.
    async fn spread(&self, store: &Store) -> Result<(), RecordsError> {
        // What can only be read is away as well.
        self.records.ping().await?;
        self.spread_revocations(store).await?;
        let texts = texts(&self.records.settings().await?);
        self.commons.policy.read(&texts);
        if store.texts().await.is_ok_and(|told| told != texts)
            && store.tell_texts(&texts).await.is_err()
        {
            warn!("what visitors are told could not be passed on yet");
        }
        Ok(())
    }

    /// Tells the deployment whose tokens have ended, as the records have it. That the store may lose what it was told, and a
    /// process what it was about to tell, is made good at the next look.
    async fn spread_revocations(&self, store: &Store) -> Result<(), RecordsError> {
        let ended = self.records.ended_since(0).await?;
        let Ok(told) = store.revocations().await else {
            return Ok(());
        };
        let told: HashMap<String, i64> = told.into_iter().collect();
        let is_new =
            |(account, from): &&Revocation| told.get(account).is_none_or(|known| known < from);
        let new: Vec<Revocation> = ended.iter().filter(is_new).cloned().collect();
        if !new.is_empty() && store.revoke(&new).await.is_err() {
            warn!("whose tokens have ended could not be told yet");
        }
        Ok(())
    }

    /// Brings the tables up to date, and sees to it that there is an admin, in one step: a database that can be used
    /// has one.
    async fn begin(&self) -> Result<(), RecordsError> {
        // Tables that are not there yet, or not as this release has them, may not know.
        if self.records.has_admin().await.unwrap_or(false) {
            return self.records.migrate().await;
        }
        let settings = &self.commons.settings.admin;
        let made_up = random_password();
        let made_up_secret = SecretString::from(made_up.as_str());
        let password = settings.password.as_ref().unwrap_or(&made_up_secret);
        let admin = NewAccount {
            name: "Admin".to_owned(),
            first_name: "Admin".to_owned(),
            last_name: String::new(),
            email: settings.email.trim().to_lowercase(),
            password: self.passwords.hash(password).await?,
            role: AccountRole::Admin,
            supervisor: None,
        };
        let now = clock::now_micros();
        let made = self.records.migrate_with_admin(&admin, now).await?;
        if let Some(account) = made.filter(|_| settings.password.is_none()) {
            warn!(
                email = account.email,
                password = made_up,
                "the first admin was made; this is the only time that its password is shown"
            );
        }
        Ok(())
    }
}

/// A password that nobody can guess.
pub(crate) fn random_password() -> String {
    let mut random = rand::rng();
    let letter = |_| char::from(LETTERS[random.random_range(0..LETTERS.len())]);
    (0..PASSWORD_LENGTH).map(letter).collect()
}
