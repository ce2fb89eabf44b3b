//! From the fields of a record to the columns of an event.
//!
//! A [`Plan`] says, for one class of records, how each needed column is filled: with a value that
//! all records of the class share, or from the fields of the record. It is made once per class,
//! and the class filter of the needs is asked with it. [`fill`] then carries it out for a record.
//! Read [`Plan`] first; `windows` and `o365` make plans for their kinds of records.
//!
//! Not in here: how a field is found in a file format ([`formats`](crate::formats)).

pub(crate) mod address;
pub(crate) mod builtin;
pub(crate) mod generic;
pub(crate) mod mapped;
pub(crate) mod o365;
pub(crate) mod transform;
pub(crate) mod windows;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use aql_catalog::{Catalog, Qid};
use aql_event::{
    BatchBuilder, ClassRow, Column, ColumnKind, LogSources, Needs, Type, Wanted, canonical_host,
    fields, provenance,
};
use rustc_hash::FxHashMap;

use address::Direction;
use builtin::Builtin;

use crate::time::parse_iso;

/// A value that is known before a record is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fixed {
    /// None.
    Null,
    /// An integer.
    Integer(i64),
    /// A text, read as the column's type.
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// An empty list.
    EmptyList,
}

impl Fixed {
    fn set(&self, builder: &mut BatchBuilder, column: usize, ty: Type) {
        match self {
            Fixed::Null => {}
            Fixed::Integer(n) => builder.set_integer(column, *n),
            Fixed::Text(text) => set_text(builder, column, ty, text),
            Fixed::Boolean(b) => builder.set_boolean(column, *b),
            Fixed::EmptyList => builder.set_empty_list(column),
        }
    }
}

/// How a column is filled that differs from record to record. `S` names a field of the record.
#[derive(Clone, Debug)]
pub(crate) enum Fill<S> {
    /// A column that is made from several facts.
    Made(Builtin),
    /// The first of these fields that has a value, else this value.
    Fields(Vec<S>, Fixed),
}

/// What a resolver knows about a column.
pub(crate) enum Resolved<S> {
    /// The same for all records of the class.
    Fixed(Fixed),
    /// From these fields, the first that has a value.
    Fields(Vec<S>),
}

/// What all records of a class have in common.
pub(crate) struct ClassFacts<'c> {
    /// Name of the format.
    pub format: &'static str,
    /// `devicetype`.
    pub device_type: i64,
    /// `qideventid`.
    pub event_id: &'c str,
    /// `qideventcategory`.
    pub event_category: &'c str,
    /// The category by which the QID map knows the event, if it is another.
    pub qid_category: Option<&'c str>,
    /// Severity, where the record says so itself; else it is that of the QID.
    pub severity: Option<i64>,
    /// May fields of the record fill built-in columns that are else the same for a whole class?
    pub fields_first: bool,
    /// Was the record not understood?
    pub unparsed: bool,
}

/// How the events of one class of records are made.
#[derive(Debug)]
pub(crate) struct Plan<S> {
    /// Number of the plan among those of its worker.
    pub id: usize,
    /// May a record of this class match at all?
    pub wanted: bool,
    /// `devicetype`.
    device_type: i64,
    severity: i64,
    columns: Fills<S>,
    /// The columns that the row filter looks at, with their places among these alone.
    looked_at: Option<Fills<S>>,
    facts: Option<FactSources<S>>,
}

/// How columns are filled, each with its place in the batch.
#[derive(Clone, Debug)]
struct Fills<S> {
    /// The same for all records of the class.
    fixed: Vec<(usize, Type, Fixed)>,
    dynamic: Vec<(usize, Type, Fill<S>)>,
}

impl<S: Clone> Fills<S> {
    /// Only the columns that `place` knows, at the places that it gives.
    fn only(&self, place: impl Fn(usize) -> Option<usize>) -> Self {
        let fixed = self.fixed.iter().filter_map(|(at, ty, f)| Some((place(*at)?, *ty, f.clone())));
        let dynamic = self.dynamic.iter();
        let dynamic = dynamic.filter_map(|(at, ty, f)| Some((place(*at)?, *ty, f.clone())));
        Fills { fixed: fixed.collect(), dynamic: dynamic.collect() }
    }
}

