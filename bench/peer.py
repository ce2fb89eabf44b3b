"""One question to one peer, in a process of its own: prints seconds, peak memory and the answer as JSON.

    peer.py ENGINE JOB.json

The time is that of the question alone: starting Python and importing the engine are left out. The job
has `data` (a Parquet, NDJSON or CSV file), `kind` (`rows`, `count` or `rules`), `condition` or `rules`,
`from` (milliseconds) if only a part of the time counts, and `threads`; or `statement` as it is to be
run.
"""

import json
import resource
import sys
import time

import conditions


def columns(job):
    return ["record"] if job["kind"] == "rows" else []


# A backslash in a pattern. DuckDB has no escapes; patterns of DataFusion have, and those of ClickHouse
# as well as its texts.
BACKSLASH = {"duckdb": "\\", "datafusion": "\\" * 2, "chdb": "\\" * 4}


def statement(job, source, engine):
    if "statement" in job:
        return job["statement"]
    where = ""
    if job["kind"] == "rules":
        counts = ", ".join(
            f"{count_if(conditions.sql(c, BACKSLASH[engine]), engine)} AS \"{name}\"" for name, c in job["rules"]
        )
        return f"SELECT {counts} FROM {source}"
    terms = [conditions.sql(job["condition"], BACKSLASH[engine])]
    if "from" in job:
        terms.append(f"\"starttime\" >= {job['from']}")
    where = " AND ".join(terms)
    if job["kind"] == "count":
        return f"SELECT count(*) FROM {source} WHERE {where}"
    selected = '"record", "starttime", "username", "Image", "CommandLine", "filename"'
    return f"SELECT {selected} FROM {source} WHERE {where} ORDER BY \"starttime\" DESC, \"record\""


def count_if(condition, engine):
    return f"countIf({condition})" if engine == "chdb" else f"count(*) FILTER (WHERE {condition})"


def answer(job, rows):
    if job["kind"] == "rules":
        return {name: int(n) for (name, _), n in zip(job["rules"], rows[0])}
    if job["kind"] == "count":
        return int(rows[0][0])
    return sorted(int(row[0]) for row in rows)


def duckdb(job):
    import duckdb as engine

    connection = engine.connect()
    connection.execute(f"SET threads = {job['threads']}")
    data = job["data"]
    if data.endswith(".parquet"):
        source = f"read_parquet('{data}')"
    elif data.endswith(".csv"):
        source = f"read_csv('{data}')"
    else:
        event = "STRUCT(Image VARCHAR, CommandLine VARCHAR, TargetFilename VARCHAR)"
        winlog = f"STRUCT(event_id VARCHAR, record_id BIGINT, event_data {event})"
        source = (
            "(SELECT winlog.record_id AS record, CAST(winlog.event_id AS INT) AS EventID, "
            "winlog.event_data.Image AS Image, winlog.event_data.CommandLine AS CommandLine, "
            "winlog.event_data.TargetFilename AS filename "
            f"FROM read_ndjson('{data}', columns = {{winlog: '{winlog}'}}))"
        )
    text = statement(job, source, "duckdb")
    return lambda: connection.execute(text).fetchall()


def chdb(job):
    from chdb import session

    connection = session.Session()
    text = statement(job, f"file('{job['data']}', Parquet)", "chdb")
    text += f" SETTINGS max_threads = {job['threads']}, max_query_size = 100000000, max_ast_elements = 10000000, max_expanded_ast_elements = 10000000"
    connection.query("SELECT 1")
    return lambda: [
        list(row) for row in json.loads(str(connection.query(text, "JSONCompact")))["data"]
    ]


def datafusion(job):
    from datafusion import SessionConfig, SessionContext

    config = SessionConfig().with_target_partitions(job["threads"])
    for option in ("pushdown_filters", "reorder_filters"):
        config = config.set(f"datafusion.execution.parquet.{option}", "true")
    connection = SessionContext(config)
    connection.register_parquet("events", job["data"])
    text = statement(job, "events", "datafusion")

    def rows():
        batches = connection.sql(text).collect()
        return [row for batch in batches for row in zip(*batch.to_pydict().values())]

    return rows


def polars(job):
    import polars as pl

    table = pl.scan_parquet(job["data"])
    if job["kind"] == "rules":
        counts = [conditions.polars(c).sum().alias(name) for name, c in job["rules"]]
        plan = table.select(counts)
    else:
        condition = conditions.polars(job["condition"])
        if "from" in job:
            condition = condition & (pl.col("starttime") >= job["from"])
        plan = table.filter(condition)
        if job["kind"] == "count":
            plan = plan.select(pl.len())
        else:
            plan = plan.select("record", "starttime", "username", "Image", "CommandLine", "filename")
            plan = plan.sort("starttime", descending=True)
    return lambda: plan.collect().rows()


def main():
    engine, file = sys.argv[1:]
    job = json.loads(open(file, encoding="utf-8").read())
    ask = {"duckdb": duckdb, "chdb": chdb, "datafusion": datafusion, "polars": polars}[engine](job)
    started = time.perf_counter()
    rows = ask()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    json.dump({"seconds": seconds, "peak_kb": peak, "answer": answer(job, rows)}, sys.stdout)


main()
