//! Chunks to records: resolving templates, values and nested fragments.
//!
//! [`Decoder::decode`] walks a chunk once. For every record it notes where the values of its
//! template instances are, without decoding any, and which [`Plan`] says what they mean.

use rustc_hash::FxHashMap;

use super::bytes;
use super::chunk::{Chunk, RawRecord};
use super::error::{Error, RecordError};
use super::plan::Plan;
use super::program::{
    InstanceHeader, MAX_NESTING, Program, compile_definition, compile_stream, definition_body,
};
use super::record::Record;
use super::sample::Sample;
use super::value::{self, Value, ty};
use super::xml::Outline;

/// Stands for "no such index".
const NONE: u32 = u32::MAX;

/// Set in a program index that counts [`Decoder::local_programs`].
const LOCAL: u32 = 1 << 31;

/// Most bytes of programs that compiling for one chunk may take. A real chunk's templates take
/// some tens of kilobytes; a crafted one could name thousands of overlapping definitions.
const CHUNK_PROGRAM_BUDGET: usize = 4 << 20;

/// What a definition that does not compile costs of [`CHUNK_PROGRAM_BUDGET`].
const FAILED_PROGRAM_COST: usize = 64 << 10;

/// Most elements that the plans built for one chunk may visit.
const CHUNK_PLAN_BUDGET: usize = 1 << 17;

/// Most bytes of programs, and most shapes, kept beyond their chunk. Beyond that templates are
/// compiled for each chunk anew and their records have no shape.
const SHARED_PROGRAM_BUDGET: usize = 64 << 20;
const MAX_SHAPES: usize = 1 << 16;

/// Most definitions of one GUID that are known by their bytes.
const MAX_SAMPLES: usize = 4;
const MAX_SHARED_FIELDS: usize = 1 << 18;

/// Identifies records whose fields are in the same places: same templates, nested in the same
/// way. Valid for the [`Decoder`] that made it, as long as that lives; never reused for another
/// shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(u32);

impl ShapeId {
    /// The shape's number: small, so that a table may be indexed by it.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A template instance, or a fragment without one, of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frag {
    program: u32,
    first_value: u32,
    value_count: u32,
    pub(super) has_arrays: bool,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
struct Val {
    kind: u8,
    len: u16,
    offset: u32,
    /// The fragment it holds.
    nested: u32,
}

/// One record of the current chunk.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) raw: RawRecord,
    /// The record's outermost fragment. Those nested in it follow in document order.
    pub(super) frag: u32,
    /// Index into the shared plans, or into the local ones with [`LOCAL`].
    plan: u32,
    shape: u32,
}

/// A template definition of the current chunk.
#[derive(Debug, Clone)]
struct Template {
    program: u32,
    /// The shape of an instance with nothing nested, or [`NONE`].
    shape: u32,
}

/// Reads the records of chunks. Keeps compiled templates and its buffers from one chunk to the
/// next: use one per thread, for as many files as you like.
#[derive(Debug, Default)]
pub struct Decoder {
    // Kept across chunks.
    programs: Vec<(Program, Option<Outline>)>,
    program_ids: FxHashMap<Program, u32>,
    program_bytes: usize,
    /// By the GUID that the template says it has.
    samples: FxHashMap<[u8; 16], Vec<(Sample, Template)>>,
    shapes: FxHashMap<(u32, u32, u32), u32>,
    plans: Vec<Plan>,
    plan_of_shape: Vec<u32>,
    planned_fields: usize,
    // Of the current chunk.
    templates: FxHashMap<usize, Result<Template, Error>>,
    local_programs: Vec<Program>,
    local_plans: Vec<Plan>,
    frags: Vec<Frag>,
    values: Vec<Val>,
    entries: Vec<Result<Entry, RecordError>>,
    program_budget: usize,
    plan_budget: usize,
}

impl Decoder {
    /// A decoder that knows no templates yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds the records of `chunk`. Costs far less than decoding their values, which happens
    /// when they are asked for.
    pub fn decode<'a>(&'a mut self, chunk: &Chunk<'a>) -> Records<'a> {
        self.templates.clear();
        self.local_programs.clear();
        self.local_plans.clear();
        self.frags.clear();
        self.values.clear();
        self.entries.clear();
        self.program_budget = CHUNK_PROGRAM_BUDGET;
        self.plan_budget = CHUNK_PLAN_BUDGET;
        let data = chunk.data();
        for raw in chunk.raw_records() {
            let (offset, number, result) = match raw {
                Ok(raw) => (raw.offset, Some(raw.number), self.record(data, raw)),
                Err(broken) => (broken.offset, broken.number, Err(broken.error)),
            };
            self.entries.push(result.map_err(|source| RecordError {
                chunk_offset: chunk.offset(),
                record_offset: offset as u64,
                record_number: number,
                source,
            }));
        }
        Records { decoder: self, data, next: 0 }
    }

