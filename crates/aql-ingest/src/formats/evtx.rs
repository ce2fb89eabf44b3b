//! Windows event log files: from chunks to events.
//!
//! The binary format itself is read by [`crate::evtx`]. Here chunks are taken from a stream, a
//! record's class is decided from its header before anything else of it is decoded, and the places
//! of the fields that a plan asks for are looked up once per layout of records.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use aql_diag::{Diagnostic, codes};
use rustc_hash::FxHashMap;

use super::windows_xml::unnamed_index;
use super::{Format, Layout};
use crate::evtx::{
    CHUNK_MAGIC, CHUNK_SIZE, Chunk, Decoder, Error, FileHeader, FileSlot, Record, ShapeId, Slot,
    SystemField, chunks,
};
use crate::normalise::windows::{Class, ClassPlan, Field, Place, WindowsRecord};
use crate::out::Out;
use crate::stream::Stream;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "evtx",
    about: "Windows event log files, also damaged and carved ones",
    by: "the signature of the file or of a chunk",
    layout: Layout::Evtx,
};

/// Bytes of chunks that are taken from the stream at once.
const WINDOW: usize = 16 * CHUNK_SIZE;

/// Slot rows, and classes of shapes, that are kept at once.
const MAX_ROWS: usize = 1 << 16;

/// Classes that are kept of one shape.
const MAX_CLASSES: usize = 8;

/// The system values that make the class of a record.
const OF_CLASS: [SystemField; 4] =
    [SystemField::ProviderName, SystemField::Channel, SystemField::EventId, SystemField::Level];

/// Where the fields of a plan are in records of one shape: not looked for yet, absent, or at a
/// slot.
type SlotRow = Rc<RefCell<Vec<Option<Option<Slot>>>>>;

/// A class of records of one shape, known by the encoded values that make it.
#[derive(Debug)]
struct Known {
    values: Box<[u8]>,
    class: Rc<ClassPlan>,
    slots: SlotRow,
}

/// What a worker knows of the plans and shapes that it has met.
#[derive(Debug, Default)]
pub(crate) struct SlotTable {
    rows: FxHashMap<(usize, usize), SlotRow>,
    classes: FxHashMap<usize, Vec<Known>>,
}

impl SlotTable {
    fn row(&mut self, plan: usize, record: &Record<'_>) -> SlotRow {
        match record.shape() {
            // Bounded, as the classes are.
            Some(_) if self.rows.len() >= MAX_ROWS => {
                self.rows.clear();
                SlotRow::default()
            }
            Some(shape) => Rc::clone(self.rows.entry((plan, shape.index())).or_default()),
            None => SlotRow::default(),
        }
    }

    /// The class of a record whose system values are encoded so.
    fn class(&self, shape: ShapeId, values: &[u8]) -> Option<(Rc<ClassPlan>, SlotRow)> {
        let of_shape = self.classes.get(&shape.index())?;
        let known = of_shape.iter().find(|known| *known.values == *values)?;
        Some((Rc::clone(&known.class), Rc::clone(&known.slots)))
    }

    fn remember(&mut self, shape: ShapeId, values: &[u8], class: &Rc<ClassPlan>, slots: &SlotRow) {
        if self.classes.len() >= MAX_ROWS {
            self.classes.clear();
        }
        let of_shape = self.classes.entry(shape.index()).or_default();
        if of_shape.len() < MAX_CLASSES {
            of_shape.push(Known {
                values: values.into(),
                class: Rc::clone(class),
                slots: Rc::clone(slots),
            });
        }
    }
}

/// Reads the chunks of a stream that starts at `start` of the file (0, or a multiple of the chunk
/// size behind the header block) up to those that start at `end`.
pub(crate) fn read(stream: &mut Stream<'_>, end: Option<u64>, out: &mut Out<'_>) {
    out.report().format.get_or_insert(FORMAT.name);
    let mut header = header(stream, out);
    let mut decoder = std::mem::take(&mut out.decoder);
    let mut scratch = Scratch::default();
    loop {
        stream.fill(WINDOW + CHUNK_SIZE + CHUNK_MAGIC.len());
        let base = stream.offset();
        if stream.window().is_empty() || end.is_some_and(|end| base >= end) {
            break;
        }
        let is_last = stream.ended();
        let mut used = header.block_size.min(stream.window().len());
        let mut looked_at = out.begin_look().then(Vec::new);
        for slot in chunks(stream.window(), &header) {
            let (offset, length) = match &slot {
                FileSlot::Chunk(chunk) => (chunk.offset(), chunk.data().len()),
                FileSlot::Unused { offset } => {
                    let left = stream.window().len() as u64 - offset;
                    (*offset, usize::try_from(left).unwrap_or(CHUNK_SIZE).min(CHUNK_SIZE))
                }
                FileSlot::Lost { offset, data, .. } => (*offset, data.len()),
                FileSlot::FileHeader { offset, header } => (*offset, header.block_size),
                #[expect(unreachable_patterns, reason = "the enum may grow")]
                _ => continue,
            };
            if (offset >= WINDOW as u64 && !is_last) || end.is_some_and(|end| base + offset >= end)
            {
                break;
            }
            used = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(length);
            match slot {
                FileSlot::Chunk(chunk) => {
                    if let Ok(chunk) = Chunk::parse(chunk.data(), base + offset) {
                        read_chunk(chunk, &mut decoder, &mut scratch, &mut looked_at, out);
                    }
                }
                FileSlot::Lost { data, .. } => {
                    lost_chunk(
                        data,
                        base + offset,
                        &mut decoder,
                        &mut scratch,
                        &mut looked_at,
                        out,
                    );
                }
                FileSlot::FileHeader { offset, .. } => {
                    let message = "another event log begins inside the file";
                    let diagnostic = Diagnostic::warning(codes::DAMAGED, message)
                        .note("its records are read, too; they have numbers of their own");
                    out.diagnose_offset(diagnostic, base + offset);
                }
                _ => {}
            }
            if out.stopped() {
                break;
            }
        }
        if let Some(chunks) = looked_at {
            take_whole(&chunks, &mut decoder, &mut scratch, out);
        }
        header.block_size = 0;
        stream.consume(used);
        if out.stopped() || (is_last && used == 0) {
            break;
        }
    }
    out.decoder = decoder;
}

