#!/usr/bin/env python3
"""Measures `aql` beside other tools over the same events, and writes the table of BENCHMARKS.md.

    python3 -m venv target/bench/venv
    target/bench/venv/bin/pip install -r bench/requirements.txt
    target/bench/venv/bin/python bench/run.py --aql target/release/aql --install

Data and packs are made from a seed. All tools are run in turn, round after round, each run in a process
of its own; the first round warms the cache and does not count. A row is only as good as its last
column: both sides must find the same events.
"""

import argparse
import collections
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import conditions
import data
import sigma

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BEGIN, END = "<!-- bench/run.py: begin -->", "<!-- bench/run.py: end -->"
# Engines from PyPI, and how they are called.
ENGINES = {"duckdb": "DuckDB", "chdb": "chDB", "datafusion": "DataFusion", "polars": "Polars"}
EVTX_VERSION, RSIGMA_VERSION = "0.15.1", "0.23.0"


class Failed(Exception):
    """A run that gives no measurement; the reason goes into the table."""


def process(command, timeout, good=(0,), read=lambda out: out.read(), environment=None):
    """Runs a command; gives seconds by the clock, peak memory in KiB and what it wrote, as `read` has it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        status, usage = None, None
        while status is None:
            pid, code, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                status = os.waitstatus_to_exitcode(code)
            elif time.perf_counter() - started > timeout:
                child.kill()
                os.wait4(child.pid, 0)
                child.returncode = -9
                raise Failed(f"not done after {timeout} s")
            else:
                time.sleep(0.0005)
        seconds = time.perf_counter() - started
        child.returncode = status
        if status not in good:
            err.seek(0)
            last = err.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise Failed(f"exit code {status}: {' '.join(last)[:120]}")
        out.seek(0)
        return seconds, usage.ru_maxrss, read(out)


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = Path(args.work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.count = max(1000, int(args.scale * 2_000_000))
        self.rows = []
        self.different = False

    def make(self, *arguments):
        command = [sys.executable, str(HERE / "data.py"), *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    # Tools, each giving seconds, KiB and an answer.

    def aql(self, *arguments):
        return process([self.args.aql, *map(str, arguments)], self.args.timeout, good=(0, 1))

    def query(self, text, source, threads):
        file = self.work / "query.aql"
        file.write_text(text)
        flags = ["--quiet", "--profile", "raw", "--format", "jsonl", "--threads", threads]
        now = ["--now", moment(data.END)]
        seconds, peak, out = self.aql("query", *flags, *now, "--file", file, source)
        rows = [json.loads(line) for line in out.splitlines()]
        if rows and "n" in rows[0]:
            return seconds, peak, int(rows[0]["n"])
        return seconds, peak, sorted(int(row["record"]) for row in rows)

    def hunt(self, pack, source, threads):
        flags = ["--quiet", "--format", "jsonl", "--threads", threads]
        chosen = ["--pack", pack] if pack else []
        seconds, peak, out = self.aql("hunt", *flags, *chosen, source)
        return seconds, peak, collections.Counter(json.loads(l)["rule"] for l in out.splitlines())

    def peer(self, engine, threads, **job):
        file = self.work / "job.json"
        file.write_text(json.dumps(job | {"threads": threads, "data": str(job["data"])}))
        command = [sys.executable, str(HERE / "peer.py"), engine, str(file)]
        names = ("POLARS_MAX_THREADS", "TOKIO_WORKER_THREADS")
        environment = os.environ | {name: str(threads) for name in names}
        _, _, out = process(command, self.args.timeout, environment=environment)
        result = json.loads(out.splitlines()[-1])
        return result["seconds"], result["peak_kb"], result["answer"]

    # Rows.

    def row(self, job, size, ours, peers, same=None):
        """Measures one job; `ours` and each of `peers` is a function that runs once. The answers of
        peers are compared with ours by `same`, which says whether they are, or in words how far."""
        same = same or (lambda a, b: a == b)
        tools = {"aql": ours, **peers}
        kept = {name: [] for name in tools}
        reasons, answers = {}, {}
        for round_ in range(self.args.runs + 1):
            for name, run in tools.items():
                if name in reasons:
                    continue
                try:
                    seconds, peak, answer = run()
                except Failed as failed:
                    reasons[name] = str(failed)
                    continue
                answers[name] = answer
                # Who takes long is not asked again: warm or cold makes no difference there.
                if round_ > 0 or seconds > self.args.patience:
                    kept[name].append((seconds, peak))
                if seconds > self.args.patience:
                    reasons.setdefault(name, "")
            print(f"{job}: round {round_} of {self.args.runs}", file=sys.stderr)
        for name in peers:
            if not kept[name]:
                self.rows.append((job, size, kept["aql"], name, reasons.get(name, ""), ""))
                continue
            equal = bool(kept["aql"]) and same(answers["aql"], answers[name])
            self.different |= not equal
            verdict = f"yes, {thousands(number(answers['aql']))}" if equal else "NO"
            if isinstance(equal, str):
                verdict = equal
            self.rows.append((job, size, kept["aql"], name, kept[name], verdict))
        if not kept["aql"]:
            raise SystemExit(f"{job}: aql: {reasons.get('aql')}")

    def engines(self, threads, engines=tuple(ENGINES), **job):
        return {
            ENGINES[e]: (lambda e=e: self.peer(e, threads, **job))
            for e in engines
            if e in self.args.peers
        }

    def run(self):
        wanted = self.args.only
        lines, table = self.work / "events.ndjson", self.work / "events.parquet"
        store = self.work / f"events-{self.count}-{self.args.seed}.store"
        if not wanted or {"stored", "rules", "raw"} & set(wanted):
            self.make("events", self.work, self.count, self.args.seed)
            if not store.exists():
                self.aql("import", "--quiet", lines, "-o", store)
        for name in ("stored", "rules", "raw", "evtx", "sigma"):
            if not wanted or name in wanted:
                getattr(self, name)(lines, table, store)
        return self.markdown()

    def stored(self, _, table, store):
        text = (ROOT / "packs/t1114-email-collection/rules/published-qradar.aql").read_text()
        condition = conditions.published(text)
        # A column more, to compare the rows by.
        text = text.replace("SELECT\n", 'SELECT\n"Record Number" AS record,\n', 1)
        events = f"{thousands(self.count)} stored events"
        for days, size in ((7, "7 days"), (1, "last 24 h")):
            query = text.replace("LAST 24 HOURS", f"LAST {days} DAYS")
            self.row(
                f"published query, {size}, 2 threads",
                events,
                lambda: self.query(query, store, 2),
                self.engines(
                    2,
                    data=table,
                    kind="rows",
                    condition=condition,
                    **({"from": data.END - days * 86_400_000} if days < 7 else {}),
                ),
            )
        needle = ("like", "payload", f"%{data.NEEDLE}%")
        query = f"SELECT COUNT(*) AS n FROM events WHERE {conditions.aql(needle)} LAST 7 DAYS"
        self.row(
            "payload substring, any case, 2 threads",
            events,
            lambda: self.query(query, store, 2),
            self.engines(2, data=table, kind="count", condition=needle),
        )

    def rules(self, lines, table, store):
        words = data.words(self.args.seed)
        packs = {}
        for count in (10, 1000):
            rules = conditions.rules(count, words, self.args.seed)
            packs[count] = (*data.packs(self.work, rules), rules)
        pack, sigma, rules = packs[1000]
        events = thousands(self.count)
        same = lambda ours, theirs: ours == {k: n for k, n in theirs.items() if n}
        self.row(
            "1,000 rules, 1 thread",
            f"{events} stored events",
            lambda: self.hunt(pack, store, 1),
            self.engines(1, data=table, kind="rules", rules=rules),
            same,
        )
        for source, what in ((store, "stored events"), (lines, "events as NDJSON")):
            self.row(
                "1,000 rules beside 10, 1 thread",
                f"{events} {what}",
                lambda: self.hunt(pack, source, 1),
                {"aql, 10 rules": lambda: self.hunt(packs[10][0], source, 1)},
                lambda ours, few: all(ours[r] == n for r, n in few.items()),
            )
            self.row(
                "1,000 rules, 2 threads beside 1",
                f"{events} {what}",
                lambda: self.hunt(pack, source, 2),
                {"aql, 1 thread": lambda: self.hunt(pack, source, 1)},
            )
        if rsigma := self.tool("rsigma"):
            self.row(
                "1,000 rules, 1 thread",
                f"{events} events as NDJSON",
                lambda: self.hunt(pack, lines, 1),
                {f"rsigma {RSIGMA_VERSION}": lambda: self.rsigma(rsigma, sigma, lines)},
                same,
            )

    def rsigma(self, program, rules, lines):
        seconds, peak, out = process(
            [*one_core(), program, "--quiet", "engine", "eval", "-r", str(rules), "-e", f"@{lines}"],
            self.args.timeout,
            good=(0, 1),
        )
        found = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
        return seconds, peak, collections.Counter(row.get("rule_title") for row in found)

    def raw(self, lines, _, __):
        csv = self.work / "events.csv"
        for file, name, column in ((lines, "NDJSON", "CommandLine"), (csv, "CSV", "typed_text")):
            needle = ("like", column, f"%{data.NEEDLE}%")
            query = f"SELECT COUNT(*) AS n FROM events WHERE {conditions.aql(needle)}"
            size = f"{name}, {file.stat().st_size / 1e6:,.0f} MB"
            for threads in (1, 2):
                s = "" if threads == 1 else "s"
                self.row(
                    f"command line of one word, {threads} thread{s}",
                    size,
                    lambda: self.query(query, file, threads),
                    self.engines(threads, ("duckdb",), data=file, kind="count", condition=needle),
                )

    def evtx(self, *_):
        dump = self.tool("evtx_dump")
        if not dump:
            print("evtx_dump is not there: see --install", file=sys.stderr)
            return
        file, size = self.event_log()

        def records():
            query = "SELECT COUNT(*) AS n FROM events"
            return self.query(query, file, 2)[2]

        def dumped(threads):
            command = [dump, "-t", str(threads), "-o", "jsonl", str(file)]
            return process(command, self.args.timeout, read=lambda out: sum(1 for _ in out))

        ours = records()
        for threads in (1, 2):
            s = "" if threads == 1 else "s"
            # What is compared is how many records each saw: one hunts, the other prints.
            self.row(
                f"T1114 pack, {threads} thread{s}",
                size,
                lambda: (*self.hunt(None, file, threads)[:2], ours),
                {f"evtx_dump {EVTX_VERSION}": lambda: dumped(threads)},
            )
        self.row(
            "T1114 pack, 2 threads beside 1",
            size,
            lambda: self.hunt(None, file, 2),
            {"aql, 1 thread": lambda: self.hunt(None, file, 1)},
        )

    def event_log(self, *sound):
        file = self.work / f"{''.join(sound)}corpus.evtx"
        chunks = self.make("evtx", file, self.args.evtx, self.args.megabytes, *sound)
        return file, f"EVTX, {file.stat().st_size / 1e6:,.0f} MB ({chunks} distinct chunks)"

    def sigma(self, *_):
        """Rules that a converter made of Sigma rules, beside the Sigma rules."""
        if not self.args.sigma:
            print("rows with Sigma rules are left out: see --sigma", file=sys.stderr)
            return
        rsigma = self.tool("rsigma")
        if not rsigma:
            print("rsigma is not there: see --install", file=sys.stderr)
            return
        rules, unread = sigma.rules(self.args.sigma)
        for name, reason in unread:
            print(f"{name} is left out, it is not understood: {reason}", file=sys.stderr)
        file, size = self.event_log("sound")
        # Where both look at the same: fields of the log, in the log that the rule is about.
        fields = [rule for rule in rules if rule.means_the_same]
        plain = data.pack(self.work, "sigma-fields", [(r.name, r.in_aql()) for r in fields], "raw")
        converted = data.pack(self.work, "sigma-converted", [(r.name, r.aql) for r in rules], "ibm")
        for pack, chosen, what in ((plain, fields, "of fields"), (converted, rules, "as converted")):
            # Conversions say nothing of the log source but that it is Windows.
            text = lambda r: r.in_sigma(data.identifier(r.name), what == "of fields")
            theirs = data.sigma(self.work, f"{pack.name}-rules", [(r.name, text(r)) for r in chosen])
            table = self.work / f"{pack.name}.tsv"
            names = [r.name for r in chosen]
            self.row(
                f"{thousands(len(chosen))} Sigma rules for Windows, {what}, 1 thread",
                size,
                lambda: self.hunt(pack, file, 1),
                {f"rsigma {RSIGMA_VERSION}": lambda: self.rsigma(rsigma, theirs, file)},
                lambda ours, other: by_rule(table, names, ours, other),
            )

    def tool(self, name):
        """A peer from the crate registry: installed before, or on the path."""
        here = self.work / "bin" / name
        return str(here) if here.exists() else shutil.which(name)

    def install(self):
        # rsigma reads EVTX only if it is told to; what it can do as a server is not needed.
        features = {"evtx": [], "rsigma": ["--no-default-features", "--features", "evtx"]}
        for crate, version in (("evtx", EVTX_VERSION), ("rsigma", RSIGMA_VERSION)):
            command = ["cargo", "install", crate, "--version", version, "--root", str(self.work), "--locked"]
            command += [*features[crate], "--target-dir", str(self.work / "build")]
            subprocess.run(command, check=True)

    # The table.

    def markdown(self):
        head = (
            "| job | events | aql (s) | peak | beside | (s) | peak | times faster | same events |\n"
            "|---|---|---|---|---|---|---|---|---|\n"
        )
        body = ""
        for job, size, ours, name, theirs, verdict in self.rows:
            body += f"| {job} | {size} | {spread(ours)} | {peak(ours)} | {name} | "
            if isinstance(theirs, str):
                body += f"{theirs} | | | |\n"
                continue
            ratio = median(theirs) / median(ours)
            body += f"{spread(theirs)} | {peak(theirs)} | {ratio:.2g} | {verdict} |\n"
        return head + body

    def about(self):
        git = ["git", "-C", str(ROOT)]
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
        versions = [f"Python {platform.python_version()}"]
        for module in ENGINES:
            if module in self.args.peers:
                versions.append(f"{module} {__import__('importlib.metadata').metadata.version(module)}")
        return (
            f"{datetime.date.today()}, {machine()}, commit {commit.stdout.strip() or 'unknown'}; "
            f"{', '.join(versions)}. Scale {self.args.scale}, seed {self.args.seed}, {self.args.runs} "
            f"counted runs. Load when the run began: {self.load}.\n\n"
            f"```\n{' '.join(['python bench/run.py', *self.shown])}\n```\n\n"
        )


def by_rule(table, rules, ours, theirs):
    """Whether both find as many events of every rule; if not, how many rules differ, and each in a table."""
    differ = [(rule, ours[rule], theirs[rule]) for rule in rules if ours[rule] != theirs[rule]]
    with open(table, "w", encoding="utf-8") as out:
        out.write("rule\taql\tbeside\n")
        out.writelines(f"{rule}\t{a}\t{b}\n" for rule, a, b in differ)
    if not differ:
        return True
    found = sum(1 for rule in rules if ours[rule] or theirs[rule])
    counts = f"{thousands(ours.total())} and {thousands(theirs.total())} findings"
    return f"{found - len(differ)} of {found} rules that find anything; {counts}"


def one_core():
    """For programs that have no flag for the number of threads."""
    return ["taskset", "-c", "1"] if shutil.which("taskset") else []


def machine():
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores ({model}), {platform.system()}"


def moment(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")


def number(answer):
    """How many events an answer stands for."""
    match answer:
        case int():
            return answer
        case dict():
            return sum(answer.values())
    return len(answer)


def thousands(n):
    return f"{n:,}"


def median(runs):
    return statistics.median(seconds for seconds, _ in runs)


def spread(runs):
    all_ = [seconds for seconds, _ in runs]
    return f"{median(runs):.3f} ({min(all_):.3f}-{max(all_):.3f})"


def peak(runs):
    return f"{max(kb for _, kb in runs) / 1024:,.0f} MiB"


def put(file, text, begin=BEGIN, end=END):
    """Puts the text between the marks of the file."""
    page = file.read_text(encoding="utf-8")
    if begin not in page or end not in page:
        raise SystemExit(f"{file.name} has no place for the table: the lines {begin} and {end}")
    before, rest = page.split(begin, 1)
    _, after = rest.split(end, 1)
    file.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--aql", required=True, help="the binary")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 2,000,000 events (default)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each tool (default 5)")
    parser.add_argument("--work", default=str(ROOT / "target" / "bench"), help="folder for data")
    parser.add_argument("--evtx", default=str(ROOT / "examples" / "evidence"), help="folder of EVTX files")
    parser.add_argument("--sigma", default="", help="Sigma rules that a converter made AQL of, one a line as JSON")
    parser.add_argument("--megabytes", type=int, default=134, help="size of the large event log")
    parser.add_argument("--timeout", type=float, default=900, help="seconds that a run may take")
    parser.add_argument("--patience", type=float, default=30, help="who takes longer runs once")
    parser.add_argument("--peers", default=",".join(ENGINES), help="engines from PyPI")
    parser.add_argument("--only", default="", help="of stored,rules,raw,evtx,sigma")
    parser.add_argument("--install", action="store_true", help="install evtx_dump and rsigma first")
    parser.add_argument("--write", action="store_true", help="put the table into BENCHMARKS.md")
    args = parser.parse_args()
    args.peers = [p for p in args.peers.split(",") if p]
    args.only = [o for o in args.only.split(",") if o]
    bench = Bench(args)
    bench.load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    # Paths of this machine are of no interest to readers.
    hidden = {"--aql", "--work", "--evtx", "--sigma"}
    bench.shown = [
        a
        for before, a in zip(["", *sys.argv[1:]], sys.argv[1:])
        if before not in hidden and a.split("=")[0] not in hidden | {"--install"}
    ]
    if args.install:
        bench.install()
    table = bench.run()
    text = bench.about() + table
    print(text)
    if args.write:
        put(ROOT / "BENCHMARKS.md", text)
    if bench.different:
        raise SystemExit("the sides do not find the same events: see the last column")


if __name__ == "__main__":
    main()
