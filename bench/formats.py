#!/usr/bin/env python3
"""Measures how fast `aql` reads each family of formats, beside a peer where one is installed.

    target/bench/venv/bin/python bench/formats.py --aql target/release/aql [--install] [--write]

Each input is written by `aql emulate` or is a fixture of the readers, and is repeated up to --megabytes.
Each run counts the events for which a normalised property holds a text. Peers that can ask the same
question must find as many events; parsers only parse. All run in turn, round after round, each in a
process of its own; the first round warms the cache and does not count.
"""

import argparse
import datetime
import json
import os
import re
import statistics
import sys
import time
from pathlib import Path

import data
import run

ROOT = run.ROOT
FIXTURES = ROOT / "crates" / "aql-ingest" / "tests" / "data"
BEGIN, END = "<!-- bench/formats.py: begin -->", "<!-- bench/formats.py: end -->"

COMMAND = ('"Process CommandLine"', "%gpupdate%")
USER = ("username", "%megan%")
ANYBODY = ("username", "%a%")
PAYLOAD = ("UTF8(payload)", "%needle-7f3a91%")

# What DuckDB is told of JSON, so that it reads no more than the question needs.
NDJSON = "(SELECT {path} AS text FROM read_ndjson('{file}', columns = {{{columns}}}))"
WINLOG = NDJSON.replace("{path}", "winlog.event_data.CommandLine").replace(
    "{columns}", "winlog: 'STRUCT(event_data STRUCT(CommandLine VARCHAR))'"
)
EVENT = NDJSON.replace("{path}", "Event.EventData.CommandLine").replace(
    "{columns}", "Event: 'STRUCT(EventData STRUCT(CommandLine VARCHAR))'"
)
FLAT = NDJSON.replace("{path}", "CommandLine").replace("{columns}", "CommandLine: 'VARCHAR'")
AUDIT = NDJSON.replace("{path}", "UserId").replace("{columns}", "UserId: 'VARCHAR'")
CSV = "(SELECT {path} AS text FROM read_csv('{file}', all_varchar = true))"
AUDIT_CSV = (
    "(SELECT json_extract_string(AuditData, '$.UserId') AS text "
    "FROM read_csv('{file}', all_varchar = true))"
)
PARQUET = "(SELECT typed_text AS text FROM read_parquet('{file}'))"

JSON_PARSERS = ("orjson", "pysimdjson")

# Family: name of the file, where it comes from, the question, what DuckDB reads, parsers beside it.
# Sources: `emulate FORMAT TEST`, the name of a fixture, or a file of `bench/data.py`.
FAMILIES = [
    ("Winlogbeat, NDJSON", "winlogbeat.ndjson", "emulate winlogbeat", COMMAND, WINLOG, JSON_PARSERS),
    ("evtx_dump, NDJSON", "evtx-dump.jsonl", "emulate evtx-dump-json", COMMAND, EVENT, JSON_PARSERS),
    ("NXLog, NDJSON", "nxlog.jsonl", "emulate nxlog", COMMAND, FLAT, JSON_PARSERS),
    ("Office 365, JSONL", "o365.jsonl", "emulate o365-jsonl", USER, AUDIT, JSON_PARSERS),
    ("Office 365, CSV", "o365.csv", "emulate o365-search-csv", USER, None, ()),
    ("Office 365, CSV of Purview", "purview.csv", "emulate o365-purview-csv", USER, AUDIT_CSV, ()),
    ("Defender, CSV", "defender.csv", "emulate defender-csv", COMMAND, CSV.replace("{path}", "ProcessCommandLine"), ()),
    ("Defender, streamed", "defender.jsonl", "emulate defender-stream", COMMAND, None, JSON_PARSERS),
    ("any CSV", "events.csv", "data", ('"typed_text"', f"%{data.NEEDLE}%"), CSV.replace("{path}", "typed_text"), ()),
    ("Exchange tracking, CSV", "tracking.log", "exchange-tracking.log", ANYBODY, None, ()),
    ("any JSON", "unknown.jsonl", "unknown.jsonl", PAYLOAD, None, JSON_PARSERS),
    ("any Parquet", "any.parquet", "parquet", ('"typed_text"', f"%{data.NEEDLE}%"), PARQUET, ()),
    ("LEEF", "leef.log", "emulate leef", COMMAND, None, ()),
    ("CEF", "cef.log", "emulate cef", COMMAND, None, ()),
    ("JSON in syslog", "nxlog.log", "emulate nxlog-syslog", COMMAND, None, ()),
    ("WinCollect", "wincollect.log", "emulate wincollect", COMMAND, None, ()),
    ("Snare", "snare.log", "emulate snare", COMMAND, None, ()),
    ("syslog", "syslog.log", "syslog.log", PAYLOAD, None, ()),
    ("auditd", "auditd.log", "auditd.log", ANYBODY, None, ()),
    ("Windows XML", "windows.xml", "emulate windows-xml", COMMAND, None, ()),
    ("Windows events as text", "wineventlog.log", "emulate wineventlog", COMMAND, None, ()),
    ("Splunk, JSON", "splunk.jsonl", "emulate splunk", COMMAND, None, JSON_PARSERS),
    ("Google Workspace", "google.json", "google-workspace.json", ANYBODY, None, ()),
    ("Hayabusa, CSV", "hayabusa.csv", "hayabusa.csv", COMMAND, None, ()),
    ("QRadar, forwarded JSON", "qradar.jsonl", "emulate qradar-forward", COMMAND, None, JSON_PARSERS),
    ("EVTX", "corpus.evtx", "evtx", COMMAND, None, ("evtx_dump",)),
]


