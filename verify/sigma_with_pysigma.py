#!/usr/bin/env python3
"""Compares `aql hunt --sigma` with pySigma's SQLite backend: do both match the same events?

    pip install pysigma-backend-sqlite pysigma-pipeline-sysmon pysigma-pipeline-windows evtx
    verify/sigma_with_pysigma.py [--aql target/debug/aql] [--random N] [--rules DIR] EVTX_FOLDER

The events are read by the PyPI package `evtx` and put into a table, one column per field; pySigma
makes a query of each rule and SQLite runs it. The same rules go to `aql hunt --sigma` over the same
files. Compared is, per rule, the set of (file, record).

Rules are those of `verify/sigma-rules` and any number of random ones, made from values of the
events themselves (a seed makes them the same again). `-` and empty text are no value, as Aquiline
reads logs. The rest of the setting is pySigma's: columns ignore case in `=`, LIKE ignores it for
ASCII only, and a test of a missing value is false under NOT.

Exit code 0 if no rule differs, else 1.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

from evtx import PyEvtxParser
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.sysmon import sysmon_pipeline
from sigma.pipelines.windows import windows_logsource_pipeline

HERE = pathlib.Path(__file__).resolve().parent
SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
# Where the generator looks for events, and what Sigma calls these logs.
SOURCES = {
    (SYSMON, 1): {"category": "process_creation"},
    (SYSMON, 3): {"category": "network_connection"},
    (SYSMON, 7): {"category": "image_load"},
    (SYSMON, 8): {"category": "create_remote_thread"},
    (SYSMON, 10): {"category": "process_access"},
    (SYSMON, 11): {"category": "file_event"},
    (SYSMON, 13): {"category": "registry_set"},
    (SYSMON, 18): {"category": "pipe_created"},
    (SYSMON, 22): {"category": "dns_query"},
    (POWERSHELL, 4103): {"category": "ps_module"},
    (POWERSHELL, 4104): {"category": "ps_script"},
}
SERVICES = {SYSMON: "sysmon", "Security": "security", "System": "system"}
# The two readers write these differently: GUIDs with and without braces, times.
SKIPPED = re.compile(r"guid|time|date|xmlns|binary|^data$", re.I)
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-", re.I)


def events(folder):
    """(file, record, fields) of every readable event."""
    for path in sorted(folder.rglob("*.evtx")):
        if "malformed" in path.parts:
            continue
        for number, record in enumerate(PyEvtxParser(str(path)).records_json(), 1):
            event = json.loads(record["data"])["Event"]
            system = event["System"]
            event_id = system["EventID"]
            if isinstance(event_id, dict):
                event_id = event_id["#text"]
            fields = {"EventID": int(event_id), "Channel": system.get("Channel")}
            provider = system.get("Provider") or {}
            fields["Provider_Name"] = provider.get("#attributes", {}).get("Name")
            fields["Computer"] = system.get("Computer")
            data = dict(event.get("EventData") or {})
            for inner in (event.get("UserData") or {}).values():
                if isinstance(inner, dict):
                    data.update(inner)
            for name, value in data.items():
                if isinstance(value, bool):
                    value = str(value).lower()
                # Logs write `-` for what they do not know; Aquiline reads it as missing.
                if isinstance(value, str) and value.strip() in ("", "-"):
                    continue
                if isinstance(value, (str, int, float)) and re.fullmatch(r"\w+", name):
                    fields.setdefault(name, value)
            yield str(path), number, fields


def table(rows):
    """The events as a table. SQLite compares names of columns without case."""
    columns = {}
    for _, _, fields in rows:
        for name in fields:
            columns.setdefault(name.lower(), name)
    database = sqlite3.connect(":memory:")
    database.create_function(
        "REGEXP", 2, lambda p, v: v is not None and re.search(p, str(v)) is not None
    )
    listed = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in columns.values())
    database.execute(f"CREATE TABLE logs (aql_file TEXT, aql_record INTEGER, {listed})")
    marks = ", ".join("?" for _ in range(len(columns) + 2))
    for path, number, fields in rows:
        lower = {name.lower(): value for name, value in fields.items()}
        values = [lower.get(name) for name in columns]
        values = [None if value is None else str(value) for value in values]
        database.execute(f"INSERT INTO logs VALUES ({marks})", [path, number, *values])
    return database, columns


def escaped(text):
    return re.sub(r"([\\*?])", r"\\\1", text)


def test(chance, name, value):
    """A test that a value passes, or nearly."""
    text = str(value)
    start = chance.randrange(max(1, len(text)))
    part = text[start : start + chance.randint(2, 24)]
    kind = chance.choice(
        ["equals", "contains", "startswith", "endswith", "wild", "list", "re", "cased", "all"]
    )
    other = chance.choice([str.upper, str.lower, str.swapcase, lambda t: t])
    if kind == "equals":
        return name, escaped(other(text))
    if kind == "contains":
        return f"{name}|contains", escaped(other(part))
    if kind == "startswith":
        return f"{name}|startswith", escaped(other(text[: chance.randint(1, 30)]))
    if kind == "endswith":
        return f"{name}|endswith", escaped(other(text[-chance.randint(1, 30) :]))
    if kind == "wild":
        at = chance.randrange(len(text) + 1)
        mark = chance.choice(["*", "?", "%", "_"])
        skip = 1 if mark in "?_%" else chance.randint(0, 5)
        return name, escaped(other(text[:at])) + mark + escaped(other(text[at + skip :]))
    if kind == "list":
        values = [escaped(other(part)), "no_such%value", escaped(text[:3])]
        return f"{name}|contains", values
    if kind == "all":
        return f"{name}|contains|all", [escaped(part), escaped(other(text[-4:]))]
    if kind == "re":
        return f"{name}|re", re.escape(part).replace("\\ ", " ").replace("\\-", "-")
    return f"{name}|contains|cased", escaped(other(part))


def usable(value):
    text = str(value)
    plain = text.isascii() and text.isprintable() and not GUID.search(text)
    return text and len(text) < 400 and plain


def random_rules(rows, count, seed):
    """Rules that are made from the values of events."""
    chance = random.Random(seed)
    known = [r for r in rows if (r[2]["Channel"], r[2]["EventID"]) in SOURCES]
    known += [r for r in rows if r[2]["Channel"] in SERVICES][:: max(1, len(rows) // 4000)]
    rules = []
    while len(rules) < count:
        fields = chance.choice(known)[2]
        key = (fields["Channel"], fields["EventID"])
        names = [n for n, v in fields.items() if usable(v) and not SKIPPED.search(n)]
        names = [n for n in names if n not in ("Channel", "EventID")]
        if not names:
            continue
        selection = {}
        if key in SOURCES and chance.random() < 0.8:
            source = SOURCES[key]
        elif key[0] in SERVICES:
            source = {"service": SERVICES[key[0]]}
            selection["EventID"] = chance.choice([key[1], [key[1], 4688], str(key[1])])
        else:
            continue
        for name in chance.sample(names, min(len(names), chance.randint(1, 2))):
            test_name, value = test(chance, name, fields[name])
            selection[test_name] = value
        detection = {"selection": selection, "condition": "selection"}
        how = chance.random()
        twin = chance.choice(known)[2]
        of_twin = [n for n, v in twin.items() if usable(v) and n in names]
        if how < 0.35 and of_twin:
            name = chance.choice(of_twin)
            test_name, value = test(chance, name, twin[name])
            detection["filter_a"] = {test_name: value}
            detection["condition"] = "selection and not 1 of filter_*"
        elif how < 0.45:
            detection["filter_a"] = {chance.choice(names): chance.choice([None, [None, ""]])}
            detection["condition"] = "selection and not filter_a"
        elif how < 0.55:
            detection["other"] = {f"{chance.choice(names)}|exists": chance.random() < 0.5}
            detection["condition"] = chance.choice(["selection or other", "selection and other"])
        rules.append(
            {
                "title": f"random {len(rules)}",
                "name": f"random_{len(rules)}",
                "logsource": {"product": "windows", **source},
                "detection": detection,
            }
        )
    return rules


def matched_by_sqlite(database, columns, text, pipeline):
    collection = SigmaCollection.from_yaml(text)
    [query] = sqliteBackend(processing_pipeline=pipeline).convert(collection)
    # A field that no event has is a column that is always empty.
    for _ in range(20):
        try:
            found = database.execute(query.replace("SELECT *", "SELECT aql_file, aql_record", 1))
            return set(found.fetchall()), query
        except sqlite3.OperationalError as error:
            missing = re.fullmatch(r"no such column: (\w+)", str(error))
            if missing is None:
                raise
            name = missing[1]
            columns[name.lower()] = name
            database.execute(f'ALTER TABLE logs ADD COLUMN "{name}" TEXT COLLATE NOCASE')
    raise RuntimeError("too many columns are missing")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("evidence", type=pathlib.Path)
    parser.add_argument("--aql", default="target/debug/aql")
    parser.add_argument("--rules", type=pathlib.Path, default=HERE / "sigma-rules")
    parser.add_argument("--random", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10, help="differences that are shown")
    args = parser.parse_args()

    rows = list(events(args.evidence))
    database, columns = table(rows)
    rules = {}
    for path in sorted(args.rules.glob("*.yml")):
        for number, document in enumerate(path.read_text().split("\n---\n")):
            name = re.search(r"^name: *(\S+)", document, re.M)
            rules[name[1] if name else f"{path.stem}-{number}"] = document
    for rule in random_rules(rows, args.random, args.seed):
        rules[rule["name"]] = json.dumps(rule)

    with tempfile.TemporaryDirectory() as folder:
        for name, text in rules.items():
            (pathlib.Path(folder) / f"{name}.yml").write_text(text)
        files = sorted({path for path, _, _ in rows})
        command = [args.aql, "hunt", "--sigma", folder, "--format", "jsonl", *files]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    print("\n".join(run.stderr.splitlines()[-6:]))
    ours = collections.defaultdict(set)
    for line in run.stdout.splitlines():
        finding = json.loads(line)
        ours[finding["rule"]].add((finding["file"], finding["record"]))

    pipeline = sysmon_pipeline() + windows_logsource_pipeline()
    same, differ, refused, with_matches, matches = 0, [], collections.Counter(), 0, 0
    for name, text in rules.items():
        try:
            theirs, query = matched_by_sqlite(database, columns, text, pipeline)
        except Exception as error:  # whatever pySigma raises is its refusal
            refused[f"{type(error).__name__}: {str(error)[:90]}"] += 1
            continue
        if theirs == ours[name]:
            same += 1
            with_matches += bool(theirs)
            matches += len(theirs)
        else:
            differ.append((name, text, query, theirs - ours[name], ours[name] - theirs))
    print(
        f"{len(rows)} events, {len(rules)} rules: {same} the same ({with_matches} of them match "
        f"something, {matches} matches), {len(differ)} differ, {sum(refused.values())} refused by "
        "pySigma or SQLite"
    )
    for reason, count in refused.most_common():
        print(f"  {count} refused: {reason}")
    for name, text, query, only_theirs, only_ours in differ[: args.show]:
        print(f"\n{name}: {len(only_theirs)} only theirs, {len(only_ours)} only ours")
        print(f"  {text[:600]}\n  {query[:600]}")
        print(f"  theirs {sorted(only_theirs)[:2]} ours {sorted(only_ours)[:2]}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
