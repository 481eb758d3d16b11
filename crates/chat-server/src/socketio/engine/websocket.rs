//! A WebSocket that carries packets: from the beginning, or once it has taken over from polling.

use std::{ops::ControlFlow, pin::pin, time::Duration};

use bytestring::ByteString;
use futures_util::{Stream, StreamExt};
use helpline_protocol::{
    close::Close,
    socketio::engine::{Packet, pong},
};
use helpline_service::{
    socket::{Incoming, Wire, close, linger},
    wire::Outgoing,
};
use tokio::time::{sleep, timeout};

use super::line::{Line, Trial};

/// How long a WebSocket that is to take over may take.
const UPGRADE: Duration = Duration::from_secs(10);
/// How long what still waits at the end may take.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Carries packets until either end is gone.
pub(super) async fn carry(line: &Line, outgoing: Outgoing, incoming: impl Stream<Item = Incoming>) {
    let mut incoming = pin!(incoming);
    let answers = outgoing.clone();
    let ended = {
        let reading = read(line, answers, incoming.as_mut());
        let writing = write(line, outgoing);
        let too_late = async {
            line.closed().cancelled().await;
            sleep(LAST_WORDS).await;
        };
        tokio::select! {
            () = reading => false,
            ended = writing => ended,
            () = too_late => false,
        }
    };
    line.lose();
    if ended {
        linger(incoming).await;
    }
}

/// Hands what comes to the session, until the client or the session is gone.
async fn read(
    line: &Line,
    mut answers: Outgoing,
    mut incoming: impl Stream<Item = Incoming> + Unpin,
) {
    while let Some(frame) = incoming.next().await {
        let heard = match frame {
            Incoming::Text(text) => line.hear_packet(&text).await,
            Incoming::Ping(payload) => answers.pong(&payload).await,
            Incoming::Pong => ControlFlow::Continue(()),
            Incoming::Close => {
                let _ = line.hear(Incoming::Close).await;
                answers.close(Close::Over).await;
                return;
            }
            Incoming::Broken(close) => {
                let _ = line.hear(Incoming::Broken(close)).await;
                // It is told so by the session.
                return std::future::pending().await;
            }
            Incoming::Binary => line.hear(frame).await,
        };
        if heard.is_break() {
            return std::future::pending().await;
        }
    }
}

/// Takes packets to the client; `true` once everything was taken there and the end was said.
async fn write(line: &Line, mut outgoing: Outgoing) -> bool {
    loop {
        let (packets, close) = line.next().await;
        for packet in packets {
            if outgoing.text(packet).await.is_break() {
                return false;
            }
        }
        if let Some(close) = close {
            outgoing.close(close).await;
            return true;
        }
    }
}

/// Lets a WebSocket take over from polling, if the client goes through with it.
pub(super) async fn upgrade(
    trial: Trial,
    mut outgoing: Outgoing,
    incoming: impl Stream<Item = Incoming>,
) {
    let line = trial.line().clone();
    let mut incoming = pin!(incoming);
    let tried = async {
        let text = text(&mut incoming).await?;
        let Ok(Packet::Ping(payload)) = Packet::read(&text) else {
            return Err(Close::Over);
        };
        if !trial.begin() || outgoing.text(pong(payload).into()).await.is_break() {
            return Err(Close::Over);
        }
        let text = self::text(&mut incoming).await?;
        match Packet::read(&text) {
            Ok(Packet::Upgrade) => Ok(()),
            _ => Err(Close::Over),
        }
    };
    let tried = tokio::select! {
        tried = timeout(UPGRADE, tried) => tried.unwrap_or(Err(Close::Over)),
        () = line.closed().cancelled() => Err(Close::Over),
    };
    match tried {
        Ok(()) => {
            trial.succeed();
            carry(&line, outgoing, incoming).await;
        }
        Err(reason) => {
            drop(trial);
            close(outgoing, incoming, reason).await;
        }
    }
}

/// The next text, or with what the WebSocket ends.
async fn text(incoming: &mut (impl Stream<Item = Incoming> + Unpin)) -> Result<ByteString, Close> {
    loop {
        match incoming.next().await {
            Some(Incoming::Text(text)) => return Ok(text),
            Some(Incoming::Ping(_) | Incoming::Pong) => {}
            Some(Incoming::Broken(close)) => return Err(close),
            Some(Incoming::Binary | Incoming::Close) | None => return Err(Close::Over),
        }
    }
}
