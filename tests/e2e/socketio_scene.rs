//! What most tests of contract 004 begin with: staff of every rank at both processes, and a visitor.

use e2e::shift::{Caller, content};
use e2e::{Shift, SocketIo};
use serde_json::{Value, json};

/// Everybody is here. The visitor and the admin, a supervisor are at the first chat-server, both agents at the second, so
/// that what a visitor and an agent say crosses processes.
pub(crate) struct Scene {
    pub(crate) visitor: SocketIo,
    pub(crate) ada: SocketIo,
    pub(crate) sasha: SocketIo,
    pub(crate) vika: SocketIo,
    pub(crate) otto: SocketIo,
    pub(crate) mina: Caller,
    /// The visitor's chat, as soon as it has asked.
    pub(crate) room: String,
    pub(crate) shift: Shift,
}

/// What the visitor asks first.
pub(crate) const QUESTION: &str = "My parcel is late";

impl Scene {
    /// Nobody has asked anything.
    pub(crate) async fn open() -> Self {
        Self::of(Shift::new().await).await
    }

    pub(crate) async fn of(shift: Shift) -> Self {
        let [ada, vika, sasha, otto] = shift
            .all_work([&shift.ada, &shift.vika, &shift.sasha, &shift.otto])
            .await;
        let mina = shift.visitor("Mina");
        let visitor = shift.calls(0, &mina).await;
        Self {
            visitor,
            ada,
            sasha,
            vika,
            otto,
            mina,
            room: String::new(),
            shift,
        }
    }

    /// The visitor has asked and waits.
    pub(crate) async fn queued() -> Self {
        let mut scene = Self::open().await;
        scene.asks(QUESTION).await;
        scene
    }

    /// The agent Vika has claimed the chat.
    pub(crate) async fn claimed() -> Self {
        let mut scene = Self::queued().await;
        scene.vika_claims().await;
        scene
    }

    /// The visitor opens a session, and all staff hear it.
    pub(crate) async fn asks(&mut self, text: &str) {
        let asked = content(text);
        self.visitor.does("visitor_first_msg", asked.clone()).await;
        for staff in [
            &mut self.ada,
            &mut self.sasha,
            &mut self.vika,
            &mut self.otto,
        ] {
            let told = staff.hears("append_unclaimed_chats").await;
            self.room = self.mina.waits_in(&told, std::slice::from_ref(&asked));
        }
    }

    /// Vika claims, and everybody hears it who should; gives the messages that monitors are shown.
    pub(crate) async fn vika_claims(&mut self) -> Value {
        self.vika.does("staff_join", self.at()).await;
        for staff in [&mut self.ada, &mut self.sasha, &mut self.otto] {
            let told = staff.hears("staff_claim_chat").await;
            self.mina.is(&told["user"]);
            assert_eq!(told, json!({"user": told["user"], "room": told["room"]}));
            assert_eq!(self.mina.has_room(&told["room"], 0), self.room);
        }
        let mut shown = Value::Null;
        for monitor in [&mut self.ada, &mut self.sasha] {
            let told = monitor.hears("agent_new_chat").await;
            self.shift.vika.is(&told["user"]);
            self.mina.is(&told["visitor"]);
            shown = told["contents"].clone();
            let expected =
                json!({"user": told["user"], "visitor": told["visitor"], "contents": shown});
            assert_eq!(told, expected);
        }
        let told = self.visitor.hears("staff_join_room").await;
        self.shift.vika.alone_in(&told);
        shown
    }

    /// `{room}`.
    pub(crate) fn at(&self) -> Value {
        json!({ "room": self.room })
    }

    /// `{room, content}`.
    pub(crate) fn saying(&self, text: &str) -> Value {
        json!({"room": self.room, "content": content(text)})
    }

    /// The visitor says something in a claimed chat, and everybody hears it who should.
    pub(crate) async fn visitor_says(&mut self, text: &str) {
        let said = content(text);
        self.visitor.does("visitor_msg", said.clone()).await;
        let told = self.vika.hears("visitor_send").await;
        self.mina.says_in(&told, &said);
        for monitor in [&mut self.ada, &mut self.sasha] {
            let told = monitor.hears("new_visitor_msg_for_supervisor").await;
            self.mina.says_in(&told, &said);
        }
    }

    /// Vika says something in the chat she has claimed, and everybody hears it who should.
    pub(crate) async fn vika_says(&mut self, text: &str) {
        let said = content(text);
        self.vika.does("staff_msg", self.saying(text)).await;
        let told = self.visitor.hears("staff_send").await;
        self.shift.vika.says_in(&told, &said);
        for monitor in [&mut self.ada, &mut self.sasha] {
            let told = monitor.hears("new_staff_msg_for_supervisor").await;
            self.shift.vika.says_in(&told, &said);
        }
    }

    /// Nobody of the staff has heard anything that no test asked for, and neither has the visitor.
    pub(crate) async fn nothing_else(&mut self) {
        let staff = [
            &mut self.ada,
            &mut self.sasha,
            &mut self.vika,
            &mut self.otto,
        ];
        self.shift.nothing_else(staff).await;
        self.visitor.has_heard_nothing().await;
    }
}
