//! A window of bytes that moves over a reader.
//!
//! Not in here: where records end (that is [`frame`](crate::frame)).

use std::io::{ErrorKind, Read};

use crate::patience::Watch;

/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// Bytes in front of the first window. Files are read from the start of pages, or from a byte before;
/// processors copy much slower to a place that lies just behind the same place of another page.
const MARGIN: usize = 1024;

/// As much memory is taken at once if so many bytes are wanted, though there may be fewer.
const AT_ONCE: usize = 16 << 20;

/// Gives the window, then the rest of the reader.
impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.window().is_empty() && !self.more() {
            return self.error.take().map_or(Ok(0), Err);
        }
        let count = self.window().len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), self.window().get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

/// The bytes of a reader from a moving start up to as far as has been asked for.
pub(crate) struct Stream<'r> {
    reader: Box<dyn Read + 'r>,
    /// What is behind `end` has no meaning; it is kept so that it need not be cleared again.
    buffer: Vec<u8>,
    /// Where the window starts in the buffer.
    start: usize,
    /// Where the window ends in the buffer.
    end: usize,
    /// Offset of the window's start in the input.
    offset: u64,
    ended: bool,
    error: Option<std::io::Error>,
    total: u64,
    watch: Watch,
}

impl<'r> Stream<'r> {
    /// A window over a reader whose first byte is at `offset` of the input.
    pub(crate) fn new(reader: impl Read + 'r, offset: u64) -> Self {
        Stream {
            reader: Box::new(reader),
            buffer: Vec::new(),
            start: MARGIN,
            end: MARGIN,
            offset,
            ended: false,
            error: None,
            total: 0,
            watch: Watch::default(),
        }
    }

    /// Uses this memory, which another stream had.
    pub(crate) fn with_memory(mut self, memory: Vec<u8>) -> Self {
        self.buffer = memory;
        self
    }

    /// The memory of a stream that is done.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.buffer
    }

    /// Ends the stream, as by an error, when the time of its file is over.
    pub(crate) fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// The bytes in view.
    pub(crate) fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset of the window's first byte in the input.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Is everything up to the end in view?
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// The error that ended the reading, if one did.
    pub(crate) fn take_error(&mut self) -> Option<std::io::Error> {
        self.error.take()
    }

    /// Bytes read so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Moves the start of the window forward.
    pub(crate) fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Brings more bytes into view; `false` at the end or after an error.
    pub(crate) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let used = self.start - MARGIN;
        if used > 0 && used >= (self.end - MARGIN) / 2 {
            self.buffer.copy_within(self.start..self.end, MARGIN);
            self.end -= used;
            self.start = MARGIN;
        }
        if let Err(error) = self.watch.check() {
            self.error = Some(error);
            self.ended = true;
            return false;
        }
        if self.buffer.len() < self.end + BLOCK {
            self.buffer.resize(self.end + BLOCK, 0);
        }
        let read = loop {
            let free = self.buffer.get_mut(self.end..self.end + BLOCK).unwrap_or_default();
            match self.reader.read(free) {
                Ok(read) => break read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    break 0;
                }
            }
        };
        self.end += read;
        self.total += read as u64;
        self.ended = read == 0;
        read > 0
    }

    /// Brings at least `bytes` into view, or all there are.
    pub(crate) fn fill(&mut self, bytes: usize) {
        let room = MARGIN + bytes + BLOCK;
        if self.buffer.len() < room && bytes > BLOCK && bytes <= AT_ONCE {
            // In one piece: growing would touch several times as much memory.
            let mut buffer = vec![0; room];
            let window = self.window();
            if let Some(place) = buffer.get_mut(MARGIN..MARGIN + window.len()) {
                place.copy_from_slice(window);
                self.end = MARGIN + window.len();
                self.start = MARGIN;
                self.buffer = buffer;
            }
        }
        while self.window().len() < bytes && self.more() {}
    }
}