/// Where the facts come from that several columns are made of.
#[derive(Debug)]
struct FactSources<S> {
    source_ip: Vec<S>,
    destination_ip: Vec<S>,
    source_port: Vec<S>,
    destination_port: Vec<S>,
    protocol: Vec<S>,
    username: Vec<S>,
    // What a record that was weighed before says of it; else it is worked out.
    direction: Vec<S>,
    relevance: Vec<S>,
    credibility: Vec<S>,
}

/// Credibility of an ordinary log source (event model, 4.3).
const CREDIBILITY: i64 = 5;

impl<S: Clone> Plan<S> {
    /// Makes the plan of a class and asks the class filter about it. `resolve` answers for columns
    /// that are no facts of the event model itself; it is also asked for the facts `sourceip`,
    /// `destinationip`, `sourceport`, `destinationport`, `protocolid` and `username`.
    pub(crate) fn new(
        id: usize,
        needs: &Needs,
        class: &ClassFacts<'_>,
        mut resolve: impl FnMut(&Column) -> Resolved<S>,
    ) -> Self {
        let catalog = Catalog::get();
        let qid_category = class.qid_category.unwrap_or(class.event_category);
        let qid: &Qid = catalog.qid_of(class.device_type, class.event_id, qid_category);
        let mut plan = Plan {
            id,
            wanted: true,
            device_type: class.device_type,
            severity: class.severity.unwrap_or(qid.severity),
            columns: Fills { fixed: Vec::new(), dynamic: Vec::new() },
            looked_at: None,
            facts: None,
        };
        let mut needs_facts = false;
        for (index, column) in needs.columns().iter().enumerate() {
            let resolved = match column.kind {
                ColumnKind::Builtin => match builtin::of(&column.name, class, qid) {
                    Some(Ok(fixed)) if class.fields_first => match resolve(column) {
                        Resolved::Fields(fields) if !fields.is_empty() => {
                            plan.columns.dynamic.push((
                                index,
                                column.ty,
                                Fill::Fields(fields, fixed),
                            ));
                            continue;
                        }
                        _ => Resolved::Fixed(fixed),
                    },
                    Some(Ok(fixed)) => Resolved::Fixed(fixed),
                    Some(Err(made)) => {
                        // What the record says goes before what is made; the first one counts.
                        if class.fields_first
                            && made.may_be_told()
                            && let Resolved::Fields(fields) = resolve(column)
                            && !fields.is_empty()
                        {
                            let fill = Fill::Fields(fields, Fixed::Null);
                            plan.columns.dynamic.push((index, column.ty, fill));
                        }
                        needs_facts |= made.needs_facts();
                        plan.columns.dynamic.push((index, column.ty, Fill::Made(made)));
                        continue;
                    }
                    None => resolve(column),
                },
                ColumnKind::Provenance => match &*column.name {
                    provenance::FORMAT => Resolved::Fixed(Fixed::Text(class.format.to_owned())),
                    provenance::FILE => {
                        plan.columns.dynamic.push((index, column.ty, Fill::Made(Builtin::File)));
                        continue;
                    }
                    provenance::RECORD => {
                        plan.columns.dynamic.push((index, column.ty, Fill::Made(Builtin::Record)));
                        continue;
                    }
                    provenance::FIELDS => {
                        plan.columns.dynamic.push((index, column.ty, Fill::Made(Builtin::Fields)));
                        continue;
                    }
                    _ => Resolved::Fixed(Fixed::Null),
                },
                ColumnKind::Property | ColumnKind::Field => resolve(column),
            };
            match resolved {
                Resolved::Fixed(fixed) => plan.columns.fixed.push((index, column.ty, fixed)),
                Resolved::Fields(fields) if fields.is_empty() => {
                    plan.columns.fixed.push((index, column.ty, Fixed::Null));
                }
                Resolved::Fields(fields) => {
                    plan.columns.dynamic.push((
                        index,
                        column.ty,
                        Fill::Fields(fields, Fixed::Null),
                    ));
                }
            }
        }
        if needs_facts {
            let mut fact = |name: &str, ty| {
                let column = Column::new(ColumnKind::Builtin, name, ty, aql_event::Encoding::Plain);
                match resolve(&column) {
                    Resolved::Fields(fields) => fields,
                    Resolved::Fixed(_) => Vec::new(),
                }
            };
            let mut told = |name: &str, ty| match class.fields_first {
                true => fact(name, ty),
                false => Vec::new(),
            };
            let (direction, relevance, credibility) = (
                told("eventdirection", Type::Text),
                told("relevance", Type::Integer),
                told("credibility", Type::Integer),
            );
            plan.facts = Some(FactSources {
                source_ip: fact("sourceip", Type::Host),
                destination_ip: fact("destinationip", Type::Host),
                source_port: fact("sourceport", Type::Integer),
                destination_port: fact("destinationport", Type::Integer),
                protocol: fact("protocolid", Type::Integer),
                username: fact("username", Type::Text),
                direction,
                relevance,
                credibility,
            });
            plan.drop_constant_facts();
        }
        match plan.asked(needs) {
            Wanted::Nothing => {
                plan.wanted = false;
                plan.columns = Fills { fixed: Vec::new(), dynamic: Vec::new() };
                return plan;
            }
            Wanted::All => {}
            // What is fixed stays: by it the rules that cannot match are known to be false.
            wanted @ Wanted::Columns(_) => {
                plan.columns.dynamic.retain(|(index, ..)| wanted.column(*index));
            }
        }
        if let Some(filter) = &needs.row_filter {
            let mut looked_at: Vec<&Column> = filter.columns().iter().collect();
            looked_at.sort();
            looked_at.dedup();
            let place = |at: usize| looked_at.binary_search(&needs.columns().get(at)?).ok();
            plan.looked_at = Some(plan.columns.only(place));
        }
        plan
    }

