//! The event log file that `aql emulate` writes: whole by its checksums, and the same to the `evtx`
//! crate as to our own decoder.

use std::sync::Arc;

use aql_ingest::evtx::{Decoder, FileHeader, FileSlot, Record, chunks};
use evtx::{EvtxChunkData, ParserSettings};

use crate::evtx::compare;
use crate::util::data;

#[test]
fn an_emulated_log_is_whole_and_reads_the_same_elsewhere() {
    let file = std::fs::read(data("emulated.evtx")).unwrap();
    let header = FileHeader::parse(&file).unwrap();
    assert!(header.checksum_ok);
    let settings = Arc::new(ParserSettings::default().indent(false));
    let mut decoder = Decoder::new();
    let mut compared = 0;
    for slot in chunks(&file, &header) {
        let FileSlot::Chunk(chunk) = slot else { panic!("{slot:?}") };
        assert_eq!(chunk.defects(), []);
        let ours: Vec<Record<'_>> = decoder.decode(&chunk).map(Result::unwrap).collect();
        // Checksums are looked at there, too.
        let mut copy = EvtxChunkData::new(chunk.data().to_vec(), true).unwrap();
        let mut reference = copy.parse(Arc::clone(&settings)).unwrap();
        for (record, theirs) in ours.iter().zip(reference.iter()) {
            let theirs = theirs.unwrap();
            assert_eq!(record.record_number(), theirs.event_record_id);
            let xml = theirs.into_xml().unwrap();
            compare(record, &xml.data).unwrap_or_else(|difference| panic!("{difference}"));
            compared += 1;
        }
        assert_eq!(compared, ours.len());
    }
    assert_eq!(compared, 20);
}
