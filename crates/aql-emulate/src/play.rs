//! From tests to records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::formats::Format;
use crate::ids::Ids;
use crate::library::Library;
use crate::parameters::Parameters;
use crate::record::{Audit, Cell, Record, Recorder, Row, Shape, Source, WindowsEvent};
use crate::test::Test;
use crate::values::{Moment, Scene};

/// A record, and where it comes from.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// When it happened.
    pub time: Timestamp,
    /// Who writes it.
    pub source: Source,
    /// The test; `None` for noise.
    pub test: Option<String>,
    /// The event of the test, counted from 0.
    pub event: usize,
    /// The record.
    pub record: Record,
}

/// Events that a format leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What happened.
    pub action: String,
    /// How many events of this kind.
    pub events: usize,
    /// The sources that would have recorded it.
    pub sources: Vec<Source>,
}

impl Library {
    /// The records that these tests leave, in the order of time. Tests begin one after the other,
    /// ten minutes after the last event of the one before.
    pub fn play(&self, tests: &[&Test], parameters: &Parameters) -> Result<Vec<Emitted>, Error> {
        parameters.check()?;
        let ids = Ids::new(parameters.seed);
        let mut records = Vec::new();
        let mut start = parameters.start;
        for test in tests {
            let label = test.name.clone();
            let scene = Scene { library: self, parameters, ids: &ids, test, start, label };
            for number in 0..test.events.len() {
                self.record(&scene, number, Some(&test.name), &mut records)?;
            }
            let length = test.events.iter().map(|e| e.at).fold(0.0, f64::max) + 600.0;
            start = start
                .checked_add(jiff::SignedDuration::from_secs_f64(length))
                .map_err(|_| Error::Time { place: test.name.clone() })?;
        }
        Ok(records)
    }

    /// What every source records of one event.
    pub(crate) fn record(
        &self,
        scene: &Scene<'_>,
        number: usize,
        test: Option<&str>,
        records: &mut Vec<Emitted>,
    ) -> Result<(), Error> {
        let mut moment = scene.moment(number)?;
        let action = &moment.event.action;
        let shapes: Vec<(&Recorder, &Shape)> =
            self.recorders().iter().filter_map(|r| Some((r, r.shape(action)?))).collect();
        if shapes.is_empty() {
            let action = action.clone();
            return Err(Error::Action { place: scene.place(number), action });
        }
        for (_, shape) in shapes.iter().filter(|(r, _)| r.source == Source::O365) {
            moment.audit = audit(&moment, shape)?;
        }
        for (recorder, shape) in shapes {
            let record = match recorder.source {
                Source::O365 => {
                    Record::Audit(Audit { time: moment.time, record: moment.audit.clone() })
                }
                Source::Defender => Record::Row(row(&moment, shape)?),
                _ => Record::Windows(Box::new(windows(&moment, recorder, shape)?)),
            };
            records.push(Emitted {
                time: moment.time,
                source: recorder.source,
                test: test.map(str::to_owned),
                event: number,
                record,
            });
        }
        Ok(())
    }
}

/// Puts records into the order of time, and numbers those of event logs.
pub(crate) fn settle(records: &mut [Emitted], seed: u64) {
    records.sort_by_key(|emitted| emitted.time);
    let ids = Ids::new(seed);
    let mut next: BTreeMap<(String, String), u64> = BTreeMap::new();
    for emitted in records {
        if let Record::Windows(event) = &mut emitted.record {
            let log = (event.computer.clone(), event.channel.clone());
            let first = || 10_000 + ids.number(&format!("log {} {}", log.0, log.1), 400_000);
            let number = next.entry(log.clone()).or_insert_with(first);
            event.number = *number;
            *number += 1;
        }
    }
}

