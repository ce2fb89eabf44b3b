"""Events of a week, the same for the same seed: NDJSON in the shape of Winlogbeat, and the same rows as
Parquet and CSV for the peers; packs of rules; one large event log made of the chunks of real ones."""

import json
import random
import shutil
import sys
import uuid
import zlib
from pathlib import Path

import conditions

# The last moment of the week, epoch milliseconds: 2026-11-10 00:00 UTC.
END = 1_794_268_800_000
WEEK = 7 * 86_400_000
NEEDLE = "Needle-7F3A91"
SYSMON = "Microsoft-Windows-Sysmon/Operational"
# Event id: share, name in the manifest.
KINDS = {
    1: (0.18, "Process Create"),
    11: (0.25, "File created"),
    3: (0.27, "Network connection detected"),
    7: (0.15, "Image loaded"),
    13: (0.15, "Registry value set"),
}
STEM = ["svc", "upd", "agent", "host", "sync", "task", "net", "disk", "audio", "print", "cfg", "mon"]
EXTENSIONS = [".tmp", ".log", ".docx", ".xlsx", ".dll", ".json", ".xml", ".png", ".lnk", ".etl"]
SCRIPTS = ["powershell.exe", "cmd.exe", "python.exe", "robocopy.exe", "7z.exe", "wscript.exe"]
CSV_NAMES = {"CommandLine": "typed_text"}
STORES = [".pst", ".ost", ".msg", ".eml"]


def words(seed):
    """Names of images and words of command lines that rules look for."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    word = lambda n: "".join(rng.choice(letters) for _ in range(n))
    images = [f"{a}{b}{n}.exe" for n in range(21) for a in STEM for b in STEM][:3000] + SCRIPTS
    terms = [f"{rng.choice(['-', '/', '--', ' '])}{word(rng.randint(5, 12))}" for _ in range(4000)]
    return {"images": images, "terms": terms}


def events(folder, count, seed):
    """Writes `events.ndjson`, `events.parquet` and `events.csv`; only what is not there yet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    done = folder / f"events-{count}-{seed}.done"
    if done.exists():
        return
    known = words(seed)
    rng = np.random.default_rng(seed)
    images, terms = known["images"], known["terms"]
    ids = np.array(list(KINDS))
    shares = np.array([share for share, _ in KINDS.values()])
    schema = pa.schema(
        [
            ("record", pa.int64()),
            ("starttime", pa.int64()),
            ("EventID", pa.int32()),
            ("logsourcetype", pa.string()),
            ("qidname", pa.string()),
            ("computer", pa.string()),
            ("username", pa.string()),
            ("Image", pa.string()),
            ("CommandLine", pa.string()),
            ("filename", pa.string()),
            ("payload", pa.string()),
        ]
    )
    # A column of nobody's log in the CSV: names that the catalog knows are those of Windows there.
    flat = pa.schema(
        [f.with_name(CSV_NAMES.get(f.name, f.name)) for f in schema if f.name != "payload"]
    )
    with (
        open(folder / "events.ndjson", "w", encoding="utf-8", newline="\n") as lines,
        pq.ParquetWriter(folder / "events.parquet", schema, compression="zstd") as parquet,
        csv.CSVWriter(folder / "events.csv", flat) as table,
    ):
        step = 100_000
        for first in range(0, count, step):
            n = min(step, count - first)
            numbers = np.arange(first, first + n)
            times = END - WEEK + (numbers * WEEK) // max(count, 1)
            kind = rng.choice(ids, n, p=shares)
            image = np.minimum(rng.zipf(1.3, n) - 1, len(images) - 1)
            user, host = rng.integers(0, 200, n), rng.integers(0, 500, n)
            number = rng.integers(0, 1 << 40, (n, 3))
            chance = rng.random((n, 3))
            rows = {f.name: [] for f in schema}
            for i in range(n):
                id_ = int(kind[i])
                a, b, c = (int(x) for x in number[i])
                name = images[image[i]]
                path = f"C:\\Program Files\\{name[:5]}\\{name}"
                command = file = None
                if id_ == 1:
                    command = f'"{path}" --job {a:x} -p {b % 65536} {terms[c % 997]}x{c:x}'
                    if chance[i][0] < 0.01:
                        command += terms[a % len(terms)].swapcase()
                    if chance[i][1] < 0.00025:
                        command += f" /tag:{NEEDLE.swapcase()}"
                elif id_ == 11:
                    file = f"C:\\Users\\user{user[i]:03}\\AppData\\Local\\Temp\\{a:x}{EXTENSIONS[b % 10]}"
                    if chance[i][0] < 0.003:
                        file = f"C:\\Users\\user{user[i]:03}\\Documents\\{a:x}{STORES[b % 4]}"
                    if chance[i][1] < 0.2 and chance[i][0] < 0.003:
                        path = f"C:\\Windows\\System32\\{SCRIPTS[c % len(SCRIPTS)]}"
                time = int(times[i])
                moment = str(np.datetime64(time, "ms"))
                data = {"UtcTime": moment.replace("T", " "), "ProcessId": str(b % 65536), "Image": path}
                if command is not None:
                    data |= {"CommandLine": command, "ParentImage": "C:\\Windows\\explorer.exe"}
                if file is not None:
                    data |= {"TargetFilename": file}
                who, where = f"CORP\\user{user[i]:03}", f"ws-{host[i]:03}.corp.example"
                data["User"] = who
                record = first + i + 1
                title = KINDS[id_][1]
                text = "\n".join(f"{k}: {v}" for k, v in data.items())
                payload = json.dumps(
                    {
                        "@timestamp": moment + "Z",
                        "event": {"code": str(id_), "provider": "Microsoft-Windows-Sysmon"},
                        "host": {"name": where},
                        "message": f"{title}:\n{text}",
                        "winlog": {
                            "channel": SYSMON,
                            "computer_name": where,
                            "event_data": data,
                            "event_id": str(id_),
                            "provider_name": "Microsoft-Windows-Sysmon",
                            "record_id": record,
                        },
                    },
                    separators=(",", ":"),
                )
                lines.write(payload + "\n")
                values = (record, time, id_, "Microsoft Windows Sysmon", title, where, who, path)
                for column, value in zip(rows.values(), (*values, command, file, payload)):
                    column.append(value)
            batch = pa.table(
                [pa.array(rows[f.name], f.type) for f in schema], schema=schema
            )
            parquet.write_table(batch)
            table.write_table(batch.drop_columns(["payload"]).rename_columns(flat.names))
    done.touch()


