//! The EVTX decoder against the `evtx` crate, on damaged files, and on mutated ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it skips"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_ingest::evtx::{
    CHUNK_SIZE, Chunk, Decoder, Defect, FileHeader, FileSlot, Record, SystemField, carve_chunks,
    chunks,
};
use evtx::{EvtxChunkData, ParserSettings};
use quick_xml::events::Event;

/// The shared log corpus, when it is there.
fn corpus() -> Option<PathBuf> {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/logs");
    if logs.join("evtx").is_dir() {
        return Some(logs);
    }
    eprintln!("skipped: no log corpus at {}", logs.display());
    None
}

/// Every file below `dir`, sorted.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The slots of a file, carved when its header is unusable.
fn slots(file: &[u8]) -> Vec<FileSlot<'_>> {
    match FileHeader::parse(file) {
        Ok(header) => chunks(file, &header).collect(),
        Err(_) => carve_chunks(file).collect(),
    }
}

/// An element of a parsed event.
#[derive(Debug, Default, PartialEq)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Parses an event. Text next to child elements counts only if it is no white space.
fn parse_xml(xml: &str) -> Element {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut stack = vec![Element::default()];
    let start = |tag: &quick_xml::events::BytesStart<'_>| Element {
        name: tag.name().as_ref().to_owned(),
        attributes: tag
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                (attribute.key.as_ref().to_owned(), value)
            })
            .collect(),
        ..Element::default()
    };
    loop {
        let top = stack.last_mut().unwrap();
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}")) {
            Event::Eof => break,
            Event::Start(tag) => stack.push(start(&tag)),
            Event::Empty(tag) => top.children.push(start(&tag)),
            Event::End(_) => {
                let mut done = stack.pop().unwrap();
                if !done.children.is_empty() && done.text.trim().is_empty() {
                    done.text.clear();
                }
                stack.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text),
            Event::CData(text) => top.text.push_str(&text),
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name);
                let text = quick_xml::escape::unescape(&reference).map(|text| text.into_owned());
                top.text.push_str(&text.unwrap_or(reference));
            }
            _ => {}
        }
    }
    let mut top = stack.pop().unwrap();
    assert!(stack.is_empty() && top.children.len() == 1, "{xml}");
    top.children.remove(0)
}

/// The fields a reader of the XML sees, in document order.
fn expected_fields(event: &Element) -> Vec<(String, String)> {
    fn leaves(parent: &Element, fields: &mut Vec<(String, String)>) {
        for child in &parent.children {
            if child.children.is_empty() {
                let name = match child.name.as_str() {
                    "Data" => child.attribute("Name").unwrap_or("Data"),
                    other => other,
                };
                fields.push((name.to_owned(), child.text.clone()));
            } else {
                leaves(child, fields);
            }
        }
    }
    const PARTS: [&str; 5] =
        ["EventData", "UserData", "DebugData", "BinaryEventData", "ProcessingErrorData"];
    let mut fields = Vec::new();
    for part in event.children.iter().filter(|part| PARTS.contains(&part.name.as_str())) {
        leaves(part, &mut fields);
    }
    fields
}

/// What a reader of the XML sees of a system value.
fn expected_system(event: &Element, field: SystemField) -> Option<String> {
    let (element, attribute) = match field {
        SystemField::ProviderName => ("Provider", "Name"),
        SystemField::ProviderGuid => ("Provider", "Guid"),
        SystemField::EventSourceName => ("Provider", "EventSourceName"),
        SystemField::EventId => ("EventID", ""),
        SystemField::Qualifiers => ("EventID", "Qualifiers"),
        SystemField::Version => ("Version", ""),
        SystemField::Level => ("Level", ""),
        SystemField::Task => ("Task", ""),
        SystemField::Opcode => ("Opcode", ""),
        SystemField::Keywords => ("Keywords", ""),
        SystemField::TimeCreated => ("TimeCreated", "SystemTime"),
        SystemField::EventRecordId => ("EventRecordID", ""),
        SystemField::ActivityId => ("Correlation", "ActivityID"),
        SystemField::RelatedActivityId => ("Correlation", "RelatedActivityID"),
        SystemField::ProcessId => ("Execution", "ProcessID"),
        SystemField::ThreadId => ("Execution", "ThreadID"),
        SystemField::ProcessorId => ("Execution", "ProcessorID"),
        SystemField::SessionId => ("Execution", "SessionID"),
        SystemField::KernelTime => ("Execution", "KernelTime"),
        SystemField::UserTime => ("Execution", "UserTime"),
        SystemField::Channel => ("Channel", ""),
        SystemField::Computer => ("Computer", ""),
        SystemField::UserId => ("Security", "UserID"),
    };
    let element = event.child("System")?.child(element)?;
    match attribute {
        "" => Some(element.text.clone()),
        name => Some(element.attribute(name).unwrap_or_default().to_owned()),
    }
}

