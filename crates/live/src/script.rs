//! A Lua script, called by its hash; the server is given its text when it does not know it (any more).

use redis::{Cmd, FromRedisValue, RedisResult, aio::MultiplexedConnection};

/// One script and its hash.
pub(crate) struct Script {
    inner: redis::Script,
}

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            inner: redis::Script::new(text),
        }
    }

    /// The command that calls this script with these keys; arguments are added to it.
    pub(crate) fn call(&self, keys: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.inner.get_hash()).arg(keys.len()).arg(keys);
        command
    }

    /// Sends what [`Self::call`] made.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        command: &Cmd,
    ) -> RedisResult<T> {
        match command.query_async(connection).await {
            Err(error) if error.kind() == redis::ServerErrorKind::NoScript.into() => {
                self.inner.load_async(connection).await?;
                command.query_async(connection).await
            }
            result => result,
        }
    }
}
