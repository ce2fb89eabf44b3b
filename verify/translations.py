#!/usr/bin/env python3
"""Runs queries and their translations over the same events, and compares what they find.

    pip install duckdb chdb
    python3 verify/translations.py --aql target/release/aql --pack packs/t1114-email-collection \
        --queries CORPUS/aql/wild --sigma CORPUS/aql/sigma-qradar.jsonl --table table.md EVIDENCE…

Every query becomes one that lists the events its WHERE clause finds (file and record). The original
runs as a rule of `aql hunt`, the translation in its engine, both over the evidence and over a hostile
corpus that is made from the constants of the queries: missing fields, empty texts, other case, letters
that differ in case beyond ASCII, backslashes, quotes, wildcards in data, line breaks. A difference
that the loss report announced is counted apart. Ends with 1 if there is one that it did not.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import uuid

import duckdb

TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|/\*.*?\*/|--[^\n]*|[A-Za-z_][\w.:]*|\S", re.S)
ENDS = {"GROUP", "HAVING", "ORDER", "LIMIT", "LAST", "START", "SESSION", "PARAMETERS", "INTO", ";", "TIMES"}


def where_clause(text):
    """The WHERE clause of a query over events; nothing if it is another kind of query."""
    depth, begin, end, selects, source = 0, None, None, 0, None
    tokens = list(TOKEN.finditer(text))
    for i, token in enumerate(tokens):
        word = token.group().upper()
        if word.startswith(("--", "/*")):
            continue
        depth += (word == "(") - (word == ")")
        if word == "SELECT":
            selects += 1
        if depth == 0 and word == "FROM" and source is None and i + 1 < len(tokens):
            source = tokens[i + 1].group().lower()
        if depth == 0 and word == "WHERE" and begin is None:
            begin = token.end()
        elif depth == 0 and begin is not None and end is None and word in ENDS:
            following = tokens[i + 1].group() if i + 1 < len(tokens) else ""
            if word in ("LAST", "START", "LIMIT", "TIMES") and following in ("=", "<", ">", "!"):
                continue
            end = token.start()
    if selects != 1 or source != "events" or begin is None:
        return None
    return text[begin:end].strip().rstrip(";")


def events_query(text):
    where = where_clause(text)
    return where and f'SELECT "aql.file", "aql.record" FROM events WHERE {where}\n'


TEXT = r"'(?:[^']|'')*'"
NUMBER = r"-?\d+(?:\.\d+)?"
COMPARE = re.compile(
    r'"([^"]+)"(?: AS DOUBLE)?\)* (?:=|<>|<=|>=|<|>|LIKE|ILIKE|IN) '
    rf"(\((?:(?:{TEXT}|{NUMBER})(?:, )?)+\)|{TEXT}|{NUMBER})|regexp_matches\(\D*\"([^\"]+)\"\)*, ({TEXT})\)"
)
NETWORK = re.compile(r"split_part\(\"([^\"]+)\", '\.', 4\)[^)]*\) \* 1 BETWEEN (\d+) AND (\d+)")
TWINS = {"s": "\u017f", "k": "\u212a", "i": "\u0131", "I": "\u0130", "\u03c3": "\u03c2", "\u00e9": "\u00c9"}


def constants(sql):
    """Pairs of column and constant of a query, read from its translation: there every name and
    number is looked up."""
    for column, values, regexed, regex in COMPARE.findall(sql):
        for text, number in re.findall(rf"({TEXT})|({NUMBER})", values or regex):
            value = text[1:-1].replace("''", "'") if text else number
            yield (column or regexed).removeprefix("field:"), value
    for column, low, high in NETWORK.findall(sql):
        for address in (int(low), int(high), (int(low) + int(high)) // 2, int(high) + 1):
            yield column, ".".join(str(address >> by & 255) for by in (24, 16, 8, 0))


def plain(pattern):
    """A text that a LIKE pattern or a regular expression may match."""
    text = re.sub(r"^(?:\(\?\w+\))+|\\A|\\z", "", pattern)
    text = re.sub(r"\(\?s:([^()]*)\)$", r"\1", text)
    text = re.sub(r"\[\^[^\]]*\]\*", "%", text)
    text = re.sub(r"\[\\t[^\]]*\][+]?", " ", text)
    text = re.sub(r"\\x20", " ", text)
    text = text.replace(".*", "%").replace(r"\b", "").replace(r"\s+", " ").replace(r"\s*", "")
    text = re.sub(r"\\([.()\[\]{}$^?*+|\\])", r"\1", text)
    return re.sub(r"\(\??:?([^()|]*)\|[^()]*\)", r"\1", text)


def mutations(value, rnd):
    value = rnd.choice([value, plain(value)])
    fill = rnd.choice(["", "", "x", "a b", "\n", "%", "_", "\u00e9"])
    text = value.replace("%", fill)
    text = "".join(rnd.choice("ab_\u00e9 ") if c == "_" and rnd.random() < 0.7 else c for c in text)
    return rnd.choice([
        text, text, text, text.upper(), text.lower(), text.swapcase(),
        "".join(TWINS.get(c, c) for c in text),
        text + "x", "x" + text, text[1:], text[:-1], text.replace("\\", "\\\\"),
        text.replace("\\", "/"), text.replace(".", "x"), text + "\n", text + ".txt", " " + text,
        text + "'", '"' + text + '"', text.replace(" ", "\n"), text + "%", "*" + text + "?", "",
    ])


def hostile(queries, rnd, per_query=14):
    """Events made from the constants of queries, as rows of a search."""
    events = []
    for sql in queries:
        pairs = collections.defaultdict(list)
        for column, value in constants(sql):
            pairs[column].append(value)
        for n in range(per_query):
            event = {"starttime": 1700000000000 + len(events) * 1000}
            for column, values in pairs.items():
                if rnd.random() < 0.12:
                    continue
                value = rnd.choice(values)
                # Half of the events keep numbers and exact values, so that conditions are met.
                exact = rnd.random() < 0.55 or (n % 2 == 0 and not re.search(r"[%\\.*]", value))
                value = plain(value).replace("%", "") if exact else mutations(value, rnd)
                if column.lower() == "payload":
                    column = "utf8_payload"
                if column.lower() in ("starttime", "endtime", "devicetime"):
                    continue
                event[column] = int(value) if re.fullmatch(r"-?\d{1,15}", value) else value
            events.append(event)
    return events


def read_queries(args, rnd):
    queries = {}
    if args.pack:
        for path in sorted(pathlib.Path(args.pack, "rules").glob("*.aql")):
            queries["pack", path.stem] = path.read_text()
    if args.queries:
        for path in sorted(pathlib.Path(args.queries).glob("*.aql")):
            queries["wild", path.stem] = path.read_text()
    if args.sigma:
        lines = [json.loads(line) for line in open(args.sigma, encoding="utf-8")]
        for line in rnd.sample(lines, min(args.sigma_sample, len(lines))):
            queries["sigma", line["id"]] = line["aql"]
    events = {key: events_query(text) for key, text in queries.items()}
    return {key: text for key, text in events.items() if text}


FACTS = """id = "{id}"
title = "x"
description = "x"
level = "low"
status = "test"
author = "x"
profile = "ibm"
attack = []
"""


def write_pack(folder, queries):
    (folder / "rules").mkdir(parents=True)
    (folder / "pack.toml").write_text(
        FACTS.format(id=uuid.UUID(int=1)).replace('level = "low"\nstatus = "test"\n', "")
        .replace('profile = "ibm"\n', "")
        + 'format = 1\nname = "verify"\nversion = "0.1.0"\nlicense = "none"\nrequires = "0.1.0"\n'
    )
    for (group, name), text in queries.items():
        (folder / "rules" / f"{group}--{name}.aql").write_text(text)
        rule = FACTS.format(id=uuid.uuid5(uuid.NAMESPACE_URL, group + name))
        (folder / "rules" / f"{group}--{name}.toml").write_text(rule)


def write_context(folder, queries, rnd):
    """Reference sets of the names that queries ask for."""
    (folder / "reference_sets").mkdir(parents=True)
    texts = list(queries.values())
    names = {name for text in texts
             for name in re.findall(r"REFERENCESETCONTAINS\(\s*'([^'/]+)'", text, re.I)}
    for name in sorted(names):
        kind = rnd.choice(["ALN", "ALNIC"])
        elements = "".join(f"{v}\n" for v in ("alice", "CORP\\\\svc_backup", "it's", "\u00c9va"))
        (folder / "reference_sets" / f"{name}.csv").write_text(
            f"# element_type: {kind}\nvalue\n{elements}"
        )


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def originals(args, pack, paths):
    """Per query the events that `aql hunt` finds."""
    command = [args.aql, "hunt", "--quiet", "--pack", str(pack), "--format", "jsonl", *paths]
    if args.context:
        command += ["--context", args.context]
    result = run(command)
    found = collections.defaultdict(set)
    left_out = set(re.findall(r"rule `([^`]+)` is left out", result.stderr))
    for line in result.stdout.splitlines():
        finding = json.loads(line)
        found[finding["rule"]].add((finding["file"], finding["record"]))
    return found, left_out


def translations(args, pack, targets, exact):
    command = [args.aql, "translate", "--quiet", "--format", "jsonl", "--all-time",
               "--to", ",".join(targets), str(pack)]
    if exact:
        command += ["--max-loss", "exact"]
    if args.context:
        command += ["--context", args.context]
    return [json.loads(line) for line in run(command).stdout.splitlines()]


class DuckDb:
    def __init__(self, store, columns, work):
        self.db = duckdb.connect()
        self.db.execute("SET timezone = 'UTC'")
        self.db.execute(
            "CREATE VIEW stored AS SELECT * FROM read_parquet("
            f"'{store}/day=*/*.parquet', hive_partitioning = true, union_by_name = true)"
        )
        have = {row[0].lower(): row[1] for row in self.db.execute("DESCRIBE stored").fetchall()}
        kinds = {"integer": "BIGINT", "time": "TIMESTAMP", "number": "DOUBLE", "boolean": "BOOLEAN"}
        parts = []
        for name, kind in sorted(columns.items()):
            quoted = '"' + name.replace('"', '""') + '"'
            if name.lower() in have:
                parts.append(f"{quoted} AS {quoted}")
            else:
                parts.append(f"CAST(NULL AS {kinds.get(kind, 'VARCHAR')}) AS {quoted}")
        self.db.execute(f"CREATE TABLE events AS SELECT {', '.join(parts)} FROM stored")
        self.parquet = str(work / "events.parquet")
        self.db.execute(f"COPY events TO '{self.parquet}' (FORMAT parquet)")
        self.rows = self.db.execute("SELECT count(*) FROM events").fetchone()[0]

    def ask(self, text):
        return set(map(tuple, self.db.execute(text).fetchall()))


class ClickHouse:
    def __init__(self, parquet):
        from chdb.session import Session

        self.session = Session()
        self.session.query("CREATE DATABASE IF NOT EXISTS v")
        self.session.query("USE v")
        self.session.query(
            f"CREATE TABLE v.events ENGINE = Memory AS SELECT * FROM file('{parquet}', Parquet)"
        )

    def ask(self, text):
        text = text.replace("\nFROM events", "\nFROM v.events", 1)
        answer = str(self.session.query(text, "JSONEachRow"))
        rows = (json.loads(line) for line in answer.splitlines())
        return {tuple(int(v) if isinstance(v, str) and k == "aql.record" else v
                      for k, v in row.items()) for row in rows}


def write_table(path, lines):
    """Writes the table, between its marks if the file has them."""
    text = "\n".join(lines) + "\n"
    known = path.read_text() if path.exists() else ""
    head, mark, rest = known.partition("<!-- agreement -->\n")
    if mark:
        text = head + mark + text + rest[rest.index("<!-- /agreement -->"):]
    path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--aql", default="aql", help="the command")
    parser.add_argument("--pack", help="a pack whose rules are translated")
    parser.add_argument("--queries", help="a folder of .aql files")
    parser.add_argument("--sigma", help="queries made from Sigma rules, JSON lines")
    parser.add_argument("--sigma-sample", type=int, default=300)
    parser.add_argument("--context", help="data of a site")
    parser.add_argument("--targets", default="duckdb,clickhouse")
    parser.add_argument("--table", help="write the table of agreement to this file, between its marks if it has them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=15, help="how many differences are printed")
    parser.add_argument("paths", nargs="*", help="evidence")
    args = parser.parse_args()
    rnd = random.Random(args.seed)
    targets = args.targets.split(",")
    queries = read_queries(args, rnd)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        pack = work / "pack"
        write_pack(pack, queries)
        context = work / "context"
        write_context(context, queries, rnd)
        args.context = args.context or str(context)
        corpus = work / "hostile.json"
        readable = translations(args, pack, ["duckdb"], False)
        made = hostile([t["text"] for t in readable if t["text"]], rnd)
        corpus.write_text(json.dumps({"events": made}))
        paths = [*args.paths, str(corpus)]
        imported = run([args.aql, "import", "--quiet", *paths, "-o", str(work / "store")])
        if not (work / "store" / "manifest.json").exists():
            sys.exit(imported.stderr)
        found, left_out = originals(args, pack, [str(work / "store")])
        lists = {(mode, t["name"], t["target"]): t
                 for mode in ("readable", "exact")
                 for t in translations(args, pack, targets, mode == "exact")}
        columns = {c["name"]: c["type"] for t in lists.values() for c in t.get("columns", [])}
        columns.update({"aql.file": "text", "aql.record": "integer", "starttime": "time"})
        duck = DuckDb(work / "store", columns, work)
        engines = {"duckdb": duck}
        if "clickhouse" in targets:
            engines["clickhouse"] = ClickHouse(duck.parquet)
        counts = collections.Counter()
        shown, bad = 0, 0
        for (mode, name, target), translation in sorted(lists.items()):
            group = name.split("--")[0]
            key = (target, mode, group)
            if name in left_out:
                continue
            counts[key, "queries"] += 1
            if translation["text"] is None:
                counts[key, "refused"] += 1
                continue
            ours = found[name]
            counts[key, "hits"] += bool(ours)
            try:
                theirs = engines[target].ask(translation["text"])
            except Exception as error:  # whatever the engine says
                counts[key, "failed"] += 1
                bad += 1
                if shown < args.show:
                    shown += 1
                    print(f"{target} {mode} {name}: {str(error)[:300]}\n{translation['text']}\n")
                continue
            if theirs == ours:
                counts[key, "same"] += 1
            elif translation["loss"] == "approximate":
                counts[key, "announced"] += 1
            else:
                counts[key, "differ"] += 1
                bad += 1
                if shown < args.show:
                    shown += 1
                    print(f"{target} {mode} {name}: more {sorted(theirs - ours)[:3]}, "
                          f"fewer {sorted(ours - theirs)[:3]}\n{queries[tuple(name.split('--', 1))]}")
        head = ["target", "written", "queries", "translated", "with hits", "same events",
                "differ as announced", "differ", "fail", "refused"]
        lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
        for key in sorted({key for key, _ in counts}):
            c = lambda what: counts[key, what]
            target, mode, group = key
            cells = [target, mode, f"{group}: {c('queries')}", c("queries") - c("refused"), c("hits"),
                     c("same"), c("announced"), c("differ"), c("failed"), c("refused")]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        print(f"{duck.rows} events, {len(left_out)} queries do not bind")
        print("\n".join(lines))
        if args.table:
            write_table(pathlib.Path(args.table), lines)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