/// The reference writes a lone surrogate as `_` in XML; ours is U+FFFD there as everywhere.
fn without_replacements(xml: &str) -> String {
    xml.replace(char::REPLACEMENT_CHARACTER, "_")
}

/// Compares one record with the reference's XML for it; returns what differs.
pub(crate) fn compare(record: &Record<'_>, reference_xml: &str) -> Result<(), String> {
    let expected = parse_xml(&without_replacements(reference_xml));
    let mut xml = String::new();
    record.write_xml(&mut xml).map_err(|error| error.to_string())?;
    let actual = parse_xml(&without_replacements(&xml));
    if actual != expected {
        return Err(format!("xml\n  ours {xml}\n  reference {reference_xml}"));
    }
    let mut scratch = String::new();
    for field in SystemField::all() {
        let ours = record.system_text(field, &mut scratch).unwrap_or_default();
        let theirs = expected_system(&expected, field).unwrap_or_default();
        if ours != theirs {
            return Err(format!("{field:?}: ours {ours:?}, reference {theirs:?}"));
        }
        if let Some(number) = record.system_u64(field)
            && !theirs.starts_with("0x")
            && field != SystemField::TimeCreated
        {
            assert_eq!(number.to_string(), theirs, "{field:?}");
        }
    }
    let mut ours = Vec::new();
    record.for_each_field(&mut scratch, |name, text| ours.push((name.to_owned(), text.to_owned())));
    // The fields have the text itself; XML shows characters it cannot hold as `_`.
    let shown = |text: &str| {
        let odd =
            |c: char| (c < ' ' && !"\t\n\r".contains(c)) || "\u{fffd}\u{fffe}\u{ffff}".contains(c);
        text.replace(odd, "_")
    };
    let seen: Vec<_> = ours.iter().map(|(name, text)| (shown(name), shown(text))).collect();
    let theirs = expected_fields(&expected);
    if seen != theirs {
        return Err(format!("fields\n  ours {seen:?}\n  reference {theirs:?}"));
    }
    let unnamed: Vec<_> =
        ours.iter().filter(|(name, _)| name == "Data").map(|(_, text)| text).collect();
    assert_eq!(unnamed, record.unnamed().iter().collect::<Vec<_>>());
    for (name, _) in &ours {
        let all: Vec<&str> =
            ours.iter().filter(|(other, _)| other == name).map(|(_, text)| text.as_str()).collect();
        let by_name = record.field(name).expect("a field that was listed");
        // A field that an array repeats is all of its items; otherwise the first one counts.
        assert!(by_name == all[0] || by_name.starts_with(&format!("{},", all[0])), "{name}");
        assert!(record.field_ignoring_case(&name.to_ascii_uppercase()).is_some());
        if record.shape().is_some() {
            let slot = record.slot(name).expect("a slot for a field that was listed");
            assert_eq!(record.slot_value(slot, &mut scratch), Some(&*by_name), "{name}");
        }
    }
    Ok(())
}

