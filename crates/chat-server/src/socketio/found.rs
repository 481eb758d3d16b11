//! A chat that is not what was told of it, told by what is different: nobody knows what happened.

use helpline_desk::event::End;

use super::{
    herald::{Herald, who},
    house,
    words::Found,
};

impl Herald {
    /// Tells what makes of the chat that was told the one that is there.
    pub(super) async fn found(&mut self, found: &Found) {
        let Found {
            before,
            chat,
            told,
            news,
        } = found;
        if !self.is_anybodys(chat) {
            return;
        }
        match (&before.support, &chat.support) {
            (Some(former), Some(support)) if former.id == support.id => {}
            (Some(_), Some(support)) => self.taken_over(chat, before, who(support)).await,
            (None, Some(support)) => self.claimed(chat, told, who(support)).await,
            (Some(_), None) => self.over(chat, before, &End::BySilence).await,
            (None, None) => {}
        }
        if chat.support.is_some() {
            for spoken in news {
                self.said(chat, &spoken.said, spoken.at).await;
            }
        } else if house::waits(chat) {
            let mut session = told.clone();
            session.extend_from_slice(news);
            self.waits(chat, &session).await;
        } else if before.waiting {
            self.leaves_queue(chat).await;
        }
    }
}
