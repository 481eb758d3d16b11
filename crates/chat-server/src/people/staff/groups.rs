//! Permission groups, and which roles have them.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse, delete, get, put,
    web::{Data, Path, Payload},
};
use helpline_desk::name::Name;
use helpline_records::{AccountRole, DEFAULT_GROUP, Group, Permission};
use helpline_service::clock;
use serde_json::{Map, Value, json};

use super::{ADMINS, Fault, accounts::role};
use crate::people::{Fields, People};

/// How many groups a role may have.
const MOST_GROUPS: usize = 100;

/// Lists the groups, what each role has, and every permission there is.
#[get("/staff/groups")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let groups = people.records.groups().await?;
    let mut roles = Map::new();
    for role in AccountRole::ALL {
        let names = people.records.groups_of(role).await?;
        roles.insert(role.as_str().to_owned(), json!(names));
    }
    Ok(HttpResponse::Ok().json(json!({
        "groups": groups.iter().map(shown).collect::<Vec<_>>(),
        "roles": roles,
        "permissions": Permission::ALL.map(Permission::as_str),
    })))
}

/// Shows a group.
#[get("/staff/groups/{name}")]
pub(crate) async fn show(
    request: HttpRequest,
    name: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let groups = people.records.groups().await?;
    let group = groups.iter().find(|group| group.name == *name);
    let group = group.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(shown(group)))
}

/// Makes a group, or gives it other permissions.
#[put("/staff/groups/{name}")]
pub(crate) async fn store(
    request: HttpRequest,
    body: Payload,
    name: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let fields = Fields::read(body).await?;
    let name = Name::parse(&name).ok_or_else(|| Fault::bad("Invalid name"))?;
    let permissions = texts(&fields, "permissions")
        .and_then(|names| names.iter().map(|name| Permission::parse(name)).collect());
    let group = Group {
        name: name.as_str().to_owned(),
        permissions: permissions.ok_or_else(|| Fault::bad("Invalid permissions"))?,
    };
    let (by, now) = (&caller.account.id, clock::now_micros());
    people.records.store_group(&group, by, now).await?;
    Ok(HttpResponse::Ok().json(shown(&group)))
}

/// Removes a group, also from the roles that have it.
#[delete("/staff/groups/{name}")]
pub(crate) async fn remove(
    request: HttpRequest,
    name: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let name = Name::parse(&name).ok_or_else(unknown)?;
    if name.as_str() == DEFAULT_GROUP {
        return Err(Fault::conflict("The group `default` has to stay"));
    }
    let (by, now) = (&caller.account.id, clock::now_micros());
    match people.records.remove_group(name.as_str(), by, now).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(unknown()),
    }
}

/// Gives a role these groups and no others.
#[put("/staff/roles/{role}")]
pub(crate) async fn map_role(
    request: HttpRequest,
    body: Payload,
    name: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let fields = Fields::read(body).await?;
    let role = role(&name).map_err(|_| Fault::not_found("Role not found"))?;
    let groups: Option<BTreeSet<String>> = texts(&fields, "groups").and_then(|names| {
        let known = |name: &&str| Name::parse(name).map(|name| name.as_str().to_owned());
        names.iter().map(known).collect()
    });
    let groups = groups.filter(|groups| groups.len() <= MOST_GROUPS);
    let groups = groups.ok_or_else(|| Fault::bad("Invalid groups"))?;
    let (by, now) = (&caller.account.id, clock::now_micros());
    let mapped = people.records.map_role(role, &groups, by, now).await?;
    mapped.map_err(|_| unknown())?;
    Ok(HttpResponse::Ok().json(json!({ "role": role.as_str(), "groups": groups })))
}

/// A field that is a list of texts.
fn texts<'a>(fields: &'a Fields, name: &str) -> Option<Vec<&'a str>> {
    let values = fields.get(name)?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

fn unknown() -> Fault {
    Fault::not_found("Group not found")
}

fn shown(group: &Group) -> Value {
    let permissions = group.permissions.iter().map(|one| one.as_str());
    json!({ "name": group.name, "permissions": permissions.collect::<Vec<_>>() })
}
