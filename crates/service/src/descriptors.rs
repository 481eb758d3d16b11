//! How many files and connections the process may have open.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What an installation should have: each socket takes one, and so does every connection to Redis and the database.
pub const ENOUGH: u64 = 10_000;

/// How many may be open at most once the limit is [raised](raise).
#[must_use]
pub fn most() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Raises the limit as far as the process may raise it. What a shell grants is meant for programs that keep their connections in a
/// bit set of 1024; gives how many may be open now.
///
/// # Errors
/// The system does not allow it.
pub fn raise() -> io::Result<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                ..limit
            },
        )?;
    }
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        assert_eq!(raise().unwrap(), most());
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