    fn record(&mut self, data: &[u8], raw: RawRecord) -> Result<Entry, Error> {
        let frag = self.frags.len() as u32;
        let values = self.values.len();
        match self.fragment(data, raw.body.0, raw.body.1, 0) {
            Ok(shape) => {
                let plan = self.plan(data, raw.offset, frag, shape)?;
                let shape = if self.plan_at(plan).has_dynamic_names() { NONE } else { shape };
                Ok(Entry { raw, frag, plan, shape })
            }
            Err(error) => {
                self.frags.truncate(frag as usize);
                self.values.truncate(values);
                Err(error)
            }
        }
    }

    /// Adds the fragment `data[start..end]` and those nested in it. Returns its shape.
    fn fragment(
        &mut self,
        data: &[u8],
        start: usize,
        end: usize,
        depth: usize,
    ) -> Result<u32, Error> {
        if depth > MAX_NESTING {
            let (what, offset) = ("a BinXML fragment", start as u64);
            return Err(Error::Depth { what, offset, limit: MAX_NESTING });
        }
        // Nearly every fragment is a header, one template instance, and the end.
        let instance = match data.get(start..end) {
            Some([0x0f, _, _, _, 0x0c, ..]) => Some(start + 5),
            Some([0x0c, ..]) => Some(start + 1),
            _ => None,
        };
        if let Some(pos) = instance {
            let header = InstanceHeader::read_head(data, pos, end)?;
            let ends = |after: usize| after >= end || data.get(after) == Some(&0);
            if let Some(shape) = self.instance_if(data, header, end, depth, ends)? {
                return Ok(shape);
            }
        }
        self.stream(data, start, end, depth)
    }

    /// Adds a fragment that is no single template instance. It has no shape.
    fn stream(
        &mut self,
        data: &[u8],
        start: usize,
        end: usize,
        depth: usize,
    ) -> Result<u32, Error> {
        self.charge_program(end.saturating_sub(start), start)?;
        let compiled = compile_stream(data, start, end)?;
        self.charge_program(compiled.program.size(), start)?;
        let program = LOCAL | self.local_programs.len() as u32;
        self.local_programs.push(compiled.program);
        let first_value = self.values.len();
        for &pos in &compiled.instances {
            // The length only has to differ from zero: an instance is found by `nested`.
            self.values.push(Val { kind: ty::BINXML, len: 1, offset: pos as u32, nested: NONE });
        }
        self.frags.push(Frag {
            program,
            first_value: first_value as u32,
            value_count: compiled.instances.len() as u32,
            has_arrays: false,
        });
        for (i, &pos) in compiled.instances.iter().enumerate() {
            let nested = self.frags.len() as u32;
            let (header, _) = InstanceHeader::read(data, pos, end)?;
            self.instance(data, header, end, depth + 1)?;
            self.values[first_value + i].nested = nested;
        }
        Ok(NONE)
    }

    /// Adds the template instance of `header` and the fragments nested in it. Returns its shape.
    fn instance(
        &mut self,
        data: &[u8],
        header: InstanceHeader,
        end: usize,
        depth: usize,
    ) -> Result<u32, Error> {
        Ok(self.instance_if(data, header, end, depth, |_| true)?.unwrap_or(NONE))
    }

    /// Like [`instance`](Self::instance), if it ends where `ends` says it may; else adds nothing.
    fn instance_if(
        &mut self,
        data: &[u8],
        header: InstanceHeader,
        end: usize,
        depth: usize,
        ends: impl FnOnce(usize) -> bool,
    ) -> Result<Option<u32>, Error> {
        let table = header.table(data, end)?;
        let first_value = self.values.len();
        let mut offset = header.descriptors + table.len();
        let (mut has_arrays, mut has_nested, mut all_known) = (false, false, true);
        let descriptors = table.as_chunks::<4>().0;
        self.values.extend(descriptors.iter().map(|&[low, high, kind, _]| {
            let len = u16::from_le_bytes([low, high]);
            all_known &= value::is_known(kind);
            has_arrays |= kind & ty::ARRAY != 0;
            has_nested |= kind == ty::BINXML && len > 0;
            let val = Val { kind, len, offset: offset as u32, nested: NONE };
            offset += usize::from(len);
            val
        }));
        if !ends(offset) {
            self.values.truncate(first_value);
            return Ok(None);
        }
        let template = self.template(data, header.definition)?;
        if !all_known
            && let Some(i) = descriptors.iter().position(|&[_, _, kind, _]| !value::is_known(kind))
        {
            let (at, found) = (header.descriptors + 4 * i + 2, descriptors[i][2]);
            return Err(Error::ValueType { offset: at as u64, found });
        }
        if offset > end {
            let start = header.descriptors + table.len();
            return Err(bytes::truncated("substitution values", start, offset - start, end));
        }
        self.frags.push(Frag {
            program: template.program,
            first_value: first_value as u32,
            value_count: header.count as u32,
            has_arrays,
        });
        let mut shape = template.shape;
        if has_nested {
            for i in first_value..first_value + header.count {
                let Val { kind: ty::BINXML, len: 1.., offset, .. } = self.values[i] else {
                    continue;
                };
                let (start, len) = (offset as usize, usize::from(self.values[i].len));
                let nested = self.frags.len() as u32;
                let inner = self.fragment(data, start, start + len, depth + 1)?;
                self.values[i].nested = nested;
                shape = self.nested_shape(shape, (i - first_value) as u32, inner);
            }
        }
        Ok(Some(shape))
    }