    /// The columns that differ from record to record, and how they are filled.
    pub(crate) fn dynamic(&self, which: Which) -> impl Iterator<Item = (usize, Type, &Fill<S>)> {
        let columns = self.columns_of(which);
        columns.dynamic.iter().map(|(index, ty, fill)| (*index, *ty, fill))
    }

    /// Facts that no field feeds are the same for all records.
    fn drop_constant_facts(&mut self) {
        let Some(facts) = &self.facts else { return };
        let Fills { fixed, dynamic } = &mut self.columns;
        dynamic.retain(|(index, ty, fill)| {
            let constant = match fill {
                Fill::Made(Builtin::Username) if facts.username.is_empty() => Fixed::Null,
                Fill::Made(Builtin::SourcePort) if facts.source_port.is_empty() => {
                    Fixed::Integer(0)
                }
                Fill::Made(Builtin::DestinationPort) if facts.destination_port.is_empty() => {
                    Fixed::Integer(0)
                }
                Fill::Made(Builtin::Protocol) if facts.protocol.is_empty() => {
                    Fixed::Integer(address::UNKNOWN_PROTOCOL)
                }
                _ => return true,
            };
            fixed.push((*index, *ty, constant));
            false
        });
    }

    /// What the class filter wants of records of this class.
    fn asked(&self, needs: &Needs) -> Wanted {
        let Some(filter) = &needs.class_filter else { return Wanted::All };
        let mut builder = BatchBuilder::of_one_row(needs);
        let mut known = vec![false; needs.columns().len()];
        for (index, ty, value) in &self.columns.fixed {
            value.set(&mut builder, *index, *ty);
            if let Some(flag) = known.get_mut(*index) {
                *flag = true;
            }
        }
        builder.end_row();
        let row = builder.finish();
        filter.wanted(&ClassRow { row: &row, known: &known })
    }
}

