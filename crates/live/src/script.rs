//! A Lua script, called by its hash; a server is given its text when it does not know it (any more).

use std::collections::HashSet;

use redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisResult, aio::ConnectionLike};

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

    /// Calls of scripts in one pipeline, all of one partition. The first call of each script carries its text, so none of
    /// them fails for a server that does not know it.
    pub(crate) fn pipeline(calls: &[(&Self, Cmd)]) -> Pipeline {
        let mut known = HashSet::new();
        let mut pipeline = redis::pipe();
        for (script, call) in calls {
            pipeline.add_command(match known.insert(script.hash.as_str()) {
                true => script.with_text(call),
                false => call.clone(),
            });
        }
        pipeline
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_carries_the_text_of_each_script_once() {
        let (one, other) = (Script::new("return 1"), Script::new("return 2"));
        let calls = [&one, &other, &one, &other].map(|script| (script, script.call(&["key"])));
        let pipeline = Script::pipeline(&calls);
        let names: Vec<_> = pipeline
            .cmd_iter()
            .map(|command| command.args_iter().next())
            .map(|name| match name {
                Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
                _ => String::new(),
            })
            .collect();
        assert_eq!(names, ["EVAL", "EVAL", "EVALSHA", "EVALSHA"]);
    }
}