    /// The template whose definition is at `offset` of the chunk.
    fn template(&mut self, data: &[u8], offset: usize) -> Result<Template, Error> {
        if let Some(known) = self.templates.get(&offset) {
            return known.clone();
        }
        let template = self.compile(data, offset);
        self.templates.insert(offset, template.clone());
        template
    }

    fn compile(&mut self, data: &[u8], offset: usize) -> Result<Template, Error> {
        let (start, end) = definition_body(data, offset)?;
        self.charge_program(end - start, offset)?;
        let guid = bytes::array::<16>(data, offset + 4).unwrap_or_default();
        let known = self.samples.get(&guid).into_iter().flatten();
        let known = known.filter(|(sample, _)| sample.fits(data, start, end));
        if let Some(template) = known.map(|(_, template)| template.clone()).next() {
            let program = self.programs.get(template.program as usize);
            self.charge_program(program.map_or(0, |(program, _)| program.size()), offset)?;
            return Ok(template);
        }
        let (program, sample) = match compile_definition(data, offset) {
            Ok(compiled) => compiled,
            Err(error) => {
                self.charge_program(FAILED_PROGRAM_COST, offset)?;
                return Err(error);
            }
        };
        let size = program.size();
        self.charge_program(size, offset)?;
        if let Some(&id) = self.program_ids.get(&program) {
            let template = Template { program: id, shape: self.shape((id, NONE, NONE)) };
            self.remember(guid, sample, &template);
            return Ok(template);
        }
        // Kept three times over: as key, as program, and as outline.
        if self.program_bytes + 3 * size > SHARED_PROGRAM_BUDGET {
            let id = LOCAL | self.local_programs.len() as u32;
            self.local_programs.push(program);
            return Ok(Template { program: id, shape: NONE });
        }
        let id = self.programs.len() as u32;
        self.program_bytes += 3 * size;
        self.program_ids.insert(program.clone(), id);
        let outline = Outline::build(&program);
        self.programs.push((program, outline));
        let template = Template { program: id, shape: self.shape((id, NONE, NONE)) };
        self.remember(guid, sample, &template);
        Ok(template)
    }

    /// Lets a template be known by its bytes in the chunks to come.
    fn remember(&mut self, guid: [u8; 16], sample: Option<Sample>, template: &Template) {
        let Some(sample) = sample else { return };
        let size = sample.size();
        if self.program_bytes + size > SHARED_PROGRAM_BUDGET {
            return;
        }
        let known = self.samples.entry(guid).or_default();
        if known.len() < MAX_SAMPLES {
            self.program_bytes += size;
            known.push((sample, template.clone()));
        }
    }

    fn charge_program(&mut self, cost: usize, at: usize) -> Result<(), Error> {
        match self.program_budget.checked_sub(cost) {
            Some(left) => {
                self.program_budget = left;
                Ok(())
            }
            None => {
                self.program_budget = 0;
                let (what, limit) = ("size of the chunk's templates", CHUNK_PROGRAM_BUDGET);
                Err(Error::Limit { what, offset: at as u64, limit })
            }
        }
    }

    /// The shape of an instance of shape `outer` with a fragment of shape `inner` as the value
    /// of its substitution `index`.
    fn nested_shape(&mut self, outer: u32, index: u32, inner: u32) -> u32 {
        if outer == NONE || inner == NONE {
            return NONE;
        }
        self.shape((outer, index, inner))
    }

    fn shape(&mut self, key: (u32, u32, u32)) -> u32 {
        if let Some(&shape) = self.shapes.get(&key) {
            return shape;
        }
        if self.shapes.len() >= MAX_SHAPES {
            return NONE;
        }
        let shape = self.plan_of_shape.len() as u32;
        self.plan_of_shape.push(NONE);
        self.shapes.insert(key, shape);
        shape
    }

