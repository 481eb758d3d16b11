//! Figures: what was asked for, how long it took, who did it.
//!
//! Chats count at the time of their first request, on the day and in the hour that the reader's clocks showed. A span is given as its median and its ninetieth percentile, by
//! nearest rank, in microseconds.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Statement, Value};

use crate::{database::Records, error::RecordsError};

/// The most agents and supervisors that a report names.
const AT_MOST: u64 = 1000;

/// A supervisor's share, as contract 002 counts it (section 4).
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct SupervisorShare {
    /// The supervisor's account.
    pub supervisor: String,
    /// Its name.
    pub name: String,
    /// How many agents it has.
    pub agents: i64,
    /// How many closed conversations have one of them as their agent.
    pub handled: i64,
}

/// What clocks somewhere show beside UTC, from a point in time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// Since when, in microseconds since 1970.
    pub since: i64,
    /// How far they are ahead of UTC, in microseconds.
    pub ahead: i64,
}

/// What happened in a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Chats in which an agent was asked for.
    pub requested: i64,
    /// Those of them that an agent took.
    pub answered: i64,
    /// Those that ended before any agent took them.
    pub missed: i64,
    /// Messages in them.
    pub messages: i64,
    /// How long they waited to be taken.
    pub waiting: Spread,
    /// How long it took until an agent said something, from the request on.
    pub first_response: Spread,
    /// How long they lasted, from when they were taken.
    pub duration: Spread,
    /// How they were rated.
    pub ratings: Ratings,
    /// Each day that had any.
    pub days: Vec<DayFigures>,
    /// How many in each hour of each day of the week, Monday first.
    pub weekday_hours: [[i64; 24]; 7],
    /// The agents, the busiest first.
    pub agents: Vec<AgentFigures>,
    /// The supervisors, the busiest first.
    pub supervisors: Vec<SupervisorFigures>,
}

/// What was asked for on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct DayFigures {
    /// Its date: the microsecond in which it would begin in UTC.
    pub day: i64,
    /// How many chats.
    pub chats: i64,
    /// Half of those that were taken waited no longer than this.
    pub waiting: Option<i64>,
}

/// A span that was measured many times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How often.
    pub count: i64,
    /// Half took no longer than this.
    pub median: Option<i64>,
    /// Nine of ten took no longer than this.
    pub p90: Option<i64>,
}

/// Ratings together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ratings {
    /// How many.
    pub count: i64,
    /// Their mean.
    pub mean: Option<f64>,
}

/// What an agent did.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct AgentFigures {
    /// The agent.
    pub agent: String,
    /// Its name: its account's, or else the last it went by.
    pub name: String,
    /// How many of the chats it took.
    pub chats: i64,
    /// How many of the chats that were last its own were rated.
    pub ratings: i64,
    /// The mean of those ratings.
    pub rating: Option<f64>,
}

/// What a supervisor's agents did.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct SupervisorFigures {
    /// The supervisor.
    pub supervisor: String,
    /// Its name.
    pub name: String,
    /// How many of the chats its agents took.
    pub chats: i64,
}

impl Records {
    /// One row for each supervisor, by name.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn analytics(&self) -> Result<Vec<SupervisorShare>, RecordsError> {
        const SHARES: &str = "
            SELECT s.id AS supervisor, s.name AS name,
                (SELECT COUNT(*) FROM accounts a WHERE a.role = 'agent' AND a.supervisor = s.id) AS agents,
                (SELECT COUNT(*) FROM chats c JOIN accounts a ON a.id = c.assigned
                    WHERE c.kept AND c.supervisor IS NOT NULL AND c.ended_at IS NOT NULL AND a.role = 'agent' AND a.supervisor = s.id) AS handled
            FROM accounts s WHERE s.role = 'supervisor' ORDER BY s.name, s.id";
        self.read(async |db| rows(db, SHARES, []).await).await
    }

    /// What happened from `from` until before `to`. Days and hours are those of clocks that are set like this, the earliest
    /// first; without any, of UTC.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn reports(
        &self,
        from: i64,
        to: i64,
        offsets: &[ClockOffset],
    ) -> Result<Report, RecordsError> {
        let shown = shown("requested_at", offsets);
        self.read(async |db| report(db, from, to, &shown).await)
            .await
    }
}

