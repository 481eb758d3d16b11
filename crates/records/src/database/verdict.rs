//! What an error says of the connection over which it came.

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// What is to be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The database refused a statement. Its connection is as good as before.
    Refused,
    /// Two transactions met, and this one gave way: it can be tried again.
    Met,
    /// There is no connection to be had. Of those that there are this says nothing.
    Away,
    /// The server at the other end is of no more use, or is not to be reached: another connection may do.
    Lost,
    /// The database cannot write, or nobody knows what it did: its connection is of no more use.
    Broken,
    /// Something that shares connections among its clients stands before the database.
    Pooler,
}

impl Verdict {
    pub(super) fn of(error: &DbErr) -> Self {
        let (error, connecting) = match error {
            DbErr::Conn(RuntimeErr::SqlxError(error)) => (error, true),
            DbErr::Exec(RuntimeErr::SqlxError(error)) => (error, false),
            DbErr::Query(RuntimeErr::SqlxError(error)) => (error, false),
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return Self::Away,
            _ => return Self::Refused,
        };
        match error.as_ref() {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match code.len() {
                    5 if connecting => connecting_to_postgres(&code, error.message()),
                    5 => of_postgres(&code, error.message()),
                    _ if connecting => Self::Away,
                    _ => of_sqlite(&code, error.message()),
                }
            }
            _ if connecting => Self::Away,
            sqlx::Error::RowNotFound
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_) => Self::Refused,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Self::Away,
            // Broken off in the middle, or out of step.
            _ => Self::Lost,
        }
    }
}

fn connecting_to_postgres(code: &str, message: &str) -> Verdict {
    // What we say of ourselves as we come in reaches a server; a pooler does not know it.
    let unknown = matches!(code, "08P01" | "0A000") || code.starts_with("08");
    let of_ours = message.contains("startup parameter") || message.contains("options");
    match unknown && of_ours {
        true => Verdict::Pooler,
        false => Verdict::Away,
    }
}

fn of_postgres(code: &str, message: &str) -> Verdict {
    match code {
        // A statement that was prepared is not there, or another one of its name is.
        "26000" | "42P05" => Verdict::Pooler,
        _ if message.contains("prepared statement") => Verdict::Pooler,
        // It was serialized badly, or two waited for each other.
        "40001" | "40P01" => Verdict::Met,
        // Somebody ended a statement that took too long, or a lock was not to be had.
        "57014" | "55P03" => Verdict::Refused,
        _ => match code.get(..2) {
            // Bad values, constraints, names and rights, a trigger that says no, what is not supported.
            Some("22" | "23" | "42" | "44" | "P0" | "0A") => Verdict::Refused,
            // The rest is no matter of one statement: a read-only server (25006), one that shuts down (57P01), a full disk
            // (53100), a connection that failed (08) and whatever a server may yet think of.
            _ => Verdict::Lost,
        },
    }
}

/// The codes are SQLite's extended ones; the last byte is the kind.
fn of_sqlite(code: &str, message: &str) -> Verdict {
    let code = code.parse::<u32>().unwrap_or_default();
    match code & 0xff {
        // Constraints; a lock that somebody has; a value of the wrong kind or size.
        19 | 5 | 6 | 18 | 20 | 25 => Verdict::Refused,
        // A statement that makes no sense, unless it is one of those that begin and end transactions.
        1 if !message.contains("transaction") && !message.contains("savepoint") => Verdict::Refused,
        // Full, an error of the disk, read-only, not to be opened, damaged.
        _ => Verdict::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_refused_leaves_a_connection_as_it_was() {
        for code in ["23505", "22021", "42P01", "42501", "P0001"] {
            assert_eq!(of_postgres(code, ""), Verdict::Refused, "{code}");
        }
        for code in ["40001", "40P01"] {
            assert_eq!(of_postgres(code, ""), Verdict::Met, "{code}");
        }
        for code in [
            "25006", "57P01", "57P02", "57P03", "08006", "08003", "53100", "58030", "XX000",
            "25P02", "40003",
        ] {
            assert_eq!(of_postgres(code, ""), Verdict::Lost, "{code}");
        }
        for code in ["26000", "42P05"] {
            assert_eq!(of_postgres(code, ""), Verdict::Pooler, "{code}");
        }
    }

    #[test]
    fn a_full_or_failing_disk_is_no_refusal() {
        for code in ["13", "10", "778", "1034", "8", "14", "11", "26", "4618"] {
            assert_eq!(of_sqlite(code, ""), Verdict::Broken, "{code}");
        }
        for code in ["2067", "1555", "787", "5", "517"] {
            assert_eq!(of_sqlite(code, ""), Verdict::Refused, "{code}");
        }
        let within = "cannot start a transaction within a transaction";
        assert_eq!(of_sqlite("1", within), Verdict::Broken);
        assert_eq!(of_sqlite("1", "no such table: x"), Verdict::Refused);
    }

    #[test]
    fn who_does_not_know_what_we_say_as_we_come_in_is_a_pooler() {
        let said = "unsupported startup parameter: options";
        assert_eq!(connecting_to_postgres("08P01", said), Verdict::Pooler);
        let said = "sorry, too many clients already";
        assert_eq!(connecting_to_postgres("53300", said), Verdict::Away);
    }
}
