//! A Lua script, called by its hash; a server is given its text when it does not know it (any more).

use redis::{Arg, Cmd, FromRedisValue, RedisResult, aio::ConnectionLike};

/// One script and its hash.
pub(crate) struct Script {
    text: &'static str,
    hash: String,
}

impl Script {
    pub(crate) fn new(text: &'static str) -> Self {
        let hash = redis::Script::new(text).get_hash().to_owned();
        Self { text, hash }
    }

    /// The command that calls this script with these keys; arguments are added to it.
    pub(crate) fn call(&self, keys: &[&str]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.hash).arg(keys.len()).arg(keys);
        command
    }

    /// Sends what [`Self::call`] made.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        connection: &mut impl ConnectionLike,
        command: &Cmd,
    ) -> RedisResult<T> {
        match command.query_async(connection).await {
            Err(error) if error.kind() == redis::ServerErrorKind::NoScript.into() => {
                self.with_text(command).query_async(connection).await
            }
            result => result,
        }
    }

    /// The same call, by which the server learns the script.
    fn with_text(&self, command: &Cmd) -> Cmd {
        let mut whole = redis::cmd("EVAL");
        whole.arg(self.text);
        for argument in command.args_iter().skip(2) {
            if let Arg::Simple(bytes) = argument {
                whole.arg(bytes);
            }
        }
        whole
    }
}