/// What clocks that are set like this show at a time in UTC. Numbers alone go into the statement.
fn shown(time: &str, offsets: &[ClockOffset]) -> String {
    let Some((last, earlier)) = offsets.split_last() else {
        return time.to_owned();
    };
    if earlier.is_empty() {
        return format!("({time} + ({}))", last.ahead);
    }
    let mut ahead = String::new();
    for (offset, next) in earlier.iter().zip(&offsets[1..]) {
        ahead += &format!(" WHEN {time} < {} THEN ({})", next.since, offset.ahead);
    }
    format!("({time} + CASE{ahead} ELSE ({}) END)", last.ahead)
}

/// `shown`: what the reader's clocks showed when a chat was requested.
async fn report(
    db: &impl ConnectionTrait,
    from: i64,
    to: i64,
    shown: &str,
) -> Result<Report, DbErr> {
    let span = || [Value::from(from), Value::from(to)];
    let mut report = Report::default();
    const TOTALS: &str = "
        SELECT COUNT(*) AS requested, COUNT(claimed_at) AS answered,
            COUNT(CASE WHEN claimed_at IS NULL AND ended_at IS NOT NULL THEN 1 END) AS missed,
            CAST(COALESCE(SUM(messages), 0) AS BIGINT) AS messages
        FROM chats WHERE requested_at >= $1 AND requested_at < $2";
    if let Some(row) = db.query_one_raw(statement(db, TOTALS, span())).await? {
        report.requested = row.try_get("", "requested")?;
        report.answered = row.try_get("", "answered")?;
        report.missed = row.try_get("", "missed")?;
        report.messages = row.try_get("", "messages")?;
    }
    report.waiting = spread(db, "claimed_at - requested_at", from, to).await?;
    report.first_response = spread(db, "first_response_at - requested_at", from, to).await?;
    report.duration = spread(db, "ended_at - claimed_at", from, to).await?;
    const RATINGS: &str = "
        SELECT COUNT(*) AS ratings, AVG(CAST(r.score AS DOUBLE PRECISION)) AS mean
        FROM ratings r JOIN chats c ON c.id = r.chat
        WHERE c.requested_at >= $1 AND c.requested_at < $2";
    if let Some(row) = db.query_one_raw(statement(db, RATINGS, span())).await? {
        report.ratings = Ratings {
            count: row.try_get("", "ratings")?,
            mean: row.try_get("", "mean")?,
        };
    }
    report.days = rows(db, &days(shown), span()).await?;
    // 1970 began on a Thursday.
    let hour_of_week = format!("({shown} / 3600000000 + 72) % 168");
    for (hour, count) in counts(db, &hour_of_week, from, to).await? {
        put(report.weekday_hours.as_flattened_mut(), hour, count);
    }
    report.agents = rows(db, AGENTS, [from.into(), to.into(), AT_MOST.into()]).await?;
    report.supervisors = rows(db, SUPERVISORS, [from.into(), to.into(), AT_MOST.into()]).await?;
    Ok(report)
}

/// The median by nearest rank: of `taken` waits in order, the one in the middle.
fn days(shown: &str) -> String {
    format!(
        "
    SELECT day, COUNT(*) AS chats,
        MAX(CASE WHEN waited IS NOT NULL AND place = (taken + 1) / 2 THEN waited END) AS waiting
    FROM (
        SELECT day, waited, COUNT(waited) OVER (PARTITION BY day) AS taken,
            ROW_NUMBER() OVER (PARTITION BY day, CASE WHEN waited IS NULL THEN 1 ELSE 0 END ORDER BY waited) AS place
        FROM (
            SELECT {shown} / 86400000000 * 86400000000 AS day, claimed_at - requested_at AS waited
            FROM chats WHERE requested_at >= $1 AND requested_at < $2
        ) asked
    ) ranked
    GROUP BY day ORDER BY day"
    )
}

