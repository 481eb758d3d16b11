//! Who of the staff is online, as the store keeps it, and what is published when that changes.
//!
//! The store puts an entry together itself, because only it knows the rest when it changes: what is written here
//! ([`write_staff_profile`]), without its last brace, and then `"status"` and `"since"`.

use std::borrow::Cow;

use helpline_desk::{actor::Rank, id::AgentId, time::Timestamp};
use serde::{Deserialize, Serialize};

use super::{Unreadable, VERSION, read};
use crate::json;

/// Somebody of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffProfile {
    /// The account, or in open mode the socket.
    pub id: AgentId,
    /// What others see.
    pub name: String,
    /// The account's e-mail address, if it is known.
    pub email: Option<String>,
    /// What the account is.
    pub rank: Rank,
}

/// Somebody of the staff who is online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    /// The account, or in open mode the socket.
    pub id: AgentId,
    /// What others see.
    pub name: String,
    /// The account's e-mail address, if it is known.
    pub email: Option<String>,
    /// What the account is.
    pub rank: Rank,
    /// Whether it takes requests; otherwise it is away.
    pub available: bool,
    /// Since when it is online.
    pub since: Timestamp,
}

/// What happened to somebody of the staff: `1 {"here":{…}}` or `1 {"gone":"<id>"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffChange {
    /// It came, or its status or profile is another.
    Here(StaffMember),
    /// It went.
    Gone(AgentId),
}

/// A profile, as the store is given it.
pub fn write_staff_profile(profile: &StaffProfile) -> String {
    json(&WireProfile {
        id: (&profile.id.0).into(),
        name: (&profile.name).into(),
        email: profile.email.as_ref().map(Into::into),
        rank: profile.rank,
    })
}

/// Reads an entry of those who are online.
///
/// # Errors
/// When it is none that this release can read.
pub fn read_staff_member(text: &str) -> Result<StaffMember, Unreadable> {
    read::<WireMember<'_>>(Some(text)).map(StaffMember::from)
}

/// A change, as it is published.
pub fn write_staff_change(change: &StaffChange) -> String {
    let change = match change {
        StaffChange::Here(member) => WireChange::Here(member.into()),
        StaffChange::Gone(id) => WireChange::Gone((&id.0).into()),
    };
    format!("{VERSION} {}", json(&change))
}

/// Reads what arrived on the desk's channel.
///
/// # Errors
/// When it is none that this release can read.
pub fn read_staff_change(text: &str) -> Result<StaffChange, Unreadable> {
    let (version, rest) = text.split_once(' ').ok_or(Unreadable)?;
    if version != VERSION {
        return Err(Unreadable);
    }
    Ok(match read::<WireChange<'_>>(Some(rest))? {
        WireChange::Here(member) => StaffChange::Here(member.into()),
        WireChange::Gone(id) => StaffChange::Gone(AgentId(id.into_owned())),
    })
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WireChange<'a> {
    Here(WireMember<'a>),
    Gone(Cow<'a, str>),
}

#[derive(Serialize, Deserialize)]
struct WireProfile<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    #[serde(with = "super::rank")]
    rank: Rank,
}

#[derive(Serialize, Deserialize)]
struct WireMember<'a> {
    #[serde(flatten)]
    profile: WireProfile<'a>,
    status: Status,
    since: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Available,
    Away,
}

impl<'a> From<&'a StaffMember> for WireMember<'a> {
    fn from(member: &'a StaffMember) -> Self {
        Self {
            profile: WireProfile {
                id: (&member.id.0).into(),
                name: (&member.name).into(),
                email: member.email.as_ref().map(Into::into),
                rank: member.rank,
            },
            status: match member.available {
                true => Status::Available,
                false => Status::Away,
            },
            since: member.since.0,
        }
    }
}

impl From<WireMember<'_>> for StaffMember {
    fn from(member: WireMember<'_>) -> Self {
        let profile = member.profile;
        Self {
            id: AgentId(profile.id.into_owned()),
            name: profile.name.into_owned(),
            email: profile.email.map(Cow::into_owned),
            rank: profile.rank,
            available: member.status == Status::Available,
            since: Timestamp(member.since),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> StaffMember {
        StaffMember {
            id: AgentId("odd \"id\"/é".to_owned()),
            name: "Vika \\ \"status\":\"away\"".to_owned(),
            email: None,
            rank: Rank::Supervisor,
            available: true,
            since: Timestamp(1_930_367_167_000_089),
        }
    }

    #[test]
    fn a_change_is_read_as_it_is_written() {
        for change in [StaffChange::Here(member()), StaffChange::Gone(member().id)] {
            let text = write_staff_change(&change);
            assert_eq!(read_staff_change(&text), Ok(change), "{text}");
        }
    }

    #[test]
    fn what_a_newer_process_says_is_not_guessed_at() {
        for text in [
            "",
            "came",
            "2 {\"gone\":\"a\"}",
            "1 {\"danced\":\"a\"}",
            "1 {}",
        ] {
            assert_eq!(read_staff_change(text), Err(Unreadable), "{text}");
        }
    }
}
