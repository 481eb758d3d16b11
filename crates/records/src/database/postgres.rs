//! A PostgreSQL server, or what stands before it.
//!
//! A connection to the server itself keeps its prepared statements. A pooler that gives a server's connection to another
//! client after each transaction (PgBouncer with `pool_mode = transaction`) keeps none, and worse, may hold somebody
//! else's under the same name. So each connection says something as it comes in that a server keeps and a pooler refuses
//! or forgets ([`MARK`]). Behind a pooler everything is one transaction, which begins by forgetting what was prepared,
//! and no statement is used again.

use std::time::Duration;

use sea_orm::{
    SqlxPostgresConnector,
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _, Row as _,
        postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
    },
};
use tokio::time::timeout;

use super::{
    BadUrl, DEADLINE, IN_STEP,
    reach::{Mode, Reach, Way},
    trust::Trust,
};

/// A setting of ours, which PostgreSQL takes from anybody and does nothing with.
const MARK: &str = "helpline.direct";
/// A connection that was used more recently is taken to be good: if it is not, the call is repeated over another.
const FRESH: Duration = Duration::from_secs(1);

pub(super) fn reach(
    url: &str,
    connections: u32,
    trust: Trust,
    mode: Mode,
) -> Result<Reach, BadUrl> {
    let options: PgConnectOptions = url.parse().map_err(|_| BadUrl::Malformed)?;
    // What the server does by itself is exact, and poolers do not know the parameter.
    let options = options.extra_float_digits(None).disable_statement_logging();
    let marked = options.clone().options([(MARK, "1")]);
    let seen = mode.clone();
    let direct = pool(connections, &trust)
        .after_connect(move |connection, _| {
            let seen = seen.clone();
            Box::pin(async move {
                seen.set(match is_marked(connection).await? {
                    true => Way::Direct,
                    false => Way::Pooled,
                });
                Ok(())
            })
        })
        .connect_lazy_with(marked);
    let pooled = pool(connections, &trust).connect_lazy_with(options.statement_cache_capacity(0));
    let database = |pool: PgPool| SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Reach::of_server(
        database(direct),
        database(pooled),
        trust,
        mode,
    ))
}

fn pool(connections: u32, trust: &Trust) -> PgPoolOptions {
    let (acquired, released) = (trust.clone(), trust.clone());
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(DEADLINE)
        .test_before_acquire(false)
        .before_acquire(move |connection, known| {
            let trust = acquired.clone();
            Box::pin(async move {
                if !trust.holds(known.age) {
                    return Ok(false);
                }
                if known.idle_for < FRESH {
                    return Ok(true);
                }
                let good = matches!(timeout(IN_STEP, may_write(connection)).await, Ok(Ok(true)));
                if !good {
                    trust.lose();
                }
                Ok(good)
            })
        })
        .after_release(move |connection, known| {
            let good = released.holds(known.age);
            Box::pin(async move {
                let look = timeout(IN_STEP, is_in_step(connection));
                Ok(good && matches!(look.await, Ok(Ok(true))))
            })
        })
}

/// Whether the server knows what was said to it as this connection was made.
async fn is_marked(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let row = connection
        .fetch_one("SELECT coalesce(current_setting('helpline.direct', true), '')")
        .await?;
    Ok(row.try_get::<String, _>(0)? == "1")
}

/// Whether the other end is there and is no server that only follows another.
async fn may_write(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let row = connection.fetch_one("SHOW transaction_read_only").await?;
    Ok(row.try_get::<String, _>(0)? == "off")
}

/// Whether no transaction is open, neither in the driver's books nor at the server: outside of one, each statement is its
/// own transaction.
async fn is_in_step(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    if connection.is_in_transaction() {
        return Ok(false);
    }
    let row = connection
        .fetch_one("SELECT transaction_timestamp() = statement_timestamp()")
        .await?;
    row.try_get(0)
}