/// The file's header, if the stream starts with one; what is skipped is its `block_size`.
fn header(stream: &mut Stream<'_>, out: &mut Out<'_>) -> FileHeader {
    let none = FileHeader {
        first_chunk: 0,
        last_chunk: 0,
        next_record_number: 0,
        minor_version: 0,
        major_version: 0,
        block_size: 0,
        chunk_count: 0,
        flags: 0,
        checksum_ok: true,
    };
    if stream.offset() != 0 {
        return none;
    }
    stream.fill(2 * CHUNK_SIZE);
    match FileHeader::parse(stream.window()) {
        Ok(header) => {
            if !header.checksum_ok {
                let message = "the checksum of the file header does not match its bytes";
                out.diagnose_offset(Diagnostic::warning(codes::DAMAGED, message), 0);
            }
            header
        }
        Err(error) => {
            let code = match error {
                Error::Truncated { .. } => codes::TRUNCATED,
                _ => codes::DAMAGED,
            };
            let diagnostic =
                Diagnostic::error(code, format!("the file header is damaged: {error}"));
            out.lost(diagnostic.note("chunks were searched for all the same"), None);
            let first = memchr::memmem::find(stream.window(), CHUNK_MAGIC);
            FileHeader { block_size: first.unwrap_or(stream.window().len()), ..none }
        }
    }
}

#[derive(Default)]
struct Scratch {
    provider: String,
    channel: String,
    /// The encoded values that make the class of a record.
    values: Vec<u8>,
}

/// The chunks whose records are only looked at, if they are.
type LookedAt<'a> = Option<Vec<Chunk<'a>>>;

fn read_chunk<'a>(
    chunk: Chunk<'a>,
    decoder: &mut Decoder,
    scratch: &mut Scratch,
    looked_at: &mut LookedAt<'a>,
    out: &mut Out<'_>,
) {
    for defect in chunk.defects() {
        let diagnostic = Diagnostic::warning(codes::DAMAGED, defect.to_string());
        out.diagnose_offset(diagnostic, chunk.offset());
    }
    let first = looked_at.as_ref().map_or(0, |chunks| name(chunks.len(), 0));
    let before = out.looked_at();
    for (record, name) in decoder.decode(&chunk).zip(first..) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let diagnostic =
                    Diagnostic::error(codes::BAD_RECORD, format!("record lost: {}", error.source));
                let offset = Some(error.chunk_offset + error.record_offset);
                out.report().lost += 1;
                out.report().add(diagnostic, offset, error.record_number);
                continue;
            }
        };
        if let (size, repeated) = record.sizes()
            && size != repeated
        {
            let message = format!("the size behind the record is {repeated}, expected {size}");
            let diagnostic = Diagnostic::warning(codes::DAMAGED, message)
                .note("what is left of the record was read; values may be missing, cut or wrong");
            let offset = chunk.offset() + record.offset() as u64;
            out.report().add(diagnostic, Some(offset), Some(record.record_number()));
        }
        out.look_at(name);
        take(record, scratch, out);
    }
    if let Some(chunks) = looked_at
        && out.looked_at() > before
    {
        chunks.push(chunk);
    }
}

/// The name by which a record is found again: the place of its chunk among those that are looked
/// at, and its own in the chunk, which holds far fewer than this has room for.
fn name(chunk: usize, record: usize) -> u32 {
    u32::try_from(chunk << 16 | record).unwrap_or(u32::MAX)
}