def repeat(file, content, head, size):
    """Writes the head once, and the rest again and again. Numbers of audit events go on: records of one
    number are one event."""
    top, rest = content[:head], content[head:]
    if not rest.endswith(b"\n"):
        rest += b"\n"
    written, rounds = len(top), 0
    with open(file, "wb") as out:
        out.write(top)
        while written < size:
            number = lambda found: found[1] + str(int(found[2]) + rounds * 1_000_000).encode() + b"):"
            more = re.sub(rb"(msg=audit\([0-9.]+:)([0-9]+)\):", number, rest)
            out.write(more)
            written += len(more)
            rounds += 1


def head_of(name, content):
    """Bytes of a table's header, and of what stands in front of it."""
    if not name.endswith(".csv"):
        return 0
    lines = content.split(b"\n", 2)
    type_line = lines[0].startswith((b"#TYPE", b'"#TYPE'))
    return len(lines[0]) + 1 + (len(lines[1]) + 1 if type_line else 0)


def parse(parser, file):
    """Runs in a process of its own: parses every line; prints seconds and lines."""
    lines = open(file, "rb")
    if parser == "orjson":
        import orjson

        started = time.perf_counter()
        count = sum(1 for line in lines if orjson.loads(line) is not None)
    else:
        import simdjson

        reader = simdjson.Parser()
        started = time.perf_counter()
        count = 0
        for line in lines:
            # A document must be let go before the next one is read.
            document = reader.parse(line)
            del document
            count += 1
    print(json.dumps({"seconds": time.perf_counter() - started, "answer": count}))


