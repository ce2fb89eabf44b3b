#!/usr/bin/env python3
"""Runs queries and their translations over the same events, and counts where they agree.

    pip install duckdb chdb pyspark sqlglot eql \
        pysigma pysigma-backend-sqlite pysigma-pipeline-windows
    python3 verify/translations.py --aql target/release/aql --pack packs/t1114-email-collection \
        --queries CORPUS/aql/wild --sigma CORPUS/aql/sigma-qradar.jsonl --table docs/translation.md \
        EVIDENCE…

Every query becomes one that lists the events its WHERE clause finds; one with groups is taken as it
is too. `aql translate --prove` runs originals and translations, over the evidence and over a hostile
corpus that is made from the constants of the queries: missing fields, empty texts, other case, letters
that differ in case beyond ASCII, backslashes, quotes, wildcards in data, line breaks. A difference
that the loss report announced is counted apart. Ends with 1 if there is one that it did not.
"""

import argparse
import collections
import csv
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import uuid

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = HERE.parent / "crates/aql-translate/maps/fields.csv"

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
    """Events made from the constants of queries: columns and values."""
    for sql in queries:
        pairs = collections.defaultdict(list)
        for column, value in constants(sql):
            pairs[column].append(value)
        for n in range(per_query):
            event = {}
            for column, values in pairs.items():
                if rnd.random() < 0.12:
                    continue
                value = rnd.choice(values)
                # Half of the events keep numbers and exact values, so that conditions are met.
                exact = rnd.random() < 0.55 or (n % 2 == 0 and not re.search(r"[%\\.*]", value))
                value = plain(value).replace("%", "") if exact else mutations(value, rnd)
                if column.lower() in ("starttime", "endtime", "devicetime"):
                    continue
                event[column] = int(value) if re.fullmatch(r"-?\d{1,15}", value) else value
            yield event


def as_rows(events):
    """Events as rows of a search."""
    rows = []
    for number, event in enumerate(events):
        row = {"starttime": 1700000000000 + number * 1000}
        row |= {"utf8_payload" if c.lower() == "payload" else c: v for c, v in event.items()}
        rows.append(row)
    return json.dumps({"events": rows})


def as_logs(events):
    """The same events as a log has them: records of Windows and of Office 365, with raw fields."""
    with open(FIELDS, encoding="utf-8") as file:
        names = {row["column"].lower(): row for row in csv.DictReader(file)}
    windows, office = [], []
    for number, event in enumerate(events):
        lower = {column.lower(): value for column, value in event.items()}
        is_office = lower.get("devicetype") == 397 or "operation" in lower
        record = {}
        for column, value in event.items():
            cell = names.get(column.lower(), {}).get("o365" if is_office else "windows") or column
            # A column that has several fields is filled by the first.
            name = cell.split(";")[0].strip("#~")
            if column.lower() not in ("devicetype", "qid", "payload", "starttime"):
                # A log has numbers where it has numbers.
                digits = re.sub(r"\D", "", str(value))
                record.setdefault(name, int(digits or 1) if name == "EventID" else value)
        time = f"2024-03-01T10:{number // 60 % 60:02}:{number % 60:02}"
        if is_office:
            office.append({"CreationTime": time, "Id": str(uuid.UUID(int=number)), "RecordType": 1,
                           "Operation": "Send", "OrganizationId": str(uuid.UUID(int=1)), "UserType": 0,
                           "Workload": "Exchange", "UserId": "a@example.org", **record})
        else:
            windows.append({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1,
                            "Hostname": "host", "@timestamp": time + "Z", **record})
    return ["".join(json.dumps(e) + "\n" for e in part) for part in (windows, office)]


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
    events = {key: text for key, text in events.items() if text}
    groups = {(group, f"{name}--groups"): text for (group, name), text in queries.items()
              if (group, name) in events and re.search(r"\bGROUP\s+BY\b", text, re.I)}
    return events | groups


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


def translations(args, pack, targets, exact=False, store=None):
    """The translations of the pack, proved over the store if there is one."""
    command = [args.aql, "translate", "--quiet", "--format", "jsonl", "--all-time",
               "--context", args.context, "--to", ",".join(targets), str(pack)]
    if exact:
        command += ["--max-loss", "exact"]
    if store:
        command += ["--prove", str(store), "--python", sys.executable]
    result = run(command)
    not_proved = re.findall(r"^not proved: .*$", result.stderr, re.M)
    if not_proved or not result.stdout:
        sys.exit("\n".join(not_proved) or result.stderr)
    return [json.loads(line) for line in result.stdout.split("\n") if line]


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
    parser.add_argument("--targets", default="duckdb,clickhouse,spark,eql,sigma")
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
        pack, context, store = work / "pack", work / "context", work / "store"
        write_pack(pack, queries)
        write_context(context, queries, rnd)
        args.context = args.context or str(context)
        texts = [t["text"] for t in translations(args, pack, ["duckdb"])
                 if t["text"] and not t["name"].endswith("--groups")]
        made = list(hostile(texts, rnd))
        windows, office = as_logs(made)
        for name, text in [("rows.json", as_rows(made)), ("windows.jsonl", windows), ("office.jsonl", office)]:
            (work / name).write_text(text)
        paths = [*args.paths, *(str(work / name) for name in ("rows.json", "windows.jsonl", "office.jsonl"))]
        imported = run([args.aql, "import", *paths, "-o", str(store)])
        print(imported.stderr.strip().splitlines()[-1])
        if not (store / "manifest.json").exists():
            sys.exit(imported.stderr)
        lines, bad = tally(args, queries, pack, targets, store)
        print("\n".join(lines))
        if args.table:
            write_table(pathlib.Path(args.table), lines)
    return 1 if bad else 0


HEAD = ["target", "run by", "written", "compared", "queries", "translated", "with hits", "the same",
        "differ as announced", "differ", "do not run"]


def tally(args, queries, pack, targets, store):
    """The table of agreement, and how many translations are not as announced."""
    counts = collections.Counter()
    shown = bad = 0
    for mode in ("readable", "exact"):
        for one in translations(args, pack, targets, mode == "exact", store):
            group, name = one["name"].split("--", 1)
            whole = name.endswith("--groups")
            compared = "groups" if whole else "events"
            counts[(one["target"], mode, group, compared), "queries"] += 1
            for proof in one["proofs"]:
                # The events of a query with groups are those of its twin.
                if proof["compared"] != compared:
                    continue
                key = (one["target"], mode, group, compared, proof["by"])
                counts[key, "translated"] += 1
                counts[key, "hits"] += proof.get("found", 0) > 0
                counts[key, proof["verdict"]] += 1
                if proof["verdict"] not in ("differs", "failed"):
                    continue
                bad += 1
                if shown < args.show:
                    shown += 1
                    what = {k: v[:3] if isinstance(v, list) else v for k, v in proof.items()}
                    print(f"{one['target']} {mode} {one['name']}: {json.dumps(what)}\n"
                          f"{queries[group, name]}\n{one['text']}\n")
    lines = ["| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD)]
    for key in sorted({key for key, _ in counts if len(key) == 5}):
        target, mode, group, compared, by = key
        asked = counts[key[:4], "queries"]
        cells = [target, by, mode, f"{group}: {compared}", asked,
                 *(counts[key, what] for what in
                   ("translated", "hits", "same", "announced", "differs", "failed"))]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines, bad


if __name__ == "__main__":
    sys.exit(main())