const AGENTS: &str = "
    SELECT taken.agent AS agent, COALESCE(MAX(a.name), MAX(taken.name)) AS name,
        COUNT(*) AS chats,
        COUNT(CASE WHEN taken.agent = taken.last THEN r.score END) AS ratings,
        AVG(CAST(CASE WHEN taken.agent = taken.last THEN r.score END AS DOUBLE PRECISION)) AS rating
    FROM (
        SELECT l.agent AS agent, c.id AS chat, c.agent AS last, MAX(l.name) AS name
        FROM chats c JOIN claims l ON l.chat = c.id
        WHERE c.requested_at >= $1 AND c.requested_at < $2
        GROUP BY l.agent, c.id, c.agent
    ) taken
    LEFT JOIN accounts a ON a.id = taken.agent
    LEFT JOIN ratings r ON r.chat = taken.chat
    GROUP BY taken.agent ORDER BY COUNT(*) DESC, taken.agent LIMIT $3";

const SUPERVISORS: &str = "
    SELECT s.id AS supervisor, s.name AS name, COUNT(DISTINCT c.id) AS chats
    FROM chats c JOIN claims l ON l.chat = c.id
    JOIN accounts a ON a.id = l.agent JOIN accounts s ON s.id = a.supervisor
    WHERE c.requested_at >= $1 AND c.requested_at < $2
    GROUP BY s.id, s.name ORDER BY COUNT(DISTINCT c.id) DESC, s.id LIMIT $3";

/// How the values of `what`, an expression over chats, are spread. One that was never measured is none.
async fn spread(
    db: &impl ConnectionTrait,
    what: &str,
    from: i64,
    to: i64,
) -> Result<Spread, DbErr> {
    let chosen = format!(
        "FROM chats WHERE requested_at >= $1 AND requested_at < $2 AND ({what}) IS NOT NULL"
    );
    let count = format!("SELECT COUNT(*) AS value {chosen}");
    let count = value(db, &count, [from.into(), to.into()])
        .await?
        .unwrap_or_default();
    let ranked = format!("SELECT {what} AS value {chosen} ORDER BY value LIMIT 1 OFFSET $3");
    let at_rank = async |tenths: i64| {
        let place = ((count * tenths + 9) / 10 - 1).max(0);
        value(db, &ranked, [from.into(), to.into(), place.into()]).await
    };
    Ok(Spread {
        count,
        median: at_rank(5).await?,
        p90: at_rank(9).await?,
    })
}

async fn value<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Option<i64>, DbErr> {
    let row = db.query_one_raw(statement(db, sql, values)).await?;
    row.map(|row| row.try_get("", "value")).transpose()
}

/// How many chats were first requested at each value of `when`.
async fn counts(
    db: &impl ConnectionTrait,
    when: &str,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>, DbErr> {
    let sql = format!(
        "SELECT {when} AS bucket, COUNT(*) AS chats FROM chats
         WHERE requested_at >= $1 AND requested_at < $2 GROUP BY {when} ORDER BY {when}"
    );
    let rows = db
        .query_all_raw(statement(db, &sql, [from.into(), to.into()]))
        .await?;
    let pair = |row: &QueryResult| Ok((row.try_get("", "bucket")?, row.try_get("", "chats")?));
    rows.iter().map(pair).collect()
}

fn put(buckets: &mut [i64], bucket: i64, count: i64) {
    let bucket = usize::try_from(bucket).ok();
    if let Some(place) = bucket.and_then(|bucket| buckets.get_mut(bucket)) {
        *place = count;
    }
}

async fn rows<T: FromQueryResult, const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    rows.iter()
        .map(|row| T::from_query_result(row, ""))
        .collect()
}

fn statement<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}