    /// The plan for the record at `frag`.
    fn plan(&mut self, data: &[u8], at: usize, frag: u32, shape: u32) -> Result<u32, Error> {
        if let Some(&plan) = self.plan_of_shape.get(shape as usize)
            && plan != NONE
        {
            return Ok(plan);
        }
        if self.plan_budget == 0 {
            let (what, limit) = ("number of elements in the chunk", CHUNK_PLAN_BUDGET);
            return Err(Error::Limit { what, offset: at as u64, limit });
        }
        let view = View { decoder: self, data, frag };
        let (plan, visited) = Plan::build(view, self.plan_budget);
        self.plan_budget = self.plan_budget.saturating_sub(visited);
        let fields = plan.field_count();
        if let Some(slot) = self.plan_of_shape.get_mut(shape as usize)
            && self.planned_fields + fields <= MAX_SHARED_FIELDS
        {
            self.planned_fields += fields;
            let id = self.plans.len() as u32;
            *slot = id;
            self.plans.push(plan);
            return Ok(id);
        }
        let id = LOCAL | self.local_plans.len() as u32;
        self.local_plans.push(plan);
        Ok(id)
    }

    fn plan_at(&self, plan: u32) -> &Plan {
        let (plans, index) = match plan & LOCAL {
            0 => (&self.plans, plan),
            _ => (&self.local_plans, plan & !LOCAL),
        };
        // Entries only hold indices of plans that were pushed before them, and both lists only
        // shrink together with the entries.
        &plans[index as usize]
    }

    pub(super) fn plan_of(&self, entry: &Entry) -> &Plan {
        self.plan_at(entry.plan)
    }

    pub(super) fn shape_of(&self, entry: &Entry) -> Option<ShapeId> {
        (entry.shape != NONE).then_some(ShapeId(entry.shape))
    }
}

/// The fragments of one record.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) decoder: &'a Decoder,
    pub(super) data: &'a [u8],
    /// The outermost one; the others are counted from it.
    pub(super) frag: u32,
}

impl<'a> View<'a> {
    fn frag(&self, frag: u32) -> Option<&'a Frag> {
        self.decoder.frags.get((self.frag + frag) as usize)
    }

    /// Whether a value of the fragment is an array.
    pub(super) fn has_arrays(&self, frag: u32) -> bool {
        self.frag(frag).is_some_and(|frag| frag.has_arrays)
    }

    /// The program of a fragment of the record.
    pub(super) fn program(&self, frag: u32) -> Option<&'a Program> {
        let program = self.frag(frag)?.program;
        match program & LOCAL {
            0 => self.decoder.programs.get(program as usize).map(|(program, _)| program),
            _ => self.decoder.local_programs.get((program & !LOCAL) as usize),
        }
    }

    /// The prepared XML of a fragment's template, when it has one.
    pub(super) fn outline(&self, frag: u32) -> Option<&'a Outline> {
        let program = self.frag(frag)?.program;
        let (_, outline) = self.decoder.programs.get(program as usize)?;
        outline.as_ref()
    }

    fn val(&self, frag: u32, index: u16) -> Option<Val> {
        let frag = self.frag(frag)?;
        if u32::from(index) >= frag.value_count {
            return None;
        }
        self.decoder.values.get(frag.first_value as usize + usize::from(index)).copied()
    }

    /// A value of a fragment; `None` when the instance has fewer.
    pub(super) fn value(&self, frag: u32, index: u16) -> Option<Value<'a>> {
        let val = self.val(frag, index)?;
        let start = val.offset as usize;
        let bytes = self.data.get(start..start + usize::from(val.len))?;
        Some(Value::new(val.kind, bytes))
    }

    /// The fragment that a value holds, counted from the record's outermost.
    pub(super) fn nested(&self, frag: u32, index: u16) -> Option<u32> {
        let nested = self.val(frag, index)?.nested;
        (nested != NONE).then(|| nested.wrapping_sub(self.frag))
    }

    /// Whether an element that depends on a value is left out: the value is NULL.
    pub(super) fn is_left_out(&self, frag: u32, dependency: u16) -> bool {
        self.val(frag, dependency)
            .is_some_and(|val| val.kind == ty::NULL || (val.kind == ty::BINXML && val.len == 0))
    }
}

/// The records of a chunk, in the order in which they stand there. Made by [`Decoder::decode`].
#[derive(Debug, Clone)]
pub struct Records<'a> {
    decoder: &'a Decoder,
    data: &'a [u8],
    next: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, &'a RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.decoder.entries.get(self.next)?;
        self.next += 1;
        Some(match entry {
            Ok(entry) => Ok(Record::new(self.decoder, self.data, entry)),
            Err(error) => Err(error),
        })
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.next = self.next.saturating_add(n);
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.decoder.entries.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Records<'_> {}