/// The events of a test that this format has no record of, by kind.
pub fn left_out(records: &[Emitted], test: &Test, format: &Format) -> Vec<LeftOut> {
    let mut kinds: BTreeMap<&str, LeftOut> = BTreeMap::new();
    for (number, event) in test.events.iter().enumerate() {
        let mut sources: Vec<Source> = records
            .iter()
            .filter(|r| r.test.as_deref() == Some(&*test.name) && r.event == number)
            .map(|r| r.source)
            .collect();
        if sources.iter().any(|source| format.sources.contains(source)) {
            continue;
        }
        let entry = kinds.entry(&event.action).or_insert_with(|| LeftOut {
            action: event.action.clone(),
            events: 0,
            sources: Vec::new(),
        });
        entry.events += 1;
        entry.sources.append(&mut sources);
    }
    kinds
        .into_values()
        .map(|mut kind| {
            kind.sources.sort();
            kind.sources.dedup();
            kind
        })
        .collect()
}

fn audit(moment: &Moment<'_>, shape: &Shape) -> Result<Map<String, Value>, Error> {
    let mut keys = shape.base.clone();
    keys.extend(moment.event.record.clone());
    let mut record = Map::new();
    // The order in which the service writes them; TOML's own is that of the alphabet.
    const FIRST: [&str; 12] = [
        "CreationTime",
        "Id",
        "Operation",
        "OrganizationId",
        "RecordType",
        "ResultStatus",
        "UserKey",
        "UserType",
        "Version",
        "Workload",
        "UserId",
        "ClientIP",
    ];
    let rest: Vec<String> = keys.keys().filter(|k| !FIRST.contains(&&***k)).cloned().collect();
    for key in FIRST.into_iter().chain(rest.iter().map(String::as_str)) {
        if let Some(value) = keys.get(key) {
            record.insert(key.to_owned(), moment.render_tree(value)?);
        }
    }
    Ok(record)
}

fn row(moment: &Moment<'_>, shape: &Shape) -> Result<Row, Error> {
    let mut cells = Vec::with_capacity(shape.fields.len());
    for field in &shape.fields {
        let text = moment.render(&field[1])?;
        let kind = field.get(2).map_or("string", String::as_str);
        let value = match kind {
            "long" | "int" => text.parse::<i64>().map_or(Value::Null, Value::from),
            "bool" => Value::Bool(text == "true"),
            "dynamic" => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            _ => Value::String(text),
        };
        cells.push((field[0].clone(), Cell { kind: kind.to_owned(), value }));
    }
    Ok(Row { table: shape.table.clone(), time: moment.time, cells })
}

fn windows(moment: &Moment<'_>, log: &Recorder, shape: &Shape) -> Result<WindowsEvent, Error> {
    let mut data: Vec<(String, String)> = Vec::with_capacity(shape.fields.len());
    for field in &shape.fields {
        data.push((field[0].clone(), moment.render(&field[1])?));
    }
    let field = |name: &str| data.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let values = || {
        let lines: Vec<String> = data.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        lines.join("\r\n")
    };
    let more = |name: &str| match name {
        "title" => Some(shape.title.clone()),
        "values" => Some(values()),
        name => field(name),
    };
    let message = moment.render_with(shape.message.as_deref().unwrap_or(&log.message), &more)?;
    let account = match log.writer.as_deref() {
        None => None,
        Some("SYSTEM") => Some(("S-1-5-18".into(), "SYSTEM".into(), "NT AUTHORITY".into())),
        Some(_) => Some((
            moment.render("{{process.sid}}")?,
            moment.render("{{process.account}}")?,
            moment.render("{{process.authority}}")?,
        )),
    };
    // Script blocks are written by the process that runs them, others by a service.
    let writer = match log.writer.as_deref() {
        Some("process") => moment.render("{{process.pid}}")?.parse().unwrap_or(0),
        Some(_) => 3156,
        None if log.guid.is_none() => 0,
        None => 4,
    };
    Ok(WindowsEvent {
        provider: log.provider.clone(),
        guid: log.guid.clone(),
        id: shape.id,
        qualifiers: log.qualifiers,
        version: shape.version,
        level: log.level,
        task: shape.task.unwrap_or(shape.id),
        category: shape.category.clone(),
        symbol: shape.symbol.clone(),
        opcode: shape.opcode,
        keywords: log.keywords.clone(),
        time: moment.time,
        number: 0,
        writer: (writer, if writer == 0 { 0 } else { writer + 1124 }),
        channel: log.channel.clone(),
        computer: moment.render(log.computer.as_deref().unwrap_or("{{fqdn}}"))?,
        account,
        data,
        message,
    })
}
