//! Where the fields of a record are: worked out once per shape, not once per record.

use super::decoder::View;
use super::program::{NO_DEPENDENCY, Op, Program, Span};

/// A value of the `System` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SystemField {
    /// `Provider/@Name`
    ProviderName,
    /// `Provider/@Guid`
    ProviderGuid,
    /// `Provider/@EventSourceName`
    EventSourceName,
    /// `EventID`
    EventId,
    /// `EventID/@Qualifiers`
    Qualifiers,
    /// `Version`
    Version,
    /// `Level`
    Level,
    /// `Task`
    Task,
    /// `Opcode`
    Opcode,
    /// `Keywords`
    Keywords,
    /// `TimeCreated/@SystemTime`
    TimeCreated,
    /// `EventRecordID`
    EventRecordId,
    /// `Correlation/@ActivityID`
    ActivityId,
    /// `Correlation/@RelatedActivityID`
    RelatedActivityId,
    /// `Execution/@ProcessID`
    ProcessId,
    /// `Execution/@ThreadID`
    ThreadId,
    /// `Execution/@ProcessorID`
    ProcessorId,
    /// `Execution/@SessionID`
    SessionId,
    /// `Execution/@KernelTime`
    KernelTime,
    /// `Execution/@UserTime`
    UserTime,
    /// `Channel`
    Channel,
    /// `Computer`
    Computer,
    /// `Security/@UserID`
    UserId,
}

/// Every system field with the element and the attribute that holds it, and the name it is
/// asked for by.
const SYSTEM_FIELDS: &[(SystemField, &str, &str, &str)] = &[
    (SystemField::ProviderName, "Provider", "Name", "ProviderName"),
    (SystemField::ProviderGuid, "Provider", "Guid", "ProviderGuid"),
    (SystemField::EventSourceName, "Provider", "EventSourceName", "EventSourceName"),
    (SystemField::EventId, "EventID", "", "EventID"),
    (SystemField::Qualifiers, "EventID", "Qualifiers", "Qualifiers"),
    (SystemField::Version, "Version", "", "Version"),
    (SystemField::Level, "Level", "", "Level"),
    (SystemField::Task, "Task", "", "Task"),
    (SystemField::Opcode, "Opcode", "", "Opcode"),
    (SystemField::Keywords, "Keywords", "", "Keywords"),
    (SystemField::TimeCreated, "TimeCreated", "SystemTime", "TimeCreated"),
    (SystemField::EventRecordId, "EventRecordID", "", "EventRecordID"),
    (SystemField::ActivityId, "Correlation", "ActivityID", "ActivityID"),
    (SystemField::RelatedActivityId, "Correlation", "RelatedActivityID", "RelatedActivityID"),
    (SystemField::ProcessId, "Execution", "ProcessID", "ProcessID"),
    (SystemField::ThreadId, "Execution", "ThreadID", "ThreadID"),
    (SystemField::ProcessorId, "Execution", "ProcessorID", "ProcessorID"),
    (SystemField::SessionId, "Execution", "SessionID", "SessionID"),
    (SystemField::KernelTime, "Execution", "KernelTime", "KernelTime"),
    (SystemField::UserTime, "Execution", "UserTime", "UserTime"),
    (SystemField::Channel, "Channel", "", "Channel"),
    (SystemField::Computer, "Computer", "", "Computer"),
    (SystemField::UserId, "Security", "UserID", "UserID"),
];

impl SystemField {
    /// Every system field, in document order.
    pub fn all() -> impl Iterator<Item = SystemField> {
        SYSTEM_FIELDS.iter().map(|(field, ..)| *field)
    }

    /// The usual name: that of the attribute or element that holds the value (`EventID`,
    /// `ProcessID`), or of both where the attribute's says too little (`ProviderName`,
    /// `ProviderGuid`, `TimeCreated`).
    pub fn name(self) -> &'static str {
        SYSTEM_FIELDS.get(self as usize).map_or("", |(.., name)| name)
    }

    /// The field of that usual name, in any case. `Provider` is the provider's name,
    /// `SystemTime` the time of creation, `Security` the user id.
    pub fn from_name(name: &str) -> Option<SystemField> {
        let same = |other: &str| name.eq_ignore_ascii_case(other);
        match () {
            () if same("Provider") => Some(SystemField::ProviderName),
            () if same("SystemTime") => Some(SystemField::TimeCreated),
            () if same("Security") => Some(SystemField::UserId),
            () => SYSTEM_FIELDS.iter().find(|(.., usual)| same(usual)).map(|(field, ..)| *field),
        }
    }
}

