//! Records: their system values and fields, decoded when asked for.

use std::borrow::Cow;

use super::bytes;
use super::decoder::{Decoder, Entry, ShapeId, View};
use super::error::Error;
use super::plan::{Field, FieldName, Location, Plan, Section, Source, SystemField};
use super::program::{Op, Program};
use super::time;
use super::value::{self, Value};
use super::xml;

/// One event record. Cheap to copy; nothing of it is decoded until it is asked for.
///
/// Texts are given in two ways: into a scratch `String` of the caller's, which costs no
/// allocation, or as a `Cow`.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    view: View<'a>,
    entry: &'a Entry,
    plan: &'a Plan,
}

/// The place of a field or system value in all records of one shape. Made by [`Record::slot`].
///
/// Used with a record of another shape it yields another field's value or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(SlotKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SlotKind {
    Field(u32),
    System(SystemField),
}

impl<'a> Record<'a> {
    pub(super) fn new(decoder: &'a Decoder, data: &'a [u8], entry: &'a Entry) -> Self {
        let view = View { decoder, data, frag: entry.frag };
        Record { view, entry, plan: decoder.plan_of(entry) }
    }

    /// The record number in the record's header. Usually the same as
    /// [`Record::event_record_id`], but not in files that were cut from other files.
    pub fn record_number(&self) -> u64 {
        self.entry.raw.number
    }

    /// The time in the record's header, in milliseconds since 1970-01-01 UTC. Some writers leave
    /// it unset, which reads as the year 1601: prefer [`Record::time_created_ms`].
    pub fn header_time_ms(&self) -> Option<i64> {
        time::filetime_to_ms(self.entry.raw.time)
    }

    /// Where the record starts in its chunk.
    pub fn offset(&self) -> usize {
        self.entry.raw.offset
    }

    /// The record's size as its header has it, and as it is repeated behind it. They differ where
    /// one of them was overwritten, and with it most likely a part of the record.
    pub fn sizes(&self) -> (u32, u32) {
        let (start, (_, end)) = (self.entry.raw.offset, self.entry.raw.body);
        let repeated = bytes::u32_at(self.view.data, end).unwrap_or_default();
        (u32::try_from(end + 4 - start).unwrap_or(u32::MAX), repeated)
    }

    /// Identifies the record's layout. `None` for the few records whose fields have to be looked
    /// up by name each time: those without a template, and those whose field names are values.
    pub fn shape(&self) -> Option<ShapeId> {
        self.view.decoder.shape_of(self.entry)
    }

    // System values.

