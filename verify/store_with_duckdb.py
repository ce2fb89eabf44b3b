#!/usr/bin/env python3
"""Reads a store of `aql import` with DuckDB, and compares what both see.

    pip install duckdb
    python3 verify/store_with_duckdb.py --aql target/release/aql PATH…

The paths are imported into a new store in a temporary folder. Then the same questions go to DuckDB
(over the Parquet files) and to `aql query` (over the evidence itself): how many events there are, of
which kind, on which day, and the raw records. Ends with 1 if an answer differs.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb


def rows(aql, query, paths):
    """Rows of a query over the evidence."""
    run = subprocess.run(
        [aql, "query", "--quiet", "--all-time", "--format", "jsonl", query, *paths],
        check=True, capture_output=True, text=True,
    )
    return [tuple(json.loads(line).values()) for line in run.stdout.splitlines()]


def compare(what, duckdb_rows, aql_rows):
    theirs, ours = collections.Counter(duckdb_rows), collections.Counter(aql_rows)
    if theirs == ours:
        print(f"{what}: {len(duckdb_rows)} rows, the same")
        return True
    print(f"{what}: differs", file=sys.stderr)
    for row in list((theirs - ours) | (ours - theirs))[:5]:
        print(f"  {row}: DuckDB {theirs[row]}, aql {ours[row]}", file=sys.stderr)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--aql", default="aql", help="the command")
    parser.add_argument("paths", nargs="+", help="evidence")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder) / "store"
        subprocess.run([args.aql, "import", "--quiet", *args.paths, "-o", store], check=True)
        db = duckdb.connect()
        db.execute("SET timezone = 'UTC'")
        db.execute(
            "CREATE VIEW events AS SELECT * FROM read_parquet("
            f"'{store}/day=*/*.parquet', hive_partitioning = true, union_by_name = true)"
        )
        ask = lambda query: db.execute(query).fetchall()
        good = compare(
            "events per file",
            ask('SELECT "aql.file", count(*) FROM events GROUP BY ALL'),
            rows(args.aql, 'SELECT "aql.file", COUNT(*) FROM events GROUP BY "aql.file"', args.paths),
        )
        good &= compare(
            "events per kind",
            ask("SELECT devicetype, qid, qideventid, count(*) FROM events GROUP BY ALL"),
            rows(
                args.aql,
                "SELECT devicetype, qid, qideventid, COUNT(*) FROM events "
                "GROUP BY devicetype, qid, qideventid",
                args.paths,
            ),
        )
        good &= compare(
            "time and raw record of every event",
            ask('SELECT "aql.record", epoch_ms(starttime), username, payload FROM events '
                "WHERE payload IS NOT NULL"),
            rows(
                args.aql,
                'SELECT "aql.record", starttime, username, UTF8(payload) FROM events',
                args.paths,
            ),
        )
        # The partitions say what the time says.
        wrong = ask(
            "SELECT count(*) FROM events WHERE starttime IS NOT NULL AND "
            "strftime(starttime, '%Y-%m-%d') <> day::VARCHAR"
        )
        print(f"events in the partition of another day: {wrong[0][0]}")
        good &= wrong[0][0] == 0
        manifest = json.loads((store / "manifest.json").read_text())
        counted = sum(segment["rows"] for segment in manifest["segments"])
        total = ask("SELECT count(*) FROM events")[0][0]
        print(f"events in all: {total}, in the manifest {counted}")
        good &= total == counted
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