/// Which part of the event a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// `EventData`, and the data sections of debug and error events.
    EventData,
    /// `UserData`.
    UserData,
    /// `RenderingInfo`: texts that the forwarding computer added.
    RenderingInfo,
}

/// Where a piece of text comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Empty,
    Text(Span),
    Value(u16),
    /// These steps of the program.
    Mixed(u32, u32),
}

/// A text of a record: its fragment, its source, and the values whose absence leaves it out.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) frag: u32,
    pub(super) source: Source,
    pub(super) dependencies: Box<[(u32, u16)]>,
}

/// The name of a field.
#[derive(Debug, Clone)]
pub(super) enum FieldName {
    /// The `Name` attribute's constant, or the element's name.
    Known(Box<str>),
    /// A `Data` element without a `Name`.
    Unnamed,
    /// The `Name` attribute is not a constant.
    Dynamic(Source),
}

/// A leaf of the event's data.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: FieldName,
    pub(super) section: Section,
    pub(super) location: Location,
    /// Whether an array repeats the element: not at the top of a template.
    pub(super) repeats: bool,
}

/// Where a shape's texts are.
#[derive(Debug, Default)]
pub(super) struct Plan {
    system: Vec<Option<Location>>,
    fields: Vec<Field>,
    dynamic_names: bool,
}

impl Plan {
    /// Works out the plan of the record in `view`, and how many elements that took: no more
    /// than about `budget`. Elements beyond that are missing.
    pub(super) fn build(view: View<'_>, budget: usize) -> (Plan, usize) {
        let mut reader = Reader { view, budget };
        let mut roots = Vec::new();
        reader.frag(0, &[], 0, &mut roots);
        let mut plan = Plan { system: vec![None; SYSTEM_FIELDS.len()], ..Plan::default() };
        for part in roots.first().iter().flat_map(|root| &root.children) {
            match part.name {
                "System" => plan.add_system(view, part),
                "EventData" | "DebugData" | "BinaryEventData" | "ProcessingErrorData" => {
                    plan.add_fields(view, part, Section::EventData);
                }
                "UserData" => plan.add_fields(view, part, Section::UserData),
                "RenderingInfo" => plan.add_fields(view, part, Section::RenderingInfo),
                _ => {}
            }
        }
        (plan, budget - reader.budget)
    }

    fn add_system(&mut self, view: View<'_>, system: &Element<'_>) {
        for child in &system.children {
            for &(field, element, attribute, _) in SYSTEM_FIELDS {
                if child.name != element {
                    continue;
                }
                let location = if attribute.is_empty() {
                    Some(child.content(view))
                } else {
                    child.attribute(view, attribute)
                };
                if let (Some(slot @ None), Some(location)) =
                    (self.system.get_mut(field as usize), location)
                {
                    *slot = Some(location);
                }
            }
        }
    }

    /// Adds the leaves of `parent`, or `parent` itself when it is one.
    fn add_fields(&mut self, view: View<'_>, parent: &Element<'_>, section: Section) {
        for child in &parent.children {
            if !child.children.is_empty() {
                self.add_fields(view, child, section);
                continue;
            }
            let named = (child.name == "Data").then(|| child.attribute(view, "Name"));
            let name = match named {
                None => FieldName::Known(child.name.into()),
                Some(None) => FieldName::Unnamed,
                Some(Some(Location { source: Source::Empty, .. })) => FieldName::Unnamed,
                Some(Some(Location { source: Source::Text(span), frag, .. })) => {
                    let name = view.program(frag).map_or("", |program| program.text(span));
                    FieldName::Known(name.into())
                }
                Some(Some(location)) => {
                    self.dynamic_names = true;
                    FieldName::Dynamic(location.source)
                }
            };
            let location = child.content(view);
            self.fields.push(Field { name, section, location, repeats: !child.is_root });
        }
    }

