"""Runs translations in engines that are not part of `aql`.

    python3 execute.py REQUEST.json

The request names the engine, the stores or documents that hold the events, and the statements. The
answer is JSON lines: {"engine": name and version}, then one line per statement, {"id", "found"} with
pairs of file and records, {"id", "rows"} for groups, or {"id", "error"}. {"missing": module} says
that the engine is not installed.
"""

import collections
import contextlib
import json
import os
import sys
from datetime import datetime, timezone
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version

TYPES = {
    "duckdb": {"integer": "BIGINT", "time": "TIMESTAMP", "number": "DOUBLE", "boolean": "BOOLEAN"},
    "clickhouse": {"integer": "Int64", "time": "DateTime64(3, 'UTC')", "number": "Float64",
                   "boolean": "Bool"},
    "spark": {"integer": "BIGINT", "time": "TIMESTAMP", "number": "DOUBLE", "boolean": "BOOLEAN"},
}


def answer(line):
    sys.stdout.write(json.dumps(line) + "\n")


def version_of(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def plain(value):
    """A value of a result as JSON has it; times as epoch milliseconds."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return round(aware.timestamp() * 1000)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def grouped(pairs):
    files = collections.defaultdict(list)
    for file, record in pairs:
        files[file].append(int(record))
    return list(files.items())


def quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '""') + '"'


class DuckDb:
    def __init__(self, request):
        import duckdb

        self.name = version_of("duckdb")
        self.db = duckdb.connect()
        self.db.execute("SET timezone = 'UTC'")
        paths = ", ".join(
            "'" + f"{store}/day=*/**/*.parquet".replace("'", "''") + "'"
            for store in request["stores"]
        )
        self.db.execute(
            f"CREATE VIEW stored AS SELECT * FROM read_parquet([{paths}], "
            "hive_partitioning = true, union_by_name = true)"
        )
        have = {row[0].lower() for row in self.db.execute("DESCRIBE stored").fetchall()}
        parts = []
        for column in request["columns"]:
            name = '"' + column["name"].replace('"', '""') + '"'
            kind = TYPES["duckdb"].get(column["type"], "VARCHAR")
            known = column["name"].lower() in have
            parts.append(f"{name} AS {name}" if known else f"CAST(NULL AS {kind}) AS {name}")
        self.db.execute(f"CREATE TABLE events AS SELECT {', '.join(parts)} FROM stored")

    def run(self, statement):
        return self.db.execute(statement["text"]).fetchall()


class ClickHouse:
    def __init__(self, request):
        from chdb.session import Session

        self.name = version_of("chdb")
        self.session = Session()
        self.session.query("CREATE DATABASE IF NOT EXISTS proof")
        self.session.query("USE proof")
        setting = "SETTINGS schema_inference_mode = 'union', use_hive_partitioning = 0"
        selects = []
        for store in request["stores"]:
            path = f"{store}/**/*.parquet".replace("\\", "\\\\").replace("'", "\\'")
            source = f"file('{path}', Parquet)"
            described = self.rows(f"DESCRIBE {source} {setting}")[1]
            # The same name may be there in several cases, one for each hour.
            have = collections.defaultdict(list)
            for row in described:
                have[row[0].lower()].append(quoted(row[0]))
            parts = []
            for column in request["columns"]:
                kind = TYPES["clickhouse"].get(column["type"], "String")
                known = have.get(column["name"].lower(), [])
                first = f"coalesce({', '.join(known)})" if known else "NULL"
                parts.append(f"CAST({first} AS Nullable({kind})) AS {quoted(column['name'])}")
            selects.append(f"SELECT {', '.join(parts)} FROM {source}")
        self.session.query(
            "CREATE TABLE proof.events ENGINE = Memory AS "
            + " UNION ALL ".join(selects) + " " + setting
        )

    def rows(self, text):
        self.session.query("SET output_format_json_quote_64bit_integers = 0")
        reply = str(self.session.query(text, "JSONCompactEachRowWithNamesAndTypes"))
        lines = [json.loads(line) for line in reply.split("\n") if line]
        return (lines[1], lines[2:]) if lines else ([], [])

    def run(self, statement):
        types, rows = self.rows(statement["text"])
        times = ["DateTime" in kind for kind in types]
        return [
            [self.time(value) if is_time else value for value, is_time in zip(row, times)]
            for row in rows
        ]

    @staticmethod
    def time(value):
        return value and datetime.fromisoformat(value).replace(tzinfo=timezone.utc)


class Spark:
    def __init__(self, request):
        from pyspark.sql import SparkSession

        self.name = version_of("pyspark")
        builder = SparkSession.builder.master("local[1]").appName("proof")
        for key, value in (("spark.ui.enabled", "false"), ("spark.sql.session.timeZone", "UTC"),
                           ("spark.sql.shuffle.partitions", "1"), ("spark.driver.memory", "2g")):
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        events = None
        for store in request["stores"]:
            # The manifest lies beside the days.
            reader = self.session.read.option("mergeSchema", "true")
            stored = reader.option("pathGlobFilter", "*.parquet").parquet(store)
            have = {name.lower() for name in stored.columns}
            parts = []
            for column in request["columns"]:
                name = "`" + column["name"].replace("`", "``") + "`"
                kind = TYPES["spark"].get(column["type"], "STRING")
                known = column["name"].lower() in have
                parts.append(f"{name}" if known else f"CAST(NULL AS {kind}) AS {name}")
            part = stored.selectExpr(*parts)
            events = part if events is None else events.unionAll(part)
        events.cache().createOrReplaceTempView("events")

    def run(self, statement):
        return [tuple(row) for row in self.session.sql(statement["text"]).collect()]


class Snowflake(DuckDb):
    """No Snowflake, but what sqlglot makes of its SQL, run by DuckDB: a check of logic and of escapes,
    not of Snowflake's functions."""

    def __init__(self, request):
        import sqlglot

        super().__init__(request)
        self.name = f"{version_of('sqlglot')} and {self.name}"
        self.transpile = sqlglot.transpile

    def run(self, statement):
        return self.db.execute(
            self.transpile(statement["text"], read="snowflake", write="duckdb")[0]
        ).fetchall()


class Documents:
    """Engines that get events as documents."""

    def __init__(self, request):
        self.sources = collections.defaultdict(list)
        with open(request["documents"]["path"], encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                place = (document["file"], document["record"])
                self.sources[document["source"]].append((place, document["fields"]))


class Eql(Documents):
    def __init__(self, request):
        import eql
        from eql.engine import PythonEngine

        super().__init__(request)
        self.name = version_of("eql")
        self.eql = eql
        self.engine = PythonEngine()
        self.events = {
            source: [(place, eql.Event("any", 0, nested(fields))) for place, fields in documents]
            for source, documents in self.sources.items()
        }

    def run(self, statement):
        with self.eql.parser.elasticsearch_syntax, self.eql.parser.ignore_missing_functions:
            query = self.eql.parse_query(statement["text"])
        matches = self.engine.convert(query.first)
        return [
            place
            for source in set(statement["sources"])
            for place, event in self.events.get(source, [])
            if matches(event)
        ]


def nested(fields):
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    tree = {}
    for name, value in fields.items():
        *outer, last = name.split(".")
        inner = tree
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return tree


class PySigma(Documents):
    """pySigma makes SQL of a rule, and SQLite runs it over a table of the documents."""

    def __init__(self, request):
        import re
        import sqlite3

        from sigma.backends.sqlite import sqliteBackend
        from sigma.collection import SigmaCollection
        from sigma.pipelines.windows import windows_logsource_pipeline

        super().__init__(request)
        self.name = f"{version_of('pysigma')} with SQLite {sqlite3.sqlite_version}"
        self.re, self.sqlite3 = re, sqlite3
        self.backend, self.collection = sqliteBackend, SigmaCollection
        self.pipeline = windows_logsource_pipeline
        self.db = sqlite3.connect(":memory:")
        self.db.create_function(
            "REGEXP", 2, lambda p, v: v is not None and re.search(p, str(v)) is not None
        )
        self.columns = set()
        for source, documents in self.sources.items():
            names = {}
            for _, fields in documents:
                for name in fields:
                    names.setdefault(name.lower(), name)
            self.columns |= {(source, name) for name in names}
            listed = "".join(f', "{name}" TEXT COLLATE NOCASE' for name in names.values())
            self.db.execute(f"CREATE TABLE logs{source} (aql_file TEXT, aql_record INTEGER{listed})")
            marks = ", ".join("?" for _ in range(len(names) + 2))
            for (file, record), fields in documents:
                lower = {name.lower(): value for name, value in fields.items()}
                values = [lower.get(name) for name in names]
                values = [None if value is None else str(value) for value in values]
                self.db.execute(f"INSERT INTO logs{source} VALUES ({marks})", [file, record, *values])

    def run(self, statement):
        rules = self.collection.from_yaml(statement["text"])
        [query] = self.backend(processing_pipeline=self.pipeline()).convert(rules)
        found = []
        for source in set(statement["sources"]) & set(self.sources):
            text = self.re.sub(r"^SELECT \* FROM \S+",
                               f"SELECT aql_file, aql_record FROM logs{source}", query, count=1)
            found += self.rows(source, text)
        return found

    def rows(self, source, text):
        """A field that no event has is a column that is always empty."""
        for _ in range(100):
            try:
                return self.db.execute(text).fetchall()
            except self.sqlite3.OperationalError as error:
                missing = self.re.fullmatch(r"no such column: (.+)", str(error))
                if missing is None or (source, missing[1].lower()) in self.columns:
                    raise
                self.columns.add((source, missing[1].lower()))
                self.db.execute(
                    f'ALTER TABLE logs{source} ADD COLUMN "{missing[1]}" TEXT COLLATE NOCASE'
                )
        raise RuntimeError("too many columns are missing")


ENGINES = {
    "duckdb": DuckDb,
    "clickhouse": ClickHouse,
    "spark": Spark,
    "snowflake": Snowflake,
    "eql": Eql,
    "pysigma": PySigma,
}


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # What engines print is not part of the answer.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            engine = ENGINES[request["engine"]](request)
        except ModuleNotFoundError as error:
            engine, missing = None, error.name
    if engine is None:
        answer({"missing": missing})
        return
    answer({"engine": engine.name})
    for statement in request["statements"]:
        line = {"id": statement["id"]}
        try:
            with contextlib.redirect_stdout(sys.stderr):
                rows = engine.run(statement)
            if statement["groups"]:
                line["rows"] = [[plain(value) for value in row] for row in rows]
            else:
                line["found"] = grouped(rows)
        except Exception as error:  # whatever the engine says
            line["error"] = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
        answer(line)
    sys.stdout.flush()
    # Some engines take long to close what ends with the process.
    os._exit(0)


if __name__ == "__main__":
    main()