def parquet(table, file):
    """Writes a CSV file as Parquet."""
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    pq.write_table(csv.read_csv(table), file, compression="zstd")


FACTS = """id = "{id}"
title = "{name}"
description = "Made for measurements."
level = "low"
status = "test"
author = "bench"
profile = "{profile}"
attack = [{{ id = "T1059", version = "18.1" }}]
tactics = ["execution"]
log_sources = ["Sysmon 1"]
data_components = ["DC0032 Process Creation"]
false_positives = ["All of them."]
blind_spots = ["All the rest."]
references = [{{ url = "https://attack.mitre.org/techniques/T1059/", state = "current" }}]
triage = ["None."]
"""
PACK = """format = 1
id = "{id}"
name = "{name}"
title = "Rules for measurements"
version = "0.1.0"
description = "Made for measurements."
license = "Apache-2.0 OR MIT"
author = "bench"
requires = "0.1.0"
attack = [{{ id = "T1059", version = "18.1" }}]
"""


def identifier(text):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, text))


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def pack(folder, name, queries, profile):
    """Writes a pack of these queries, name and text of each; gives its folder."""
    made = fresh(folder / name)
    (made / "rules").mkdir()
    (made / "pack.toml").write_text(PACK.format(id=identifier(name), name=name), encoding="utf-8")
    for rule, query in queries:
        (made / "rules" / f"{rule}.aql").write_text(query + "\n", encoding="utf-8")
        facts = FACTS.format(id=identifier(rule), name=rule, profile=profile)
        (made / "rules" / f"{rule}.toml").write_text(facts, encoding="utf-8")
    return made


def sigma(folder, name, rules):
    """Writes Sigma rules, name and text of each; gives their folder."""
    made = fresh(folder / name)
    for rule, text in rules:
        (made / f"{rule}.yml").write_text(text, encoding="utf-8")
    return made


def packs(folder, rules):
    """Writes rules as a pack of AQL, and as Sigma beside it; gives both folders."""
    name = f"bench-{len(rules)}"
    start = 'SELECT "Image", "CommandLine"\nFROM events\nWHERE '
    queries = [(rule, start + conditions.aql(condition)[1:-1]) for rule, condition in rules]
    texts = [(rule, conditions.sigma(rule, identifier(rule), c)) for rule, c in rules]
    return pack(folder, name, queries, "raw"), sigma(folder, f"{name}-sigma", texts)


CHUNK, HEADER = 65_536, 4096


def is_sound(chunk):
    """Do the checksums of its header and of its records hold?"""
    word = lambda at: int.from_bytes(chunk[at : at + 4], "little")
    header, records = chunk[:120] + chunk[128:512], chunk[512 : word(48)]
    return zlib.crc32(header) == word(124) and zlib.crc32(records) == word(52)


def event_log(file, logs, megabytes, only_sound):
    """Puts the distinct chunks of all logs of a folder into one file, again and again. Readers differ in
    how much of a damaged chunk they save, so that what they find can be compared over sound ones only."""
    chunks, header = {}, None
    for path in sorted(Path(logs).rglob("*.evtx")):
        data = path.read_bytes()
        if not data.startswith(b"ElfFile\0"):
            continue
        header = header or bytearray(data[:HEADER])
        for at in range(HEADER, len(data) - CHUNK + 1, CHUNK):
            chunk = data[at : at + CHUNK]
            if chunk[:8] == b"ElfChnk\0" and (is_sound(chunk) or not only_sound):
                chunks.setdefault(chunk)
    if not chunks:
        raise SystemExit(f"{logs}: there is no EVTX file, or none with a chunk")
    wanted = max(1, megabytes * 1_000_000 // CHUNK)
    # The count saturates at 16 bits, and readers do not rely on it.
    header[42:44] = min(wanted, 65_535).to_bytes(2, "little")
    with open(file, "wb") as out:
        out.write(header)
        distinct = list(chunks)
        for number in range(wanted):
            out.write(distinct[number % len(distinct)])
    return len(distinct)


def main():
    """In a process of its own: memory of this one would count as that of the programs it starts."""
    match sys.argv[1:]:
        case ["events", folder, count, seed]:
            events(Path(folder), int(count), int(seed))
        case ["parquet", table, file]:
            parquet(table, file)
        case ["evtx", file, logs, megabytes, *sound]:
            print(event_log(Path(file), logs, int(megabytes), sound == ["sound"]))


if __name__ == "__main__":
    main()