impl<S> Plan<S> {
    fn columns_of(&self, which: Which) -> &Fills<S> {
        match which {
            Which::All => &self.columns,
            Which::LookedAt => self.looked_at.as_ref().unwrap_or(&self.columns),
        }
    }
}

/// Two texts of working space, so that a record can look in two places for a value.
pub(crate) type Texts = [String; 2];

/// A record, as far as the event model asks for it. `S` names a field.
pub(crate) trait Record<S> {
    /// The value of a field, transformed as the field's source says. `scratch` is working space.
    fn value<'v>(&'v self, field: &S, scratch: &'v mut Texts) -> Option<Cow<'v, str>>;

    /// The host that sent it.
    fn host<'v>(&'v self, scratch: &'v mut String) -> Option<Cow<'v, str>>;

    /// The address it was sent from, if it is known by more than the host.
    fn sender<'v>(&'v self, _scratch: &'v mut String) -> Option<Cow<'v, str>> {
        None
    }

    /// The name of its log source and its number, as far as the record says so.
    fn log_source(&self) -> (Option<String>, Option<i64>) {
        (None, None)
    }

    /// Appends the raw record.
    fn payload(&self, out: &mut Vec<u8>);

    /// Calls `visit` with the name and the value of every field, in the order in which a query
    /// looks for them: where a name comes twice (in any case), the first one is found by it.
    fn each_field(&self, visit: &mut dyn FnMut(&str, &str));

    /// Makes a user name of the value of a username field.
    fn username<'v>(&self, value: &'v str) -> &'v str {
        value
    }
}

/// What is known about a record besides its fields.
pub(crate) struct RowFacts<'f> {
    /// Path of the file.
    pub file: &'f Arc<str>,
    /// Number of the record.
    pub record: u64,
    /// Epoch milliseconds, if known.
    pub time: Option<i64>,
}

/// Working space that is kept from record to record.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    text: Texts,
    host: String,
    payload: Vec<u8>,
    sources: FxHashMap<i64, Vec<(String, i64)>>,
    /// The addresses of the record before, as text: of source and destination.
    addresses: [Option<(IpAddr, String)>; 2],
}

/// The text of an address, which often is the one of the record before.
fn address_text(known: &mut Option<(IpAddr, String)>, address: IpAddr) -> &str {
    let is_known = known.as_ref().is_some_and(|(before, _)| *before == address);
    if !is_known {
        *known = None;
    }
    &known.get_or_insert_with(|| (address, address.to_string())).1
}

impl Scratch {
    /// The id of the log source of this type on this host.
    fn log_source(&mut self, sources: &LogSources, device_type: i64, host: &str) -> i64 {
        let known = self.sources.entry(device_type).or_default();
        if let Some((_, id)) = known.iter().find(|(name, _)| name == host) {
            return *id;
        }
        let short = Catalog::get().log_source_type(device_type).map_or("Unknown", |t| &t.short);
        let id = sources.enter(device_type, short, host);
        // Bounded: a log of many hosts must not make this list long.
        if known.len() >= 64 {
            known.clear();
        }
        known.push((host.to_owned(), id));
        id
    }
}

impl Scratch {
    /// The id of a log source of this name. One that is named as sources are named here is the
    /// source of that host.
    fn named_source(
        &mut self,
        sources: &LogSources,
        device_type: i64,
        name: &str,
        number: Option<i64>,
    ) -> i64 {
        let short = Catalog::get().log_source_type(device_type).map_or("Unknown", |t| &t.short);
        let host = name.strip_prefix(short).and_then(|rest| rest.strip_prefix(" @ "));
        match (host, number) {
            (Some(host), None) => self.log_source(sources, device_type, host),
            _ => sources.enter_named(device_type, name, number),
        }
    }
}

/// The addresses and all that is worked out from them.
#[derive(Clone, Copy)]
struct Addresses {
    source: IpAddr,
    destination: IpAddr,
    direction: Direction,
}

