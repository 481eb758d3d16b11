//! All chats at once, with what was said.

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use helpline_records::{Act, Records, RecordsError, Transcript};
use helpline_service::handler::Handler;
use serde::Deserialize;
use serde_json::Value;

use super::{
    STAFF,
    chats::narrow,
    csv,
    query::{self, Wanted},
    shape,
};
use crate::{
    export::{self, Format, Source},
    people::{People, staff::Fault},
};

/// How many chats are read at a time.
const PAGE: u64 = 20;

/// The chats that are left to export.
struct Chats {
    records: Records,
    wanted: Wanted,
}

impl Source for Chats {
    type Item = Transcript;

    async fn page(&mut self) -> Result<Vec<Transcript>, RecordsError> {
        let Wanted {
            filters, before, ..
        } = &mut self.wanted;
        let page = self.records.export(filters, before.as_ref(), PAGE).await?;
        if let Some(last) = page.last() {
            *before = Some(last.chat.cursor());
        }
        Ok(page)
    }

    fn headings() -> Vec<u8> {
        csv::headings()
    }

    fn csv(transcript: &Transcript) -> Vec<u8> {
        csv::rows(transcript)
    }

    fn json(transcript: &Transcript) -> Value {
        shape::transcript(transcript)
    }
}

/// Gives all chats that match, as the list would show them to the caller, with what was said.
#[get("/staff/chats/export")]
pub(crate) async fn give(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        format: Option<String>,
    }
    let caller = people.staff(&request, STAFF).await?;
    let asked: Asked = query::read(&request)?;
    let format = Format::parse(asked.format.as_deref());
    let format = format.ok_or(Fault::bad("Invalid format"))?;
    let mut wanted = Wanted::of(&request)?;
    narrow(&people, &caller, &mut wanted).await?;
    let details = query::noted(&request, format.name());
    people
        .note(&caller.account, Act::ChatsExported, "chats", Some(&details))
        .await?;
    let name = format!("chats-{}", span(&wanted, handler.now().0));
    let records = people.records.clone();
    Ok(export::answer(Chats { records, wanted }, format, &name))
}

/// The days that an export is of, for its file's name: two of them are not one file in somebody's folder. Without a beginning it
/// is all there is until then.
fn span(wanted: &Wanted, now: i64) -> String {
    let day = |at: i64| shape::time(at).chars().take(10).collect::<String>();
    let to = wanted.filters.to.map_or(now, |to| to.saturating_sub(1));
    match wanted.filters.from {
        Some(from) => format!("{}-to-{}", day(from), day(to)),
        None => format!("until-{}", day(to)),
    }
}
