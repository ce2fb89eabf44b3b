//! Compressed files and archives: whole, nested, cut, damaged and hostile.

use std::io::Write as _;

use aql_diag::codes;
use aql_event::{Needs, ScanReport, provenance};
use aql_ingest::{Evidence, Inflation, Options};
use proptest::prelude::*;

use crate::robust::{codes_of, gzip_of, needs, zip_of};
use crate::util::{builtin, data, render_report, scan, scan_bytes, source, values};

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn bzip2_of(bytes: &[u8]) -> Vec<u8> {
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(bytes).unwrap();
    bzip2.finish().unwrap()
}

fn xz_of(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    xz.write_all(bytes).unwrap();
    xz.finish().unwrap()
}

/// A tar archive; names are put there as they are.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if name.len() < 100 {
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *bytes).unwrap();
        } else {
            tar.append_data(&mut header, name, *bytes).unwrap();
        }
    }
    tar.into_inner().unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;

const PACKS: [(&str, Pack); 4] =
    [("gzip", gzip_of), ("zstd", zstd_of), ("bzip2", bzip2_of), ("xz", xz_of)];

fn sample() -> Vec<u8> {
    std::fs::read(data("nxlog.jsonl")).unwrap()
}

fn records(report: &ScanReport) -> Vec<(String, u64)> {
    report.files.iter().map(|f| (f.path.to_string(), f.records)).collect()
}

fn expect(found: &ScanReport, expected: &[(&str, u64)]) {
    let expected: Vec<_> = expected.iter().map(|(p, n)| ((*p).to_owned(), *n)).collect();
    assert_eq!(records(found), expected, "{}", render_report(found));
}

#[test]
fn every_compression_is_read() {
    for (name, pack) in PACKS {
        let packed = pack(&sample());
        let (_, report) = scan_bytes(&packed, &needs(), Options::default());
        assert!(codes_of(&report).is_empty(), "{name}: {}", render_report(&report));
        expect(&report, &[("input", 4)]);
        // Several, one after the other, are one file.
        let (_, report) = scan_bytes(&packed.repeat(2), &needs(), Options::default());
        assert!(codes_of(&report).is_empty(), "{name}: {}", render_report(&report));
        expect(&report, &[("input", 8)]);
        // Of nothing there is nothing.
        let (_, report) = scan_bytes(&pack(b""), &needs(), Options::default());
        assert_eq!(codes_of(&report), [codes::EMPTY.as_str()], "{name}");
    }
    let skipped = [b"\x50\x2a\x4d\x18\x03\0\0\0abc".as_slice(), &zstd_of(&sample())].concat();
    expect(&scan_bytes(&skipped, &needs(), Options::default()).1, &[("input", 4)]);
}

#[test]
fn tar_is_read_plain_and_packed() {
    let long = format!("{}/x.jsonl", "folder".repeat(40));
    let jsonl = sample();
    let evtx_like = [b"some text ElfChnk\0".as_slice(), &jsonl].concat();
    let members: &[(&str, &[u8])] =
        &[("a.jsonl", &jsonl), (&long, &jsonl), ("../../evil\x1b[2J", &jsonl), ("empty", b"")];
    let tar = tar_of(members);
    let long_shown = format!("input!/{long}");
    let expected: &[(&str, u64)] = &[
        ("input!/a.jsonl", 4),
        (&long_shown, 4),
        ("input!/../../evil\\u{1b}[2J", 4),
        ("input!/empty", 0),
    ];
    expect(&scan_bytes(&tar, &needs(), Options::default()).1, expected);
    for (_, pack) in PACKS {
        expect(&scan_bytes(&pack(&tar), &needs(), Options::default()).1, expected);
    }
    // An archive is one, whatever is in its first member.
    let (_, report) = scan_bytes(&tar_of(&[("x", &evtx_like)]), &needs(), Options::default());
    assert_eq!(report.files[0].path.as_ref(), "input!/x");
    // In one another.
    let zip = zip_of(&[("in.jsonl", &jsonl), ("in.bz2", &bzip2_of(&jsonl))]);
    let (batches, report) = scan_bytes(
        &gzip_of(&tar_of(&[("z.zip", &zip), ("b", &jsonl)])),
        &needs(),
        Options::default(),
    );
    expect(&report, &[("input!/z.zip!/in.jsonl", 4), ("input!/z.zip!/in.bz2", 4), ("input!/b", 4)]);
    let files = values(&batches, &source(provenance::FILE));
    assert!(files[0].as_deref().unwrap().ends_with("input!/z.zip!/in.jsonl"));
    let zip = zip_of(&[("t.tar", &tar_of(&[("b", &jsonl)]))]);
    expect(&scan_bytes(&zip, &needs(), Options::default()).1, &[("input!/t.tar!/b", 4)]);
}

