//! Google Workspace audit logs: activities of the Reports API, alone or in the `items` of an answer.
//!
//! An activity holds one or more events of the same actor, address and time; each is an event of its
//! own, with the whole activity as payload and the number of the activity's record. An object of more
//! events or keys than [`MOST`] is no activity: its events would cost the square of its length.

use std::borrow::Cow;

use aql_catalog::Catalog;

use super::{Format, JsonRecord, Layout};
use crate::json::{Json, Kind};
use crate::normalise::generic::{NamedFields, text_of};
use crate::normalise::mapped::MappedRecord;
use crate::out::Out;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "google-workspace",
    about: "Google Workspace audit logs (activities of the Reports API)",
    by: "keys `events`, `actor` and `id.applicationName`",
    layout: Layout::Json { keys: &["events"], beside: &[&["actor"], &["id"]], is, take },
};

/// Events, and keys above them, that an activity has at most; real ones have a few dozen.
const MOST: usize = 512;

/// A name and a value.
type Pair<'d> = (Cow<'d, str>, Cow<'d, str>);

fn is(json: Json<'_>) -> bool {
    json.get("events").is_some_and(|events| {
        events.kind() == Kind::Array
            && events.children().any(|event| event.is_object())
            && events.children().take(MOST + 1).count() <= MOST
    }) && json.get("actor").is_some_and(|actor| actor.is_object())
        && json.get("id").is_some_and(|id| id.get("applicationName").is_some())
        && has_few_keys(json)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let JsonRecord { json, payload, at } = record;
    let Some(mapping) = Catalog::get().mapping(name) else {
        return out.unparsed(name, payload, NamedFields::Json(json), at.record);
    };
    let mut pairs = Vec::new();
    for (path, value) in common(json) {
        push(path, text_of(value), &mut pairs);
    }
    let above = pairs.len();
    let events = json.get("events");
    for event in events.iter().flat_map(Json::children).filter(|event| event.is_object()) {
        pairs.truncate(above);
        pairs_of(event, &mut pairs);
        let fields = NamedFields::of_pairs(&pairs);
        let record = MappedRecord { mapping, fields, payload, header_time: None, category: None };
        out.mapped(name, &record, at.record);
    }
}

/// Does it have at most [`MOST`] keys above its events?
fn has_few_keys(json: Json<'_>) -> bool {
    let mut left = MOST;
    above(json).all(|member| {
        let keys = if member.is_object() { member.children().take(MOST + 1).count() } else { 1 };
        let is_enough = left >= keys;
        left = left.saturating_sub(keys);
        is_enough
    })
}

/// The members beside the events.
fn above<'d>(json: Json<'d>) -> impl Iterator<Item = Json<'d>> {
    json.children().filter(|m| m.key().is_some_and(|key| key != "events"))
}

/// What stands above the events: keys and, of objects, the keys below by dotted path.
fn common<'d>(json: Json<'d>) -> impl Iterator<Item = (Cow<'d, str>, Json<'d>)> {
    above(json).flat_map(|member| {
        let key = member.key().unwrap_or_default();
        let itself = (!member.is_object()).then_some((Cow::Borrowed(key), member));
        let inside = member.is_object().then(|| member.children()).into_iter().flatten();
        let inside = inside.map(move |inner| {
            let below = inner.key().unwrap_or_default();
            let mut path = String::with_capacity(key.len() + 1 + below.len());
            path.extend([key, ".", below]);
            (Cow::Owned(path), inner)
        });
        itself.into_iter().chain(inside)
    })
}

/// The keys of an event, and its parameters by name.
fn pairs_of<'d>(event: Json<'d>, pairs: &mut Vec<Pair<'d>>) {
    for (key, name) in [("name", "events.name"), ("type", "events.type")] {
        push(name.into(), event.get(key).and_then(text_of), pairs);
    }
    let parameters = event.get("parameters").filter(|p| p.kind() == Kind::Array);
    for parameter in parameters.iter().flat_map(Json::children) {
        let name = parameter.get("name").and_then(text_of);
        push(name.unwrap_or_default(), value_of(parameter), pairs);
    }
}

/// The value of a parameter; several are joined by `;`.
fn value_of(parameter: Json<'_>) -> Option<Cow<'_, str>> {
    let keys = ["value", "intValue", "boolValue", "messageValue", "multiMessageValue"];
    if let Some(value) = keys.iter().find_map(|key| parameter.get(key)) {
        return text_of(value);
    }
    let values = ["multiValue", "multiIntValue"].iter().find_map(|key| parameter.get(key))?;
    let texts: Vec<Cow<'_, str>> = values.children().filter_map(text_of).collect();
    Some(texts.join(";").into())
}

fn push<'d>(name: Cow<'d, str>, value: Option<Cow<'d, str>>, pairs: &mut Vec<Pair<'d>>) {
    if let Some(value) = value
        && !name.is_empty()
    {
        pairs.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, common, is, pairs_of, push, text_of};
    use crate::json::{Json, parse_whole};

    #[test]
    fn parameters_of_every_kind() {
        let text = r#"{"id":{"time":"t","applicationName":"drive"},"ipAddress":"a","events":[
            {"type":"access","name":"view","parameters":[{"name":"a","value":"x"},
            {"name":"b","boolValue":false},{"name":"c","intValue":"7"},
            {"name":"d","multiValue":["p","q"]},{"name":"e"},{"value":"lost"},7]}]}"#;
        let mut nodes = Vec::new();
        parse_whole(text, &mut nodes, 64).unwrap();
        let json = Json::root(text, &nodes).unwrap();
        let mut pairs = Vec::new();
        for (path, value) in common(json) {
            push(path, text_of(value), &mut pairs);
        }
        pairs_of(json.get("events").unwrap().children().next().unwrap(), &mut pairs);
        let found: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            found.join(" "),
            "id.time=t id.applicationName=drive ipAddress=a events.name=view events.type=access \
             a=x b=false c=7 d=p;q"
        );
    }

    #[test]
    fn activities_are_of_bounded_size() {
        let is_activity = |events: usize, keys: usize| {
            let keys = "\"k\":1,".repeat(keys);
            let events = vec!["{}"; events].join(",");
            let text = format!(
                "{{{keys}\"id\":{{\"applicationName\":\"a\"}},\"actor\":{{}},\"events\":[{events}]}}"
            );
            let mut nodes = Vec::new();
            parse_whole(&text, &mut nodes, 64).unwrap();
            is(Json::root(&text, &nodes).unwrap())
        };
        assert!(is_activity(1, 0));
        assert!(is_activity(MOST, MOST - 1));
        assert!(!is_activity(0, 0));
        assert!(!is_activity(MOST + 1, 0));
        assert!(!is_activity(1, MOST));
    }
}