    /// The text of a system value, decoded into `scratch` unless it is constant. `None` when the
    /// record does not have it.
    #[inline]
    pub fn system_text<'s>(&self, field: SystemField, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        self.text(self.plan.system(field)?, scratch)
    }

    /// The text of a system value.
    pub fn system(&self, field: SystemField) -> Option<Cow<'a, str>> {
        self.cow(self.plan.system(field)?)
    }

    /// A system value as a number: see [`Value::as_u64`].
    #[inline]
    pub fn system_u64(&self, field: SystemField) -> Option<u64> {
        self.number(self.plan.system(field)?)
    }

    fn system_u32(&self, field: SystemField) -> Option<u32> {
        self.system_u64(field).and_then(|value| u32::try_from(value).ok())
    }

    /// `EventID`.
    #[inline]
    pub fn event_id(&self) -> Option<u32> {
        self.system_u32(SystemField::EventId)
    }

    /// `Channel`, such as `Security`.
    #[inline]
    pub fn channel(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::Channel)
    }

    /// `Provider/@Name`.
    #[inline]
    pub fn provider(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::ProviderName)
    }

    /// `Provider/@Guid`.
    pub fn provider_guid(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::ProviderGuid)
    }

    /// `Computer`.
    pub fn computer(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::Computer)
    }

    /// `Security/@UserID`, a SID.
    pub fn user_id(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::UserId)
    }

    /// `Correlation/@ActivityID`, a GUID.
    pub fn activity_id(&self) -> Option<Cow<'a, str>> {
        self.system(SystemField::ActivityId)
    }

    /// `TimeCreated/@SystemTime`, in milliseconds since 1970-01-01 UTC.
    #[inline]
    pub fn time_created_ms(&self) -> Option<i64> {
        self.time(self.plan.system(SystemField::TimeCreated)?)
    }

    /// `EventRecordID`.
    pub fn event_record_id(&self) -> Option<u64> {
        self.system_u64(SystemField::EventRecordId)
    }

    /// `Level`: 1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 for every level.
    pub fn level(&self) -> Option<u32> {
        self.system_u32(SystemField::Level)
    }

    /// `Task`.
    pub fn task(&self) -> Option<u32> {
        self.system_u32(SystemField::Task)
    }

    /// `Opcode`.
    pub fn opcode(&self) -> Option<u32> {
        self.system_u32(SystemField::Opcode)
    }

    /// `Keywords`, a bit mask.
    pub fn keywords(&self) -> Option<u64> {
        self.system_u64(SystemField::Keywords)
    }

    /// `Version` of the event's definition.
    pub fn version(&self) -> Option<u32> {
        self.system_u32(SystemField::Version)
    }

    /// `EventID/@Qualifiers`, the upper half of a classic event's identifier.
    pub fn qualifiers(&self) -> Option<u32> {
        self.system_u32(SystemField::Qualifiers)
    }

    /// `Execution/@ProcessID`.
    pub fn process_id(&self) -> Option<u32> {
        self.system_u32(SystemField::ProcessId)
    }

    /// `Execution/@ThreadID`.
    pub fn thread_id(&self) -> Option<u32> {
        self.system_u32(SystemField::ThreadId)
    }

    /// Appends the encoded values of these system values: records of one shape in which they are
    /// the same have the same texts of them. `false` if that cannot be told from single values.
    pub(crate) fn push_raw_system(&self, fields: &[SystemField], out: &mut Vec<u8>) -> bool {
        fields.iter().all(|field| {
            let Some(location) = self.plan.system(*field) else { return true };
            match location.source {
                _ if !self.is_present(location) => out.extend([0xff, 0xff]),
                Source::Empty | Source::Text(_) => out.extend([0xff, 0xfe]),
                Source::Value(index) => {
                    let Some(value) = self.view.value(location.frag, index) else { return false };
                    let (kind, bytes) = value.encoded();
                    out.push(kind);
                    // A value is shorter than its chunk.
                    out.extend((bytes.len() as u16).to_le_bytes());
                    out.extend_from_slice(bytes);
                }
                Source::Mixed(..) => return false,
            }
            true
        })
    }

    // Event data.

    /// The first field of that exact name: the `Name` of a `Data` element, or the name of
    /// another leaf element of `EventData` or `UserData`. `Data` is the first unnamed one.
    /// `None` when there is none; a field without a value is an empty text. Arrays are their
    /// items with commas between.
    pub fn field(&self, name: &str) -> Option<Cow<'a, str>> {
        self.find(|found| found == name)
    }

    /// Like [`Record::field`], in any (ASCII) case.
    pub fn field_ignoring_case(&self, name: &str) -> Option<Cow<'a, str>> {
        self.find(|found| found.eq_ignore_ascii_case(name))
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<Cow<'a, str>> {
        let mut scratch = String::new();
        self.data_fields()
            .filter(|field| self.name(field, &mut scratch).is_some_and(&wanted))
            .find_map(|field| self.cow(&field.location))
    }

    /// A text of `RenderingInfo`, which forwarded events carry: `Message`, `Level`, `Task`,
    /// `Opcode`, `Channel`, `Provider`, `Keyword`.
    pub fn rendering_info(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut scratch = String::new();
        self.plan
            .fields()
            .iter()
            .filter(|field| field.section == Section::RenderingInfo)
            .filter(|field| self.name(field, &mut scratch) == Some(name))
            .find_map(|field| self.cow(&field.location))
    }

    /// The texts of the `Data` elements without a `Name`, in order. A string array yields one
    /// text for each of its items.
    pub fn unnamed(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut scratch = String::new();
        let mut length = 0;
        for field in self.data_fields() {
            if matches!(field.name, FieldName::Unnamed) && length <= xml::MAX_TEXT {
                self.items(field, &mut scratch, |text| {
                    length += text.len();
                    texts.push(text.to_owned());
                });
            }
        }
        texts
    }

    /// Calls `each` with the name and text of every field of `EventData` and `UserData`, in
    /// document order. Unnamed ones are called `Data`; array items come one by one. `scratch` is
    /// only working space. Stops after 2 MiB of text, which no real record holds.
    pub fn for_each_field(&self, scratch: &mut String, mut each: impl FnMut(&str, &str)) {
        let mut name = String::new();
        let mut length = 0;
        for field in self.data_fields() {
            let name = self.name(field, &mut name).unwrap_or_default();
            self.items(field, scratch, |text| {
                length += text.len();
                each(name, text);
            });
            if length > xml::MAX_TEXT {
                return;
            }
        }
    }

    fn data_fields(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        self.plan.fields().iter().filter(|field| field.section != Section::RenderingInfo)
    }

    fn name<'s>(&self, field: &'a Field, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        match &field.name {
            FieldName::Known(name) => Some(name),
            FieldName::Unnamed => Some("Data"),
            FieldName::Dynamic(source) => {
                let name = self.source(field.location.frag, *source, scratch);
                Some(if name.is_empty() { "Data" } else { name })
            }
        }
    }

    /// Calls `each` with the field's text, or with each item's when an array repeats it.
    fn items(&self, field: &'a Field, scratch: &mut String, mut each: impl FnMut(&str)) {
        let location = &field.location;
        if let Source::Value(index) = location.source
            && field.repeats
            && self.view.has_arrays(location.frag)
            && self.is_present(location)
            && let Some(value) = self.view.value(location.frag, index)
            && value.is_array()
            && value.item_count() > 1
        {
            value.for_each_item(|item| {
                scratch.clear();
                item.write_text(scratch);
                each(scratch);
                true
            });
            return;
        }
        if let Some(text) = self.text(location, scratch) {
            each(text);
        }
    }

    // Slots.

    /// The place of a field, or of a system value of that usual name when no field has it; the
    /// same for all records with this record's [`shape`](Record::shape). Exact names.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.find_slot(|found| found == name).or_else(|| {
            SystemField::from_name(name)
                .filter(|field| field.name() == name)
                .and_then(|field| self.system_slot(field))
        })
    }

    /// Like [`Record::slot`], in any (ASCII) case.
    pub fn slot_ignoring_case(&self, name: &str) -> Option<Slot> {
        self.find_slot(|found| found.eq_ignore_ascii_case(name))
            .or_else(|| SystemField::from_name(name).and_then(|field| self.system_slot(field)))
    }

    /// The place of a system value.
    pub fn system_slot(&self, field: SystemField) -> Option<Slot> {
        self.plan.system(field).map(|_| Slot(SlotKind::System(field)))
    }

    fn find_slot(&self, wanted: impl Fn(&str) -> bool) -> Option<Slot> {
        let mut scratch = String::new();
        self.plan
            .fields()
            .iter()
            .position(|field| {
                field.section != Section::RenderingInfo
                    && self.name(field, &mut scratch).is_some_and(&wanted)
            })
            .map(|index| Slot(SlotKind::Field(index as u32)))
    }

    fn location(&self, slot: Slot) -> Option<&'a Location> {
        match slot.0 {
            SlotKind::Field(index) => {
                self.plan.fields().get(index as usize).map(|field| &field.location)
            }
            SlotKind::System(field) => self.plan.system(field),
        }
    }

    /// The text at a slot, decoded into `scratch` unless it is constant. `None` when this record
    /// leaves the field out.
    #[inline]
    pub fn slot_value<'s>(&self, slot: Slot, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        self.text(self.location(slot)?, scratch)
    }

    /// The number at a slot: see [`Value::as_u64`].
    #[inline]
    pub fn slot_u64(&self, slot: Slot) -> Option<u64> {
        self.number(self.location(slot)?)
    }

    /// The time at a slot, in milliseconds since 1970-01-01 UTC: see [`Value::as_time_ms`].
    pub fn slot_time_ms(&self, slot: Slot) -> Option<i64> {
        self.time(self.location(slot)?)
    }

    /// The encoded value at a slot, when its text is that of one value and no constant.
    pub fn slot_raw(&self, slot: Slot) -> Option<Value<'a>> {
        self.single_value(self.location(slot)?)
    }

    // The whole event.

    /// Appends the event as XML, without indentation and without an XML declaration.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] and [`Error::Depth`] when a crafted record would become larger than
    /// 2 MiB or nest deeper than any real one; `out` then holds the part written so far.
    pub fn write_xml(&self, out: &mut String) -> Result<(), Error> {
        xml::write(self.view, self.entry.raw.offset, out)
    }

    // Decoding.

    fn is_present(&self, location: &Location) -> bool {
        location.dependencies.iter().all(|&(frag, index)| !self.view.is_left_out(frag, index))
    }

    #[inline]
    fn text<'s>(&self, location: &Location, scratch: &'s mut String) -> Option<&'s str>
    where
        'a: 's,
    {
        self.is_present(location).then(|| self.source(location.frag, location.source, scratch))
    }

    fn cow(&self, location: &Location) -> Option<Cow<'a, str>> {
        if let Source::Text(span) = location.source
            && self.is_present(location)
        {
            let program = self.view.program(location.frag);
            return Some(Cow::Borrowed(program.map_or("", |program| program.text(span))));
        }
        let mut text = String::new();
        self.text(location, &mut text)?;
        Some(Cow::Owned(text))
    }

    #[inline]
    fn source<'s>(&self, frag: u32, source: Source, scratch: &'s mut String) -> &'s str
    where
        'a: 's,
    {
        scratch.clear();
        match source {
            Source::Empty => {}
            Source::Text(span) => {
                return self.view.program(frag).map_or("", |program| program.text(span));
            }
            Source::Value(index) => {
                if let Some(value) = self.view.value(frag, index) {
                    value.write_text(scratch);
                }
            }
            Source::Mixed(start, end) => self.mixed(frag, start, end, scratch),
        }
        scratch
    }

    fn mixed(&self, frag: u32, start: u32, end: u32, out: &mut String) {
        let Some(program) = self.view.program(frag) else {
            return;
        };
        for op in program.ops().get(start as usize..end as usize).unwrap_or_default() {
            match *op {
                Op::Text(span) | Op::CData(span) => out.push_str(program.text(span)),
                Op::Entity(name) => push_entity(program, name, out),
                Op::Character(number) => {
                    let character = char::from_u32(u32::from(number));
                    out.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Op::Value { index } => {
                    if let Some(value) = self.view.value(frag, index) {
                        value.write_text(out);
                    }
                }
                Op::PiTarget(_) | Op::PiData(_) => {}
                Op::Open { .. } | Op::Attribute { .. } | Op::Close { .. } => {}
            }
        }
    }

    #[inline]
    fn single_value(&self, location: &Location) -> Option<Value<'a>> {
        match location.source {
            Source::Value(index) if self.is_present(location) => {
                self.view.value(location.frag, index)
            }
            _ => None,
        }
    }

    #[inline]
    fn number(&self, location: &Location) -> Option<u64> {
        if let Some(value) = self.single_value(location) {
            return value.as_u64();
        }
        value::parse_u64(self.text(location, &mut String::new())?)
    }

    #[inline]
    fn time(&self, location: &Location) -> Option<i64> {
        if let Some(value) = self.single_value(location) {
            return value.as_time_ms();
        }
        time::parse_time_ms(self.text(location, &mut String::new())?)
    }
}

/// Appends what an entity reference stands for, or the reference itself when it is none of XML's
/// own.
fn push_entity(program: &Program, name: super::program::Span, out: &mut String) {
    match program.text(name) {
        "amp" => out.push('&'),
        "lt" => out.push('<'),
        "gt" => out.push('>'),
        "quot" => out.push('"'),
        "apos" => out.push('\''),
        other => {
            out.push('&');
            out.push_str(other);
            out.push(';');
        }
    }
}