/// Which columns of an event are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those of the needs.
    All,
    /// Those that the row filter of the needs looks at.
    LookedAt,
}

/// Sets columns of one event in `builder`; the caller ends the row.
pub(crate) fn fill<S>(
    plan: &Plan<S>,
    which: Which,
    record: &impl Record<S>,
    facts: &RowFacts<'_>,
    needs: &Needs,
    scratch: &mut Scratch,
    builder: &mut BatchBuilder,
) {
    let columns = plan.columns_of(which);
    for (index, ty, value) in &columns.fixed {
        value.set(builder, *index, *ty);
    }
    let mut addresses = None;
    for (index, ty, fill) in &columns.dynamic {
        let index = *index;
        let made = match fill {
            Fill::Fields(fields, otherwise) => {
                for field in fields {
                    if let Some(value) = record.value(field, &mut scratch.text) {
                        set_text(builder, index, *ty, &value);
                        break;
                    }
                }
                // Not set if it had no value, or one that the column cannot hold.
                otherwise.set(builder, index, *ty);
                continue;
            }
            Fill::Made(made) => made,
        };
        let mut addresses = || {
            *addresses.get_or_insert_with(|| {
                addresses_of(plan, record, &mut scratch.text, &mut scratch.host)
            })
        };
        match made {
            Builtin::Time => {
                if let Some(time) = facts.time {
                    builder.set_integer(index, time);
                }
            }
            Builtin::File => builder.set_text(index, facts.file),
            Builtin::Record => {
                builder.set_integer(index, i64::try_from(facts.record).unwrap_or(i64::MAX));
            }
            Builtin::Payload => {
                scratch.payload.clear();
                record.payload(&mut scratch.payload);
                if *ty == Type::Binary {
                    builder.set_binary(index, &scratch.payload);
                } else {
                    builder.set_text(index, &String::from_utf8_lossy(&scratch.payload));
                }
            }
            Builtin::Fields => {
                scratch.payload.clear();
                record.each_field(&mut |name, value| {
                    fields::push(&mut scratch.payload, name, value);
                });
                builder.set_binary(index, &scratch.payload);
            }
            Builtin::SourceIp => {
                let source = addresses().source;
                builder.set_text(index, address_text(&mut scratch.addresses[0], source));
            }
            Builtin::DestinationIp => {
                let destination = addresses().destination;
                builder.set_text(index, address_text(&mut scratch.addresses[1], destination));
            }
            Builtin::SourceV6 => {
                builder.set_text(index, &address::v6_text(addresses().source));
            }
            Builtin::DestinationV6 => {
                builder.set_text(index, &address::v6_text(addresses().destination));
            }
            Builtin::Direction => builder.set_text(index, addresses().direction.name()),
            Builtin::Relevance => {
                let direction = addresses().direction;
                builder.set_integer(index, weights(plan, record, direction, scratch).0);
            }
            Builtin::Magnitude => {
                let direction = addresses().direction;
                let (relevance, credibility) = weights(plan, record, direction, scratch);
                let magnitude = address::magnitude(relevance, plan.severity, credibility);
                builder.set_integer(index, magnitude);
            }
            Builtin::SourcePort => {
                let port = port(record, plan.facts.as_ref().map(|f| &f.source_port), scratch);
                builder.set_integer(index, port);
            }
            Builtin::DestinationPort => {
                let port = port(record, plan.facts.as_ref().map(|f| &f.destination_port), scratch);
                builder.set_integer(index, port);
            }
            Builtin::Protocol => {
                let mut number = None;
                for field in plan.facts.iter().flat_map(|f| &f.protocol) {
                    let value = record.value(field, &mut scratch.text);
                    number = number.or_else(|| address::protocol_number(value.as_deref()?));
                }
                let number = number.unwrap_or(address::UNKNOWN_PROTOCOL);
                builder.set_integer(index, number);
            }
            Builtin::Username => {
                let fields = plan.facts.iter().flat_map(|f| &f.username);
                for field in fields {
                    if let Some(value) = record.value(field, &mut scratch.text) {
                        builder.set_text(index, record.username(&value));
                        break;
                    }
                }
            }
            Builtin::LogSource => {
                let mut host_text = std::mem::take(&mut scratch.host);
                let id = if let (Some(name), number) = record.log_source() {
                    scratch.named_source(&needs.log_sources, plan.device_type, &name, number)
                } else {
                    let host = record.host(&mut host_text);
                    let host = host.as_deref().filter(|h| !h.is_empty()).unwrap_or("unknown");
                    scratch.log_source(&needs.log_sources, plan.device_type, host)
                };
                scratch.host = host_text;
                builder.set_integer(index, id);
            }
        }
    }
}