class Formats(run.Bench):
    def __init__(self, args):
        super().__init__(args)
        self.size = int(args.megabytes * 1_000_000)

    def source(self, name, source):
        """The large file, made if it is not there yet."""
        match source.split():
            case ["data"]:
                self.make("events", self.work, self.count, self.args.seed)
                return self.work / name
            case ["parquet"]:
                file = self.work / f"{self.count}-{self.args.seed}-{name}"
                if not file.exists():
                    self.make("events", self.work, self.count, self.args.seed)
                    self.make("parquet", self.work / "events.csv", file)
                return file
            case ["evtx"]:
                file = self.work / name
                self.make("evtx", file, self.args.evtx, int(self.args.megabytes))
                return file
            case ["emulate", format_]:
                file = self.work / f"{self.args.megabytes:g}-{name}"
                if not file.exists():
                    small = self.work / f"small-{name}"
                    tests = ["forwarding-rule"] if "o365" in format_ else ["copy-stores", "forwarding-rule"]
                    flags = ["--seed", self.args.seed, "--noise", 400, "--time", "2026-11-03 08:00"]
                    self.aql("emulate", *tests, "--format", format_, *flags, "-o", small)
                    content = small.read_bytes()
                    repeat(file, content, head_of(name, content), self.size)
                return file
            case [fixture]:
                file = self.work / f"{self.args.megabytes:g}-{name}"
                if not file.exists():
                    content = (FIXTURES / fixture).read_bytes()
                    repeat(file, content, head_of(name, content), self.size)
                return file

    def count_of(self, condition, file, threads):
        column, pattern = condition
        text = f"SELECT COUNT(*) AS n FROM events WHERE {column} ILIKE '{pattern}'"
        # Without a window of time, which would rule out what has none.
        flags = ["--quiet", "--profile", "raw", "--format", "jsonl", "--threads", threads]
        seconds, peak, out = self.aql("query", *flags, text, file)
        rows = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
        return seconds, peak, int(rows[0]["n"]) if rows else 0

    def records(self, file):
        text = "SELECT COUNT(*) AS n FROM events"
        flags = ["--quiet", "--profile", "raw", "--format", "jsonl", "--threads", 2]
        _, _, out = self.aql("query", *flags, text, file)
        return int(json.loads(out.splitlines()[0])["n"])

    def duckdb(self, table, pattern, file, threads):
        job = self.work / "job.json"
        text = f"SELECT count(*) FROM {table.format(file=file)} WHERE text ILIKE '{pattern}'"
        job.write_text(json.dumps({"statement": text, "threads": threads, "kind": "count", "data": str(file)}))
        command = [sys.executable, str(run.HERE / "peer.py"), "duckdb", str(job)]
        _, _, out = run.process(command, self.args.timeout)
        result = json.loads(out.splitlines()[-1])
        return result["seconds"], result["peak_kb"], result["answer"]

    def parser(self, name, file, threads):
        if name == "evtx_dump":
            command = [self.tool(name), "-t", str(threads), "-o", "jsonl", str(file)]
            return run.process(command, self.args.timeout, read=lambda out: sum(1 for _ in out))
        _, peak, out = run.process([sys.executable, __file__, "--parse", name, str(file)], self.args.timeout)
        result = json.loads(out.splitlines()[-1])
        return result["seconds"], peak, result["answer"]

    def measure(self):
        for family, name, source, condition, table, parsers in FAMILIES:
            if self.args.only and not any(word in family for word in self.args.only):
                continue
            file = self.source(name, source)
            records = self.records(file)
            for threads in (1, 2):
                tools = {"aql": lambda: self.count_of(condition, file, threads)}
                if table and "duckdb" in self.args.peers:
                    tools["DuckDB"] = lambda: self.duckdb(table, condition[1], file, threads)
                for parser in parsers:
                    # Parsers of lines have one thread.
                    if (threads == 1 or parser == "evtx_dump") and self.has(parser):
                        tools[parser] = lambda parser=parser: self.parser(parser, file, threads)
                self.row(family, file.stat().st_size, records, threads, tools)

    def has(self, parser):
        if parser == "evtx_dump":
            return bool(self.tool(parser))
        return parser in self.args.peers

    def row(self, family, size, records, threads, tools):
        kept, answers = {name: [] for name in tools}, {}
        for round_ in range(self.args.runs + 1):
            for name, tool in tools.items():
                seconds, _, answers[name] = tool()
                if round_ > 0:
                    kept[name].append(seconds)
        print(f"{family}, {threads} threads", file=sys.stderr)
        ours = statistics.median(kept["aql"])
        cells = []
        for name, runs in kept.items():
            if name == "aql":
                continue
            asks = name == "DuckDB"
            same = not asks or answers[name] == answers["aql"]
            self.different |= not same
            seconds = statistics.median(runs)
            what = "" if asks else ", parsing"
            cells.append(f"{name}{what} {size / 1e6 / seconds:,.0f} MB/s: {seconds / ours:.2g}" + ("" if same else " NOT THE SAME"))
        self.rows.append(
            f"| {family} | {size / 1e6:,.0f} | {threads} | {ours:.3f} ({min(kept['aql']):.3f}-{max(kept['aql']):.3f}) "
            f"| {size / 1e6 / ours:,.0f} | {records / ours:,.0f} | {answers['aql']:,} | {'; '.join(cells) or '-'} |\n"
        )

    def markdown(self):
        head = (
            "| format | MB | threads | aql (s) | MB/s | events/s | found | beside: MB/s, times faster |\n"
            "|---|---|---|---|---|---|---|---|\n"
        )
        return head + "".join(self.rows)

    def about(self):
        commit = run.subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        ).stdout.strip()
        return (
            f"{datetime.date.today()}, {run.machine()}, commit {commit or 'unknown'}. {self.args.runs} counted runs, "
            f"seed {self.args.seed}, load when the run began: {self.load}.\n\n"
        )


def main():
    if sys.argv[1:2] == ["--parse"]:
        return parse(*sys.argv[2:4])
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--aql", required=True, help="the binary")
    parser.add_argument("--megabytes", type=float, default=100, help="size of each input (default 100)")
    parser.add_argument("--scale", type=float, default=0.25, help="of the events of bench/data.py: CSV, Parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each tool (default 5)")
    parser.add_argument("--work", default=str(ROOT / "target" / "bench"), help="folder for data")
    parser.add_argument("--evtx", default=str(ROOT / "examples" / "evidence"), help="folder of EVTX files")
    parser.add_argument("--timeout", type=float, default=900, help="seconds that a run may take")
    parser.add_argument("--peers", default="duckdb,orjson,pysimdjson", help="from PyPI")
    parser.add_argument("--only", default="", help="words of the names of formats, with commas")
    parser.add_argument("--install", action="store_true", help="install evtx_dump first")
    parser.add_argument("--write", action="store_true", help="put the table into BENCHMARKS.md")
    args = parser.parse_args()
    args.peers = [p for p in args.peers.split(",") if p]
    args.only = [o for o in args.only.split(",") if o]
    bench = Formats(args)
    bench.load = f"{os.getloadavg()[0]:.1f}"
    if args.install:
        bench.install()
    bench.measure()
    text = bench.about() + bench.markdown()
    print(text)
    if args.write:
        run.put(ROOT / "BENCHMARKS.md", text, BEGIN, END)
    if bench.different:
        raise SystemExit("DuckDB does not find as many events: see the last column")


if __name__ == "__main__":
    main()