#[test]
fn names_and_sizes_of_extended_headers_count() {
    let jsonl = sample();
    let mut tar = tar::Builder::new(Vec::new());
    let size = jsonl.len().to_string();
    let pairs = [("path", "long/name.jsonl".as_bytes()), ("size", size.as_bytes())];
    tar.append_pax_extensions(pairs).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("short").unwrap();
    header.set_size(0);
    header.set_cksum();
    tar.append(&header, std::io::empty()).unwrap();
    // The header says 0, the content is there.
    let mut bytes = tar.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend_from_slice(&jsonl);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    let (_, report) = scan_bytes(&bytes, &needs(), Options::default());
    expect(&report, &[("input!/long/name.jsonl", 4)]);
    // One that is too long is not taken into memory.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let (_, report) = scan_bytes(header.as_bytes(), &needs(), Options::default());
    let text = render_report(&report);
    assert!(text.contains("the extended header at byte 0 has 1099511627776 bytes"), "{text}");
}

#[test]
fn cut_anywhere_it_is_told() {
    let jsonl = &sample()[..300];
    let needs = Needs::new([builtin("payload")]);
    let tar = tar_of(&[("a", jsonl), ("b", b"text\n")]);
    let mut cases: Vec<(&str, Vec<u8>)> =
        PACKS.iter().map(|(name, pack)| (*name, pack(jsonl))).collect();
    cases.push(("tar.gz", gzip_of(&tar)));
    cases.push(("tar.zst", zstd_of(&tar)));
    cases.push(("zip", zip_of(&[("a", jsonl)])));
    cases.push(("tar", tar));
    for (name, whole) in cases {
        for end in 1..whole.len() {
            // Blocks of a tar archive are filled up with zeros: one place among them is as another.
            let is_fill = whole[end - 1] == 0 && whole[end] == 0 && end % 512 != 0;
            if name == "tar" && is_fill {
                continue;
            }
            let evidence = Evidence::from_reader(
                "x",
                std::io::Cursor::new(whole[..end].to_vec()),
                Options::default(),
            );
            let (batches, report) = scan(&evidence, &needs);
            let rows: u64 = batches.iter().map(|b| b.num_rows() as u64).sum();
            assert_eq!(rows, report.files.iter().map(|f| f.records).sum::<u64>());
            assert!(!render_report(&report).contains("internal error"));
            let lost: u64 = report.files.iter().map(|f| f.lost).sum();
            // The blocks of zeros at the end of a tar archive may be missing. What is too short to
            // be recognised is text of no known kind.
            let members_end = 2048;
            let is_whole = name == "tar" && end >= members_end - 507;
            let is_text = codes_of(&report).contains(&codes::UNPARSED.as_str());
            assert!(
                lost > 0 || is_whole || is_text,
                "{name} cut at {end}: {}",
                render_report(&report)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Damage is survived, and what is counted is what comes out.
    #[test]
    fn damaged_containers(
        kind in 0usize..8,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let jsonl = sample();
        let mut bytes = match kind {
            0..=3 => PACKS[kind].1(&jsonl),
            4 => tar_of(&[("a", &jsonl), ("b", &jsonl)]),
            5 => zip_of(&[("a", &jsonl), ("b", &gzip_of(&jsonl))]),
            6 => zstd_of(&tar_of(&[("a", &jsonl)])),
            _ => xz_of(&zip_of(&[("a", &jsonl)])),
        };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
        let (batches, report) = scan_bytes(&bytes, &needs(), Options::default());
        let rows: u64 = batches.iter().map(|b| b.num_rows() as u64).sum();
        prop_assert_eq!(rows, report.files.iter().map(|f| f.records).sum::<u64>());
        let text = render_report(&report);
        prop_assert!(!text.contains("internal error"), "{}", text);
    }
}

#[test]
fn a_wrong_checksum_is_told() {
    for (name, pack) in PACKS {
        let mut bytes = pack(&sample());
        // The checksum is at the end, but for xz's, which has an index behind it.
        let at = bytes.len() - if name == "xz" { 40 } else { 4 };
        bytes[at] ^= 1;
        let (_, report) = scan_bytes(&bytes, &needs(), Options::default());
        let has_checksum = name != "zstd" || zstd_has_checksum();
        let told = codes_of(&report).contains(&codes::ARCHIVE.as_str());
        assert!(told || !has_checksum, "{name}: {}", render_report(&report));
    }
}

/// Does the encoder of the test write checksums?
fn zstd_has_checksum() -> bool {
    zstd_of(b"x")[4] & 4 != 0
}

#[test]
fn bombs_of_every_kind_are_left_early() {
    let zeros = vec![b'{'; 1 << 22];
    let inflation = Inflation { max_bytes: 1 << 18, max_ratio: 1 << 20 };
    let options = || Options { inflation, ..Options::default() };
    let mut cases: Vec<Vec<u8>> = PACKS.iter().map(|(_, pack)| pack(&zeros)).collect();
    cases.push(gzip_of(&tar_of(&[("a", &zeros), ("b", &zeros)])));
    cases.push(tar_of(&[("a", &gzip_of(&zeros))]));
    // Layers in one another, each of them small for what goes into it.
    cases.push(gzip_of(&gzip_of(&gzip_of(&zeros))));
    for bytes in cases {
        let (_, report) = scan_bytes(&bytes, &needs(), options());
        let text = render_report(&report);
        assert!(text.contains("decompression limit"), "{text}");
        let read: u64 = report.files.iter().map(|f| f.bytes).sum();
        assert!(read <= 1 << 19, "{read}: {text}");
    }
    // Members of an inner archive count together, whatever each of them gives.
    let some = vec![b'{'; 100 << 10];
    let inner = zip_of(&[("a", &some), ("b", &some), ("c", &some), ("d", &some)]);
    let (_, report) = scan_bytes(&zip_of(&[("in.zip", &inner)]), &needs(), options());
    let text = render_report(&report);
    assert!(text.contains("decompression limit"), "{text}");
}

#[test]
fn archives_in_archives_end() {
    let mut bytes = zip_of(&[("a", &sample())]);
    for _ in 0..5 {
        bytes = zip_of(&[("in.zip", &bytes)]);
    }
    for bytes in [bytes, (0..8).fold(sample(), |inner, _| gzip_of(&inner))] {
        let (_, report) = scan_bytes(&bytes, &needs(), Options::default());
        let text = render_report(&report);
        assert!(text.contains("archives inside archives are not unpacked this deep"), "{text}");
        assert_eq!(codes_of(&report), [codes::ARCHIVE.as_str()], "{text}");
    }
}

#[test]
fn members_that_share_bytes_are_not_read_twice() {
    let jsonl = sample();
    let mut bytes = zip_of(&[("a", &jsonl), ("b", &jsonl), ("c", &jsonl)]);
    // The second entry of the directory points at the first member.
    let entries: Vec<usize> = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").collect();
    bytes[entries[1] + 42..entries[1] + 46].fill(0);
    for (bytes, place) in [(bytes.clone(), "input"), (gzip_of(&bytes), "input")] {
        let (_, report) = scan_bytes(&bytes, &needs(), Options::default());
        let path = |member: &str| format!("{place}!/{member}");
        expect(&report, &[(&path("a"), 4), (&path("b"), 0), (&path("c"), 4)]);
        assert!(report.files[1].diagnostics[0].message.contains("shares its bytes"));
    }
}