#[test]
fn agrees_with_the_evtx_crate() {
    let Some(logs) = corpus() else { return };
    let settings = Arc::new(ParserSettings::default().indent(false));
    let mut decoder = Decoder::new();
    let (mut files, mut compared) = (0, 0);
    let mut differences = Vec::new();
    for path in files_below(&logs.join("evtx")) {
        let name = path.strip_prefix(&logs).unwrap().display().to_string();
        let damaged = name.contains("/malformed/");
        let file = std::fs::read(&path).unwrap();
        files += 1;
        for slot in slots(&file) {
            let FileSlot::Chunk(chunk) = slot else { continue };
            let Ok(mut data) = EvtxChunkData::new(chunk.data().to_vec(), false) else {
                differences.push(format!("{name}: the reference refuses a chunk"));
                continue;
            };
            let Ok(mut reference) = data.parse(Arc::clone(&settings)) else {
                assert!(damaged, "{name}: the reference refuses a chunk");
                continue;
            };
            let expected: Vec<(u64, String)> = reference
                .iter()
                .filter_map(|record| {
                    let record = record.ok()?.into_xml().ok()?;
                    Some((record.event_record_id, record.data))
                })
                .collect();
            let ours: Vec<Record<'_>> = decoder.decode(&chunk).flatten().collect();
            if ours.len() != expected.len() {
                differences.push(format!(
                    "{name}: chunk at {:#x}: ours {}, reference {} records",
                    chunk.offset(),
                    ours.len(),
                    expected.len()
                ));
            }
            let mut ours = ours.iter();
            for (number, xml) in &expected {
                // Ours may have more records between.
                let Some(record) = ours.find(|record| record.record_number() == *number) else {
                    differences.push(format!("{name}: record {number} is missing"));
                    break;
                };
                compared += 1;
                if let Err(difference) = compare(record, xml) {
                    differences.push(format!("{name}: record {number}: {difference}"));
                }
            }
        }
    }
    eprintln!("compared {compared} records of {files} files");
    for difference in differences.iter().take(40) {
        eprintln!("{difference}");
    }
    assert!(differences.is_empty(), "{} differences", differences.len());
}

/// Records and errors of a whole file, and records salvaged from lost chunks.
fn count(file: &[u8]) -> (usize, usize, usize) {
    let mut decoder = Decoder::new();
    let (mut records, mut errors, mut salvaged) = (0, 0, 0);
    for slot in slots(file) {
        match slot {
            FileSlot::Chunk(chunk) => {
                for record in decoder.decode(&chunk) {
                    match record {
                        Ok(_) => records += 1,
                        Err(_) => errors += 1,
                    }
                }
            }
            FileSlot::Lost { data, offset, .. } => {
                errors += 1;
                if let Ok(chunk) = Chunk::salvage(data, offset) {
                    salvaged += decoder.decode(&chunk).flatten().count();
                }
            }
            _ => {}
        }
    }
    (records, errors, salvaged)
}

#[test]
fn damaged_files_yield_what_is_readable() {
    let Some(logs) = corpus() else { return };
    let manifest = std::fs::read_to_string(logs.join("MANIFEST.tsv")).unwrap();
    // Where ours reads more than the manifest's reference (evtx 0.14), and why.
    let more = BTreeMap::from([
        // A record with an unusable size hides only itself. So does evtx 0.15.
        ("derived_huge_record_size", 26),
        ("omerbenamram__sample-with-zero-data-size-event", 449),
        ("omerbenamram__sample_with_a_bad_chunk_magic", 301),
        // A chunk that ends with the file is read as far as it goes.
        ("derived_truncated_mid_chunk", 27),
        // The second file's header is recognised, and its chunks follow.
        ("derived_two_files_concatenated", 54),
    ]);
    let mut seen = 0;
    for line in manifest.lines().filter(|line| line.starts_with("evtx/malformed/")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (name, listed): (&str, usize) = (columns[0], columns[5].parse().unwrap());
        let stem = name.rsplit('/').next().and_then(|name| name.strip_suffix(".evtx")).unwrap();
        let file = std::fs::read(logs.join(name)).unwrap();
        let (records, errors, salvaged) = count(&file);
        eprintln!(
            "{stem}: {records} records ({listed} listed), {errors} errors, {salvaged} salvaged"
        );
        assert_eq!(records, more.get(stem).copied().unwrap_or(listed), "{name}");
        // The damage did not touch the records behind the overwritten magic.
        if stem == "derived_zeroed_chunk_magic" {
            assert_eq!(salvaged, 27);
        }
        seen += 1;
    }
    assert!(seen >= 14, "{seen} damaged files in the manifest");
}

/// Assembles a chunk, byte by byte.
struct Assembler {
    data: Vec<u8>,
    names: BTreeMap<String, u32>,
    records: u64,
    record_start: usize,
}

impl Assembler {
    fn new() -> Self {
        Assembler { data: vec![0; 512], names: BTreeMap::new(), records: 0, record_start: 0 }
    }