/// Relevance and credibility: as the record says, else the relevance of the direction (again as the
/// record says) and that of an ordinary log source.
fn weights<S>(
    plan: &Plan<S>,
    record: &impl Record<S>,
    direction: Direction,
    scratch: &mut Scratch,
) -> (i64, i64) {
    let Some(facts) = &plan.facts else { return (direction.relevance(), CREDIBILITY) };
    let mut weight = |fields: &[S]| {
        let mut told = fields
            .iter()
            .filter_map(|field| record.value(field, &mut scratch.text)?.trim().parse::<i64>().ok());
        told.find(|weight| (0..=10).contains(weight))
    };
    let (relevance, credibility) = (weight(&facts.relevance), weight(&facts.credibility));
    let mut told = facts.direction.iter().filter_map(|field| {
        let value = record.value(field, &mut scratch.text);
        value.as_deref().and_then(Direction::named)
    });
    let direction = told.next().unwrap_or(direction);
    (relevance.unwrap_or(direction.relevance()), credibility.unwrap_or(CREDIBILITY))
}

fn port<S>(record: &impl Record<S>, fields: Option<&Vec<S>>, scratch: &mut Scratch) -> i64 {
    let fields = fields.map(Vec::as_slice).unwrap_or_default();
    for field in fields {
        let value = record.value(field, &mut scratch.text);
        if let Some(port) = value.and_then(|v| v.trim().parse::<u16>().ok()) {
            return i64::from(port);
        }
    }
    0
}

fn addresses_of<S>(
    plan: &Plan<S>,
    record: &impl Record<S>,
    text: &mut Texts,
    host: &mut String,
) -> Addresses {
    let mut find = |fields: Option<&Vec<S>>| {
        for field in fields.map(Vec::as_slice).unwrap_or_default() {
            let value = record.value(field, text);
            if let Some(found) = value.as_deref().and_then(canonical_host) {
                return Some(found);
            }
        }
        None
    };
    let source = find(plan.facts.as_ref().map(|f| &f.source_ip));
    let destination = find(plan.facts.as_ref().map(|f| &f.destination_ip));
    // An address that the payload lacks is that of the sender (IBM support, "How the Source IP
    // and Destination IP are determined from events"); of a file only its host name tells.
    let mut sender = || {
        let told = record.sender(host).as_deref().and_then(canonical_host);
        told.or_else(|| record.host(host).as_deref().and_then(canonical_host))
            .unwrap_or(address::UNKNOWN_SENDER)
    };
    let (source, destination) = match (source, destination) {
        (Some(source), Some(destination)) => (source, destination),
        (source, destination) => {
            let sender = sender();
            (source.unwrap_or(sender), destination.unwrap_or(sender))
        }
    };
    Addresses { source, destination, direction: Direction::of(source, destination) }
}

/// Sets a value given as text; a time may also be written out.
fn set_text(builder: &mut BatchBuilder, column: usize, ty: Type, text: &str) {
    match ty {
        Type::Time => match parse_iso(text) {
            Some(time) => builder.set_integer(column, time),
            None => builder.set_text(column, text),
        },
        _ => builder.set_text(column, text),
    }
}