    pub(super) fn system(&self, field: SystemField) -> Option<&Location> {
        self.system.get(field as usize)?.as_ref()
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether the plan leaves the names of some fields to each record.
    pub(super) fn has_dynamic_names(&self) -> bool {
        self.dynamic_names
    }

    pub(super) fn field_count(&self) -> usize {
        self.system.len() + self.fields.len()
    }
}

/// An element, while a plan is built.
struct Element<'a> {
    name: &'a str,
    frag: u32,
    /// The steps of its attributes and of its content.
    attributes: (u32, u32),
    content: (u32, u32),
    children: Vec<Element<'a>>,
    dependencies: Vec<(u32, u16)>,
    /// Whether it stands at the top of its program.
    is_root: bool,
}

impl Element<'_> {
    fn location(&self, source: Source) -> Location {
        Location { frag: self.frag, source, dependencies: self.dependencies.as_slice().into() }
    }

    fn content(&self, view: View<'_>) -> Location {
        let ops = view.program(self.frag).map_or(&[][..], Program::ops);
        self.location(source(ops, self.content))
    }

    fn attribute(&self, view: View<'_>, wanted: &str) -> Option<Location> {
        let program = view.program(self.frag)?;
        let mut at = self.attributes.0;
        while at < self.attributes.1 {
            let Some(&Op::Attribute { name, end }) = program.ops().get(at as usize) else {
                return None;
            };
            if program.text(name) == wanted {
                return Some(self.location(source(program.ops(), (at + 1, end))));
            }
            at = end.max(at + 1);
        }
        None
    }
}

fn source(ops: &[Op], (start, end): (u32, u32)) -> Source {
    match ops.get(start as usize..end as usize) {
        None | Some([]) => Source::Empty,
        Some([Op::Text(span)]) => Source::Text(*span),
        Some([Op::Value { index }]) => Source::Value(*index),
        Some(_) => Source::Mixed(start, end),
    }
}

struct Reader<'a> {
    view: View<'a>,
    /// Elements that may still be visited: a template can place one fragment many times over.
    budget: usize,
}

/// Deepest nesting of elements a plan follows, through all fragments.
const MAX_PLAN_DEPTH: usize = 64;

impl<'a> Reader<'a> {
    fn frag(&mut self, frag: u32, above: &[(u32, u16)], depth: usize, out: &mut Vec<Element<'a>>) {
        if let Some(program) = self.view.program(frag) {
            let all = (0, program.ops().len() as u32);
            self.elements(frag, all, above, true, depth, out);
        }
    }

    /// Adds the elements among the given steps of a fragment's program.
    fn elements(
        &mut self,
        frag: u32,
        (mut at, end): (u32, u32),
        above: &[(u32, u16)],
        is_root: bool,
        depth: usize,
        out: &mut Vec<Element<'a>>,
    ) {
        let Some(program) = self.view.program(frag) else {
            return;
        };
        if depth > MAX_PLAN_DEPTH {
            return;
        }
        while at < end
            && let Some(op) = program.ops().get(at as usize)
        {
            match *op {
                Op::Open { name, content, close, dependency } => {
                    if self.budget == 0 {
                        return;
                    }
                    self.budget -= 1;
                    let mut dependencies = above.to_vec();
                    if dependency != NO_DEPENDENCY && !is_root {
                        dependencies.push((frag, dependency));
                    }
                    let mut children = Vec::new();
                    let below = (content, close);
                    self.elements(frag, below, &dependencies, false, depth + 1, &mut children);
                    out.push(Element {
                        name: program.text(name),
                        frag,
                        attributes: (at + 1, content),
                        content: below,
                        children,
                        dependencies,
                        is_root,
                    });
                    at = close.max(at);
                }
                Op::Value { index } => {
                    if let Some(nested) = self.view.nested(frag, index) {
                        self.budget = self.budget.saturating_sub(1);
                        self.frag(nested, above, depth + 1, out);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}
