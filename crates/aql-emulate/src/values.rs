//! What the templates of tests and records can name.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::ids::Ids;
use crate::library::Library;
use crate::parameters::Parameters;
use crate::process::file_name;
use crate::template::render;
use crate::test::{Event, Process, Test};
use crate::time;

/// A test on its way into records.
pub(crate) struct Scene<'a> {
    pub(crate) library: &'a Library,
    pub(crate) parameters: &'a Parameters,
    pub(crate) ids: &'a Ids,
    pub(crate) test: &'a Test,
    pub(crate) start: Timestamp,
    /// What sets its identifiers apart from those of the same test elsewhere.
    pub(crate) label: String,
}

/// One event of it, whose own values are filled in.
pub(crate) struct Moment<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) number: usize,
    pub(crate) event: &'a Event,
    pub(crate) time: Timestamp,
    with: BTreeMap<String, String>,
    /// The audit record, once it is made.
    pub(crate) audit: Map<String, Value>,
}

/// Whose process it is.
struct Account {
    sid: String,
    name: String,
    authority: String,
    upn: String,
    logon: u64,
    session: u32,
    integrity: &'static str,
}

impl<'a> Scene<'a> {
    /// The event as a moment of this scene.
    pub(crate) fn moment(&'a self, number: usize) -> Result<Moment<'a>, Error> {
        let event = &self.test.events[number];
        let time = self
            .start
            .checked_add(SignedDuration::from_secs_f64(event.at))
            .map_err(|_| Error::Time { place: self.place(number) })?;
        let mut moment =
            Moment { scene: self, number, event, time, with: BTreeMap::new(), audit: Map::new() };
        if let Some(name) = &event.process {
            self.process(name)
                .ok_or_else(|| Error::Process { place: self.place(number), name: name.clone() })?;
        }
        for (key, text) in &event.with {
            let text = moment.render(text)?;
            moment.with.insert(key.clone(), text);
        }
        Ok(moment)
    }

    /// Test and event, for messages.
    pub(crate) fn place(&self, number: usize) -> String {
        format!("{}, event {}", self.test.name, number + 1)
    }

    fn process(&self, name: &str) -> Option<&Process> {
        self.test.process.get(name).or_else(|| self.library.programs().process.get(name))
    }

    /// When the test starts this process, if it does.
    fn created(&self, name: &str) -> Option<f64> {
        let of = |e: &&Event| e.action == "process-created" && e.process.as_deref() == Some(name);
        self.test.events.iter().find(of).map(|e| e.at)
    }

    /// What identifiers of this process are derived from: its own if the test starts it, else those
    /// of a process that runs on the computer anyway.
    fn process_label(&self, name: &str) -> String {
        if self.test.process.contains_key(name) || self.created(name).is_some() {
            format!("process {} {name}", self.label)
        } else {
            format!("process {} {name}", self.parameters.host)
        }
    }

    fn account(&self, process: &Process) -> Account {
        let ids = self.ids;
        let value = |name: &str| self.parameters.value(name, ids).unwrap_or_default();
        if process.account.as_deref() == Some("SYSTEM") {
            Account {
                sid: "S-1-5-18".into(),
                name: "SYSTEM".into(),
                authority: "NT AUTHORITY".into(),
                upn: String::new(),
                logon: 0x3e7,
                session: 0,
                integrity: "System",
            }
        } else {
            Account {
                sid: value("sid"),
                name: value("user"),
                authority: value("netbios"),
                upn: value("upn"),
                logon: self.parameters.logon(ids),
                session: 1,
                integrity: "Medium",
            }
        }
    }

    /// A fact about a process.
    fn process_fact(&self, name: &str, fact: &str) -> Result<Option<String>, String> {
        let Some(process) = self.process(name) else { return Err(name.to_owned()) };
        let label = self.process_label(name);
        let account = self.account(process);
        let integrity = process.integrity.as_deref().unwrap_or(account.integrity);
        // Windows numbers processes in fours.
        let pid = || 1000 + 4 * self.ids.number(&format!("{label} pid"), 5000);
        let plain = |name: &str| Ok(self.plain(name));
        Ok(Some(match fact {
            "image" => process.image.clone(),
            "image.lower" => process.image.to_lowercase(),
            "name" => file_name(&process.image).to_owned(),
            "command" => render(&process.command, &plain)?,
            "directory" if account.session == 0 => r"C:\Windows\system32\".to_owned(),
            "directory" => format!(r"C:\Users\{}\", account.name),
            "guid" => format!("{{{}}}", self.ids.uuid(&format!("{label} guid"))),
            "pid" => pid().to_string(),
            "pid.hex" => format!("0x{:x}", pid()),
            "user" => format!(r"{}\{}", account.authority, account.name),
            "account" => account.name,
            "account.lower" => account.name.to_lowercase(),
            "authority" => account.authority,
            "authority.lower" => account.authority.to_lowercase(),
            "sid" => account.sid,
            "upn" => account.upn,
            "logon.id" => format!("0x{:x}", account.logon),
            "logon.number" => account.logon.to_string(),
            "logon.guid" => {
                let label = format!("logon {} {:x}", self.parameters.host, account.logon);
                format!("{{{}}}", self.ids.uuid(&label))
            }
            "session" => account.session.to_string(),
            "integrity" => integrity.to_owned(),
            "label" => match integrity {
                "System" => "S-1-16-16384",
                "High" => "S-1-16-12288",
                _ => "S-1-16-8192",
            }
            .to_owned(),
            "elevation" => match integrity {
                "System" => "%%1936",
                "High" => "%%1937",
                _ => "%%1938",
            }
            .to_owned(),
            "time" => {
                // Whoever has fewer ancestors runs for longer.
                let steps = 20_u64.saturating_sub(self.ancestors(name));
                let before = steps * 600 + self.ids.number(&format!("{label} age"), 600);
                let seconds = self.created(name).unwrap_or(-(before as f64));
                let time = self.start.checked_add(SignedDuration::from_secs_f64(seconds));
                time.ok().and_then(|t| time::form(t, "seven")).unwrap_or_default()
            }
            _ => {
                let Some(value) = self.library.programs().file(&process.image, fact, self.ids)
                else {
                    return Ok(None);
                };
                value
            }
        }))
    }

    /// The process that started this one; whoever has none is its own.
    fn parent(&self, name: &str) -> String {
        self.process(name)
            .and_then(|process| process.parent.clone())
            .unwrap_or_else(|| name.to_owned())
    }

    /// How many processes lie between this one and the first, at most 20.
    fn ancestors(&self, name: &str) -> u64 {
        let mut name = name.to_owned();
        for steps in 0..20 {
            let parent = self.parent(&name);
            if parent == name {
                return steps;
            }
            name = parent;
        }
        20
    }

    /// Parameters and identifiers: what the files of tests can name.
    fn plain(&self, name: &str) -> Option<String> {
        if let Some(label) = name.strip_prefix("uuid:") {
            return Some(self.ids.uuid(&format!("{} {label}", self.label)));
        }
        if let Some(label) = name.strip_prefix("hex:") {
            return Some(self.ids.hex(&format!("{} {label}", self.label), 12));
        }
        self.parameters.value(name, self.ids)
    }
}

impl Moment<'_> {
    /// Fills in a template.
    pub(crate) fn render(&self, text: &str) -> Result<String, Error> {
        self.render_with(text, &|_| None)
    }

    /// Fills in a template whose names may also be `more`.
    pub(crate) fn render_with(
        &self,
        text: &str,
        more: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, Error> {
        render(text, &|name| match more(name) {
            Some(value) => Ok(Some(value)),
            None => self.value(name),
        })
        .map_err(|name| Error::Unknown { place: self.scene.place(self.number), name })
    }

    /// Fills in the texts of a tree, which becomes JSON.
    pub(crate) fn render_tree(&self, value: &toml::Value) -> Result<Value, Error> {
        Ok(match value {
            toml::Value::String(text) => Value::String(self.render(text)?),
            toml::Value::Integer(number) => (*number).into(),
            toml::Value::Float(number) => (*number).into(),
            toml::Value::Boolean(yes) => (*yes).into(),
            toml::Value::Datetime(time) => Value::String(time.to_string()),
            toml::Value::Array(list) => {
                list.iter().map(|v| self.render_tree(v)).collect::<Result<_, _>>()?
            }
            toml::Value::Table(table) => {
                let pair = |(k, v): (&String, _)| Ok((k.clone(), self.render_tree(v)?));
                Value::Object(table.iter().map(pair).collect::<Result<_, Error>>()?)
            }
        })
    }

    fn value(&self, name: &str) -> Result<Option<String>, String> {
        let scene = self.scene;
        let label = || format!("{} {}", scene.label, self.number);
        let (family, rest) = name.split_once('.').unwrap_or((name, ""));
        Ok(match (family, rest) {
            ("process" | "parent" | "grandparent", fact) => {
                let Some(process) = &self.event.process else { return Ok(None) };
                let name = match family {
                    "process" => process.clone(),
                    "parent" => scene.parent(process),
                    _ => scene.parent(&scene.parent(process)),
                };
                scene.process_fact(&name, fact)?
            }
            ("file", fact) => match self.with.get("path") {
                Some(path) => scene.library.programs().file(path, fact, scene.ids),
                None => None,
            },
            ("event", "path.name") => self.with.get("path").map(|p| file_name(p).to_owned()),
            ("event", key) => self.with.get(key).cloned(),
            ("audit", "") => Some(Value::Object(self.audit.clone()).to_string()),
            ("audit", key) => self.audit.get(key).and_then(Value::as_str).map(str::to_owned),
            ("time", form) => time::form(self.time, form),
            ("port", "") => Some((49_700 + scene.ids.number(&label(), 10_000)).to_string()),
            ("handle", "") => Some(format!("0x{:x}", 0x200 + 4 * scene.ids.number(&label(), 900))),
            ("report", "") => Some((1000 + scene.ids.number(&label(), 80_000)).to_string()),
            // These are new in each event, others are the same through the test.
            ("uuid:audit" | "uuid:script" | "uuid:activity", "") => {
                Some(scene.ids.uuid(&format!("{} {name}", label())))
            }
            _ => scene.plain(name),
        })
    }
}
