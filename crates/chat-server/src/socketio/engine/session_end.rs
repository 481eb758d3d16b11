//! The session's end of a line: what its task writes to.

use std::{ops::ControlFlow, sync::Arc};

use helpline_protocol::{
    close::Close,
    socketio::engine::{self, Revision},
};
use helpline_service::{socket::Wire, wire::Frame};

use super::{Lines, line::Line};

/// The session's end of a line, which is closed when this is dropped.
pub(super) struct SessionEnd {
    line: Arc<Line>,
    lines: Lines,
}

impl SessionEnd {
    pub(super) fn new(line: Arc<Line>, lines: Lines) -> Self {
        Self { line, lines }
    }
}

impl Wire for SessionEnd {
    async fn text(&mut self, frame: Frame) -> ControlFlow<()> {
        self.line.put(frame).await
    }

    async fn ping(&mut self) -> ControlFlow<()> {
        match self.line.revision() {
            Revision::V4 => self.line.put(engine::PING.into()).await,
            // It is the client's to ask.
            Revision::V3 => ControlFlow::Continue(()),
        }
    }

    async fn pong(&mut self, payload: &[u8]) -> ControlFlow<()> {
        let payload = String::from_utf8_lossy(payload);
        self.line.put(engine::pong(&payload).into()).await
    }

    async fn close(&mut self, close: Close) {
        self.line.close(close);
    }
}

impl Drop for SessionEnd {
    fn drop(&mut self) {
        self.line.close(Close::Over);
        self.lines.remove(self.line.sid());
    }
}