    fn here(&self) -> u32 {
        u32::try_from(self.data.len()).unwrap()
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.data.extend_from_slice(bytes);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A text with its length before it.
    fn text(&mut self, text: &str) -> &mut Self {
        let bytes = utf16(text);
        self.u16(u16::try_from(bytes.len() / 2).unwrap()).bytes(&bytes)
    }

    /// A name: in place the first time, by its offset after that.
    fn name(&mut self, name: &str) -> &mut Self {
        if let Some(&offset) = self.names.get(name) {
            return self.u32(offset);
        }
        let offset = self.here() + 4;
        self.names.insert(name.to_owned(), offset);
        self.u32(offset).u32(0).u16(0).text(name).u16(0)
    }

    /// An element's start in a template; `attributes` follow it.
    fn open(&mut self, name: &str, attributes: bool, dependency: u16) -> &mut Self {
        self.bytes(&[if attributes { 0x41 } else { 0x01 }]).u16(dependency).u32(0).name(name);
        if attributes {
            self.u32(0);
        }
        self
    }

    fn attribute(&mut self, name: &str) -> &mut Self {
        self.bytes(&[0x06]).name(name)
    }

    fn constant(&mut self, text: &str) -> &mut Self {
        self.bytes(&[0x05, 0x01]).text(text)
    }

    fn value(&mut self, index: u16, kind: u8) -> &mut Self {
        self.bytes(&[0x0e]).u16(index).bytes(&[kind])
    }

    /// `<name>%index</name>`
    fn leaf(&mut self, name: &str, index: u16, kind: u8) -> &mut Self {
        self.open(name, false, 0xffff).bytes(&[0x02]).value(index, kind).bytes(&[0x04])
    }

    /// A template instance: the definition made by `body`, or the one at an offset. Returns the
    /// definition's offset.
    fn instance(
        &mut self,
        definition: Result<u32, &dyn Fn(&mut Self)>,
        values: &[(u8, &[u8])],
    ) -> u32 {
        self.bytes(&[0x0f, 1, 1, 0, 0x0c, 1]).u32(7);
        let offset = match definition {
            Ok(offset) => {
                self.u32(offset);
                offset
            }
            Err(body) => {
                let offset = self.here() + 4;
                self.u32(offset).u32(0).bytes(&[9; 16]).u32(0);
                let start = self.data.len();
                self.bytes(&[0x0f, 1, 1, 0]);
                body(self);
                self.bytes(&[0]);
                let size = u32::try_from(self.data.len() - start).unwrap();
                self.data[start - 4..start].copy_from_slice(&size.to_le_bytes());
                offset
            }
        };
        self.u32(u32::try_from(values.len()).unwrap());
        for (kind, bytes) in values {
            self.u16(u16::try_from(bytes.len()).unwrap()).bytes(&[*kind, 0]);
        }
        for (_, bytes) in values {
            self.bytes(bytes);
        }
        offset
    }

    fn begin_record(&mut self) {
        self.records += 1;
        self.record_start = self.data.len();
        let number = 100 + self.records;
        self.bytes(b"\x2a\x2a\0\0").u32(0).bytes(&number.to_le_bytes()).bytes(&[0; 8]);
    }

    fn end_record(&mut self) {
        self.bytes(&[0]);
        let size = u32::try_from(self.data.len() + 4 - self.record_start).unwrap();
        self.u32(size);
        let field = self.record_start + 4;
        self.data[field..field + 4].copy_from_slice(&size.to_le_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        let free = self.here();
        let header = &mut self.data[..512];
        header[..8].copy_from_slice(b"ElfChnk\0");
        header[24..32].copy_from_slice(&101_u64.to_le_bytes());
        header[32..40].copy_from_slice(&(100 + self.records).to_le_bytes());
        header[40..44].copy_from_slice(&128_u32.to_le_bytes());
        header[48..52].copy_from_slice(&free.to_le_bytes());
        self.data.resize(CHUNK_SIZE, 0);
        self.data
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// `2022-04-29T08:58:21.4075398Z`
const TIME: u64 = 132_956_963_014_075_398;

/// A chunk of three records: two of one shape, the second of which refers to the first's
/// templates, and one without a template.
fn small_chunk() -> Vec<u8> {
    let mut chunk = Assembler::new();
    let event = |body: &mut Assembler| {
        body.open("Event", false, 0xffff).bytes(&[0x02]);
        body.open("System", false, 0xffff).bytes(&[0x02]);
        body.open("Provider", true, 0xffff);
        body.attribute("Name").constant("Test & Provider");
        body.attribute("Guid").value(0, 0x0f).bytes(&[0x03]);
        body.open("EventID", true, 0xffff);
        body.attribute("Qualifiers").value(1, 0x06).bytes(&[0x02]).value(2, 0x06).bytes(&[0x04]);
        body.open("TimeCreated", true, 0xffff);
        body.attribute("SystemTime").value(3, 0x11).bytes(&[0x03]);
        body.leaf("EventRecordID", 4, 0x0a);
        body.open("Channel", false, 0xffff).bytes(&[0x02]).constant("TestChannel").bytes(&[0x04]);
        body.leaf("Computer", 5, 0x01);
        body.bytes(&[0x04]).value(6, 0x21).bytes(&[0x04]);
    };
    let data = |body: &mut Assembler| {
        body.open("EventData", false, 0xffff).bytes(&[0x02]);
        body.open("Data", true, 0xffff).attribute("Name").constant("User");
        body.bytes(&[0x02]).value(0, 0x01).bytes(&[0x04]);
        body.open("Data", true, 3).attribute("Name").constant("Gone");
        body.bytes(&[0x02]).value(3, 0x08).bytes(&[0x04]);
        body.leaf("Data", 1, 0x81);
        body.leaf("Binary", 2, 0x0e);
        body.bytes(&[0x04]);
    };
    let mut definitions: Option<(u32, u32)> = None;
    for (id, user, list) in [(4624_u16, "Älice <\u{1}>", "a\0\0c\0"), (4625, "bob", "one\0")] {
        chunk.begin_record();
        // The nested instance is a value: it is assembled apart, at the place it will have.
        let computer = utf16("host");
        let (user, list) = (utf16(user), utf16(list));
        let inner_values: [(u8, &[u8]); 4] =
            [(0x01, &user), (0x81, &list), (0x0e, &[0xab, 0x01]), (0x00, &[])];
        let id = id.to_le_bytes();
        let time = TIME.to_le_bytes();
        let record_id = 77_u64.to_le_bytes();
        let outer = |inner: &[u8]| -> Vec<(u8, Vec<u8>)> {
            vec![
                (0x00, vec![]),
                (0x06, vec![5, 0]),
                (0x06, id.to_vec()),
                (0x11, time.to_vec()),
                (0x0a, record_id.to_vec()),
                (0x01, computer.clone()),
                (0x21, inner.to_vec()),
            ]
        };
        let place = |chunk: &mut Assembler, inner: &[u8]| {
            let values = outer(inner);
            let values: Vec<(u8, &[u8])> =
                values.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())).collect();
            match definitions {
                Some((event, _)) => chunk.instance(Ok(event), &values),
                None => chunk.instance(Err(&event), &values),
            }
        };
        // Once with an empty inner value to learn where it starts, then in earnest.
        let (start, names) = (chunk.data.len(), chunk.names.clone());
        place(&mut chunk, &[]);
        let inner_start = chunk.data.len();
        let inner_definition = match definitions {
            Some((_, data)) => chunk.instance(Ok(data), &inner_values),
            None => chunk.instance(Err(&data), &inner_values),
        };
        chunk.bytes(&[0]);
        let inner = chunk.data[inner_start..].to_vec();
        let all_names = std::mem::replace(&mut chunk.names, names);
        chunk.data.truncate(start);
        let event_definition = place(&mut chunk, &inner);
        chunk.names = all_names;
        definitions = Some((event_definition, inner_definition));
        chunk.end_record();
    }
    chunk.begin_record();
    chunk.bytes(&[0x0f, 1, 1, 0, 0x01]).u32(0).name("Event").bytes(&[0x02]);
    chunk.bytes(&[0x01]).u32(0).name("UserData").bytes(&[0x02]);
    chunk.bytes(&[0x01]).u32(0).name("Inner").bytes(&[0x02]);
    chunk.bytes(&[0x01]).u32(0).name("Leaf").bytes(&[0x02]).constant("a");
    chunk.bytes(&[0x09]).name("amp").bytes(&[0x08]).u16(0x42).bytes(&[0x07]).text("<c]]>");
    chunk.bytes(&[0x0a]).name("pi").bytes(&[0x0b]).text("x").bytes(&[0x04]);
    chunk.bytes(&[0x01]).u32(0).name("Number").bytes(&[0x02, 0x05, 0x08]).u32(7).bytes(&[0x04]);
    chunk.bytes(&[0x04, 0x04, 0x04]);
    chunk.end_record();
    chunk.finish()
}

#[test]
fn reads_an_assembled_chunk() {
    let data = small_chunk();
    let chunk = Chunk::parse(&data, 0x1000).unwrap();
    assert!(matches!(
        chunk.defects().as_slice(),
        [Defect::HeaderChecksum { .. }, Defect::DataChecksum { .. }]
    ));
    let mut decoder = Decoder::new();
    let records: Vec<Record<'_>> = decoder.decode(&chunk).map(Result::unwrap).collect();
    let [first, second, third] = records.as_slice() else { panic!("{} records", records.len()) };

    assert_eq!(first.record_number(), 101);
    assert_eq!(first.header_time_ms(), Some(-11_644_473_600_000));
    assert_eq!(first.time_created_ms(), Some(1_651_222_701_407));
    assert_eq!(
        (first.event_id(), second.event_id(), third.event_id()),
        (Some(4624), Some(4625), None)
    );
    assert_eq!(first.event_record_id(), Some(77));
    assert_eq!(first.qualifiers(), Some(5));
    assert_eq!(first.provider().as_deref(), Some("Test & Provider"));
    assert_eq!(first.provider_guid().as_deref(), Some(""));
    assert_eq!(first.channel().as_deref(), Some("TestChannel"));
    assert_eq!(first.computer().as_deref(), Some("host"));
    assert_eq!(first.user_id(), None);

    assert!(first.shape().is_some() && first.shape() == second.shape());
    assert_eq!(third.shape(), None);
    let mut scratch = String::new();
    let user = first.slot("User").unwrap();
    assert_eq!(first.slot_value(user, &mut scratch), Some("Älice <\u{1}>"));
    assert_eq!(second.slot_value(user, &mut scratch), Some("bob"));
    assert_eq!(first.slot("user"), None);
    assert_eq!(first.slot_ignoring_case("USER"), Some(user));
    let id = first.slot("EventID").unwrap();
    assert_eq!(second.slot_u64(id), Some(4625));

    // An array repeats its element; an element that depends on a NULL is left out.
    let mut fields = Vec::new();
    first.for_each_field(&mut scratch, |name, text| fields.push(format!("{name}={text}")));
    assert_eq!(fields, ["User=Älice <\u{1}>", "Data=a", "Data=", "Data=c", "Binary=AB01"]);
    assert_eq!(first.unnamed(), ["a", "", "c"]);
    assert_eq!(second.unnamed(), ["one"]);
    assert_eq!(first.field("Data").as_deref(), Some("a,,c"));
    assert_eq!(first.field("Gone"), None);
    let mut xml = String::new();
    first.write_xml(&mut xml).unwrap();
    assert_eq!(
        xml,
        "<Event><System><Provider Name=\"Test &amp; Provider\"/><EventID Qualifiers=\"5\">4624\
         </EventID><TimeCreated SystemTime=\"2022-04-29T08:58:21.4075398Z\"/><EventRecordID>77\
         </EventRecordID><Channel>TestChannel</Channel><Computer>host</Computer></System>\
         <EventData><Data Name=\"User\">Älice &lt;_&gt;</Data><Data>a</Data><Data></Data>\
         <Data>c</Data><Binary>AB01</Binary></EventData></Event>"
    );

    // Shapes outlive the chunk.
    let shape = first.shape();
    let again = decoder.decode(&chunk).flatten().next().unwrap();
    assert_eq!(again.shape(), shape);
}

#[test]
fn reads_a_record_without_a_template() {
    let data = small_chunk();
    let chunk = Chunk::parse(&data, 0).unwrap();
    let mut decoder = Decoder::new();
    let third = decoder.decode(&chunk).flatten().nth(2).unwrap();
    assert_eq!(third.field("Leaf").as_deref(), Some("a&B<c]]>"));
    assert_eq!(third.field("Number").as_deref(), Some("7"));
    assert_eq!(third.field("Inner"), None);
    let mut xml = String::new();
    third.write_xml(&mut xml).unwrap();
    assert_eq!(
        xml,
        "<Event><UserData><Inner><Leaf>a&amp;&#66;<![CDATA[<c]]]]><![CDATA[>]]><?pi x?></Leaf>\
         <Number>7</Number></Inner></UserData></Event>"
    );
}

/// Asks a chunk for everything there is. Returns how many records it delivers.
fn exercise(decoder: &mut Decoder, data: &[u8]) -> usize {
    let Ok(chunk) = Chunk::salvage(data, 0) else { return 0 };
    let _ = chunk.defects();
    let (mut records, mut scratch, mut xml) = (0, String::new(), String::new());
    for record in decoder.decode(&chunk) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        records += 1;
        for field in SystemField::all() {
            let _ = record.system_text(field, &mut scratch);
            let _ = record.system_u64(field);
        }
        let _ = (record.time_created_ms(), record.header_time_ms(), record.unnamed());
        let mut names = Vec::new();
        record.for_each_field(&mut scratch, |name, _| names.push(name.to_owned()));
        for name in names.iter().take(20) {
            let _ = record.field(name);
            if let Some(slot) = record.slot(name) {
                let _ = (record.slot_value(slot, &mut scratch), record.slot_time_ms(slot));
            }
        }
        xml.clear();
        let _ = record.write_xml(&mut xml);
    }
    records
}

/// A small generator of numbers, the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

#[test]
fn mutated_chunks_never_panic() {
    let pristine = small_chunk();
    let used = pristine.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let mut decoder = Decoder::new();
    assert_eq!(exercise(&mut decoder, &pristine), 3);
    // Every length, and every bit of the records.
    for len in 0..used {
        exercise(&mut decoder, &pristine[..len]);
    }
    let mut data = pristine[..used + 8].to_vec();
    for bit in 512 * 8..used * 8 {
        data[bit / 8] ^= 1 << (bit % 8);
        exercise(&mut decoder, &data);
        data[bit / 8] ^= 1 << (bit % 8);
    }
    // Several bytes at once, small numbers and borders among them.
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5000 {
        let mut data = pristine[..used + 8].to_vec();
        for _ in 0..=numbers.below(8) {
            let at = numbers.below(used);
            data[at] = match numbers.below(4) {
                0 => 0,
                1 => 0xff,
                2 => u8::try_from(numbers.below(0x22)).unwrap(),
                _ => u8::try_from(numbers.below(256)).unwrap(),
            };
        }
        exercise(&mut decoder, &data);
    }
}

#[test]
fn mutated_corpus_chunks_never_panic() {
    let Some(logs) = corpus() else { return };
    let mut numbers = Numbers(42);
    let mut decoder = Decoder::new();
    for path in files_below(&logs.join("evtx")).iter().step_by(12) {
        let file = std::fs::read(path).unwrap();
        let Some(FileSlot::Chunk(chunk)) = slots(&file).into_iter().next() else { continue };
        for _ in 0..6 {
            let mut data = chunk.data().to_vec();
            for _ in 0..=numbers.below(200) {
                let at = numbers.below(data.len());
                data[at] = u8::try_from(numbers.below(256)).unwrap();
            }
            exercise(&mut decoder, &data);
        }
    }
}

#[test]
fn crafted_records_stay_bounded() {
    // Twelve instances, one inside the other, each of which places its value sixteen times.
    let mut chunk = Assembler::new();
    chunk.begin_record();
    let body = |body: &mut Assembler| {
        body.open("Event", false, 0xffff).bytes(&[0x02]);
        for _ in 0..16 {
            body.value(0, 0x21);
        }
        body.bytes(&[0x04]);
    };
    let definition = chunk.instance(Err(&body), &[(0x01, &[])]);
    chunk.end_record();
    let mut nested = utf16("x");
    for level in 0..60 {
        let mut inner = Assembler::new();
        inner.data.clear();
        let kind = if level == 0 { 0x01 } else { 0x21 };
        inner.instance(Ok(definition), &[(kind, &nested)]);
        inner.bytes(&[0]);
        nested = inner.data;
        if level == 12 || level == 59 {
            chunk.begin_record();
            chunk.bytes(&nested);
            chunk.end_record();
        }
    }
    let data = chunk.finish();
    let chunk = Chunk::parse(&data, 0).unwrap();
    let mut decoder = Decoder::new();
    let records: Vec<_> = decoder.decode(&chunk).collect();
    assert_eq!(records.len(), 3);
    let mut xml = String::new();
    assert!(records[1].as_ref().unwrap().write_xml(&mut xml).is_err());
    assert!(xml.len() < 4 << 20);
    assert!(records[2].is_err());
}
