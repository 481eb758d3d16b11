//! Sockets that all drop and come back at once: how long until each has its history again?

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::time::timeout;

use crate::address::Address;
use crate::args::{ReconnectArgs, Target};
use crate::chat::{self, Visitor};
use crate::meter::{Reading, Usage};
use crate::problem::Problem;
use crate::socket::Socket;
use crate::template::{self, Template};

const AT_A_TIME: usize = 64;
const MESSAGE_BYTES: usize = 220;

/// What a run has shown.
#[derive(Debug)]
pub(crate) struct Reconnected {
    pub(crate) history: u32,
    /// Time of each socket until it had its history, shortest first.
    pub(crate) times: Vec<Duration>,
    pub(crate) usage: Usage,
}

/// Fills a history for each visitor, drops all sockets, and lets all visitors come back at the same moment.
pub(crate) async fn run(target: &Target, args: &ReconnectArgs) -> Result<Reconnected, Problem> {
    let server = |number: usize| &target.chat[number % target.chat.len()];
    let visitors = (0..args.sockets as usize)
        .map(|number| async move { with_history(server(number), args.history).await });
    let visitors = stream::iter(visitors).buffer_unordered(AT_A_TIME);
    let visitors: Vec<(Visitor, Socket)> = visitors.try_collect().await?;
    // Without a close frame, as when a network fails.
    let visitors: Vec<Visitor> = visitors.into_iter().map(|(visitor, _)| visitor).collect();

    let before = Reading::take(target).await?;
    let start = Instant::now();
    let back = visitors.iter().enumerate().map(async |(number, visitor)| {
        // The next server in the list, because the last one may be what has failed.
        let coming_back = come_back(visitor, server(number + 1), args.history);
        let late = |_| Problem::Late {
            what: "history",
            after: args.patience,
        };
        let socket = timeout(args.patience, coming_back).await.map_err(late)??;
        Ok::<_, Problem>((socket, start.elapsed()))
    });
    let back = try_join_all(back).await?;
    let after = Reading::take(target).await?;
    let mut times: Vec<_> = back.into_iter().map(|(_, time)| time).collect();
    times.sort();
    Ok(Reconnected {
        history: args.history,
        times,
        usage: after.since(&before, target),
    })
}

async fn with_history(server: &Address, messages: u32) -> Result<(Visitor, Socket), Problem> {
    let visitor = chat::register(server, "back").await?;
    let mut socket = visitor.join(server).await?;
    let mut template = Template::new(&visitor.user_id, None, MESSAGE_BYTES)?;
    for number in 0..u64::from(messages) {
        socket.writer().send(template.numbered(number))?;
    }
    let mut echoed = 0;
    while echoed < u64::from(messages) {
        let text = socket.next_text().await?;
        match template::number_in(&text) {
            Some(number) if number == echoed => echoed += 1,
            _ => return Err(unexpected("the next echo", &text)),
        }
    }
    Ok((visitor, socket))
}

async fn come_back(visitor: &Visitor, server: &Address, messages: u32) -> Result<Socket, Problem> {
    let mut socket = visitor.open(server).await?;
    let text = socket.next_text().await?;
    if template::numbers_in(&text)
        .into_iter()
        .eq(0..u64::from(messages))
    {
        Ok(socket)
    } else {
        Err(unexpected("the whole history", &text))
    }
}

fn unexpected(wanted: &str, text: &[u8]) -> Problem {
    let text: String = String::from_utf8_lossy(text).chars().take(300).collect();
    Problem::Broken(format!("instead of {wanted} came {text}"))
}
