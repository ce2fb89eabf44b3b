"""Conditions as data, and how each engine writes them.

A condition is a tuple: ("and", [...]), ("or", [...]), ("not", c), ("like", column, pattern) where case
does not matter, or ("eq", column, number). Columns have the names of the events' fields; COLUMNS says
what AQL calls them. Only AQL and Sigma (`sigma.py`) are asked for the others: ("cased", column, pattern),
("is", column, text), ("matches", column, regex), ("null", column).
"""

import random
import re

# What the columns of the peers' table are in AQL, with profile `raw`.
COLUMNS = {
    "logsourcetype": "LOGSOURCETYPENAME(devicetype)",
    "qidname": "QIDNAME(qid)",
    "filename": '"TargetFilename"',
    "Image": '"Image"',
    "CommandLine": '"CommandLine"',
    "typed_text": '"typed_text"',
    "payload": "UTF8(payload)",
    "EventID": '"EventID"',
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def named(column):
    return COLUMNS.get(column, f'"{column}"')


def aql(c):
    match c:
        case ("and" | "or" as word, terms):
            return "(" + f" {word.upper()} ".join(map(aql, terms)) + ")"
        case ("not", term):
            return "NOT " + aql(term)
        case ("like", column, pattern):
            return f"{named(column)} ILIKE {quoted(pattern)}"
        case ("cased", column, pattern):
            return f"{named(column)} LIKE {quoted(pattern)}"
        case ("eq", column, number):
            return f"{named(column)} = {number}"
        case ("is", column, text):
            return f"{named(column)} = {quoted(text)}"
        case ("matches", column, regex):
            return f"{named(column)} MATCHES {quoted(regex)}"
        case ("null", column):
            return f"{named(column)} IS NULL"


def sql(c, backslash="\\"):
    """For the engines that read SQL, which differ in how a backslash is written in a pattern."""
    match c:
        case ("and" | "or" as word, terms):
            return "(" + f" {word.upper()} ".join(sql(t, backslash) for t in terms) + ")"
        case ("not", term):
            return "NOT " + sql(term, backslash)
        case ("like", column, pattern):
            pattern = pattern.replace("\\", backslash)
            return f'"{column}" ILIKE {quoted(pattern)}'
        case ("eq", column, number):
            return f'"{column}" = {number}'


def polars(c):
    import polars as pl

    match c:
        case ("and", terms):
            return pl.all_horizontal([polars(t) for t in terms])
        case ("or", terms):
            return pl.any_horizontal([polars(t) for t in terms])
        case ("not", term):
            return ~polars(term)
        case ("like", column, pattern):
            inner = ".*".join(re.escape(part) for part in pattern.strip("%").split("%"))
            head = "" if pattern.startswith("%") else "^"
            tail = "" if pattern.endswith("%") else "$"
            return pl.col(column).str.contains(f"(?is){head}{inner}{tail}").fill_null(False)
        case ("eq", column, number):
            return pl.col(column) == number


def published(text):
    """The condition of the published query, read from its file: terms and groups of terms, a line each."""
    lines = text.split("WHERE\n", 1)[1].split("\nLAST ", 1)[0].splitlines()
    top, group = [], None
    for line in lines:
        line = re.sub(r"^(AND|OR) ", "", line.strip())
        if line == "(":
            group = []
        elif line == ")":
            top.append(("or", group))
            group = None
        else:
            match = re.fullmatch(r"(\S+) (NOT )?ILIKE '(.*)'", line)
            column = match[1].strip('"')
            column = {"LOGSOURCETYPENAME(logsourceid)": "logsourcetype", "QIDNAME(qid)": "qidname"}.get(
                column, column
            )
            # It doubles backslashes, as if they were escapes.
            term = ("like", column, match[3].replace("\\\\", "\\"))
            term = ("not", term) if match[2] else term
            (top if group is None else group).append(term)
    return ("and", top)


def rules(count, words, seed):
    """Rules like those of Sigma for new processes: an image of a few, and one of 3 to 10 words."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        images = [f"%\\{name}" for name in rng.sample(words["images"], rng.randint(1, 4))]
        terms = rng.sample(words["terms"], rng.randint(3, 10))
        made.append(
            (
                f"bench-{number:04}",
                (
                    "and",
                    [
                        ("eq", "EventID", 1),
                        ("or", [("like", "Image", p) for p in images]),
                        ("or", [("like", "CommandLine", f"%{t}%") for t in terms]),
                    ],
                ),
            )
        )
    return made


def sigma(name, identifier, condition):
    """The same rule for tools that read Sigma; fields as Winlogbeat nests them."""
    _, (_, images, terms) = condition
    prefix = "winlog.event_data."
    image = "\n".join(f"      - {quoted(p[1:])}" for _, _, p in images[1])
    term = "\n".join(f"      - {quoted(p[1:-1])}" for _, _, p in terms[1])
    return (
        f"title: {name}\nid: {identifier}\nstatus: test\nlevel: low\nlogsource:\n  product: windows\n"
        f"detection:\n  selection:\n    winlog.event_id: 1\n    {prefix}Image|endswith:\n{image}\n"
        f"    {prefix}CommandLine|contains:\n{term}\n  condition: selection\n"
    )