/// Takes the records whole that the row filter has left.
fn take_whole(
    chunks: &[Chunk<'_>],
    decoder: &mut Decoder,
    scratch: &mut Scratch,
    out: &mut Out<'_>,
) {
    let names = out.end_look();
    for of_chunk in names.chunk_by(|a, b| a >> 16 == b >> 16) {
        let Some(chunk) = of_chunk.first().and_then(|name| chunks.get((name >> 16) as usize))
        else {
            continue;
        };
        let mut records = decoder.decode(chunk);
        let mut next = 0;
        for record in of_chunk.iter().map(|name| (name & 0xffff) as usize) {
            if let Some(Ok(found)) = records.nth(record - next) {
                out.again(|out| take(found, scratch, out));
            }
            next = record + 1;
        }
    }
}

/// Reads what can be read of a chunk without its magic; says what is lost otherwise.
fn lost_chunk<'a>(
    data: &'a [u8],
    offset: u64,
    decoder: &mut Decoder,
    scratch: &mut Scratch,
    looked_at: &mut LookedAt<'a>,
    out: &mut Out<'_>,
) {
    let salvaged = Chunk::salvage(data, offset)
        .ok()
        .filter(|chunk| decoder.decode(chunk).any(|record| record.is_ok()));
    match salvaged {
        Some(chunk) => read_chunk(chunk, decoder, scratch, looked_at, out),
        None => {
            let error = Chunk::parse(data, offset).err();
            let message = error.map_or("a chunk holds no record".to_owned(), |e| e.to_string());
            let diagnostic = Diagnostic::error(codes::DAMAGED, message)
                .note(format!("{} bytes hold no readable record", data.len()));
            out.report().lost += 1;
            out.diagnose_offset(diagnostic, offset);
        }
    }
}

fn take(record: Record<'_>, scratch: &mut Scratch, out: &mut Out<'_>) {
    let (class, slots) = class(&record, scratch, out);
    let number = record.record_number();
    out.windows_row(&class, &EvtxEvent { record, slots }, number);
}

/// The class of a record, and where the fields of its plan are.
fn class(
    record: &Record<'_>,
    scratch: &mut Scratch,
    out: &mut Out<'_>,
) -> (Rc<ClassPlan>, SlotRow) {
    let Scratch { provider, channel, values } = scratch;
    values.clear();
    let shape = record.shape().filter(|_| record.push_raw_system(&OF_CLASS, values));
    if let Some(known) = shape.and_then(|shape| out.slots.class(shape, values)) {
        return known;
    }
    let class = out.windows_class(Class {
        format: FORMAT.name,
        provider: record.system_text(SystemField::ProviderName, provider).unwrap_or_default(),
        channel: record.system_text(SystemField::Channel, channel).unwrap_or_default(),
        event_id: record.event_id(),
        level: record.level(),
    });
    let slots = out.slots.row(class.plan.id, record);
    if let Some(shape) = shape {
        out.slots.remember(shape, values, &class, &slots);
    }
    (class, slots)
}

struct EvtxEvent<'r> {
    record: Record<'r>,
    slots: SlotRow,
}

impl EvtxEvent<'_> {
    /// The slot of a field of the event's data; a system value of that name is none.
    fn find(&self, name: &str) -> Option<Slot> {
        let slot = self.record.slot_ignoring_case(name)?;
        let system = SystemField::from_name(name).and_then(|f| self.record.system_slot(f));
        (system != Some(slot)).then_some(slot)
    }

    fn slot(&self, field: &Field) -> Option<Slot> {
        if self.record.shape().is_none() {
            return self.find(&field.name);
        }
        let mut slots = self.slots.borrow_mut();
        if slots.len() <= field.index {
            slots.resize(field.index + 1, None);
        }
        let known = slots.get_mut(field.index)?;
        *known.get_or_insert_with(|| self.find(&field.name))
    }
}

impl WindowsRecord for EvtxEvent<'_> {
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        self.record.system_text(field, scratch).map(Cow::Borrowed)
    }

    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        if field.place == Place::Rendering {
            return self.record.rendering_info(&field.name);
        }
        if let Some(index) = unnamed_index(&field.name) {
            let unnamed = self.record.unnamed();
            if !unnamed.is_empty() {
                return match index {
                    Some(index) => unnamed.into_iter().nth(index).map(Cow::Owned),
                    None => Some(Cow::Owned(unnamed.join(","))),
                };
            }
        }
        match self.slot(field) {
            Some(slot) => self.record.slot_value(slot, scratch).map(Cow::Borrowed),
            None if field.name.eq_ignore_ascii_case("Message") => {
                self.record.rendering_info("Message")
            }
            None => None,
        }
    }

    fn time(&self) -> Option<i64> {
        let header = || self.record.header_time_ms().filter(|time| *time > 0);
        self.record.time_created_ms().or_else(header)
    }

    fn payload(&self, out: &mut Vec<u8>) {
        let mut xml = String::new();
        // What a record that is too large or too deep has given so far is kept.
        let _ = self.record.write_xml(&mut xml);
        out.append(&mut xml.into_bytes());
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        let unnamed = self.record.unnamed();
        if !unnamed.is_empty() {
            visit("Data", &unnamed.join(","));
        }
        self.record.for_each_field(&mut String::new(), |name, value| {
            if unnamed.is_empty() || name != "Data" {
                visit(name, value);
            }
        });
        if let Some(message) = self.record.rendering_info("Message") {
            visit("Message", &message);
        }
    }
}
