#!/usr/bin/env python3
"""Parses translations with the parsers of their languages.

    pip install esql-parser luqum eql pysigma sqlglot tree-sitter-yaral logscale-tools
    python3 verify/parse_translations.py packs/t1114-email-collection/translations

ES|QL with the grammar of Elasticsearch and, where detection-rules-esql-py is installed (Python 3.12),
with Elastic's own parser; Lucene with luqum, EQL with Elastic's own package, Sigma with pySigma and
those of its validators that need no network, the SQL of Spark, Databricks and Snowflake with sqlglot,
YARA-L and LogScale with grammars for tree-sitter (that of LogScale needs Python 3.14; an older one
leaves LogScale out, and says so). KQL is parsed by kql_parse.mjs. What the parsers say is printed; ends
with 1 if they say anything.
"""

import pathlib
import re
import sys

import eql
import sqlglot
import tree_sitter
import tree_sitter_yaral
from antlr4 import CommonTokenStream, InputStream
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser
from luqum.parser import parser as lucene
from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import condition, modifiers, values

try:
    import esql as elastic
except ImportError:  # needs Python 3.12
    elastic = None


class Complaints(ErrorListener):
    def __init__(self):
        self.list = []

    def syntaxError(self, recognizer, symbol, line, column, message, error):  # the name is ANTLR's
        self.list.append(f"{line}:{column}: {message}")


def parse_esql(text):
    said = Complaints()
    lexer = EsqlBaseLexer(InputStream(text))
    parser = EsqlBaseParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(said)
    parser.singleStatement()
    if elastic:
        try:
            elastic.parse_query(text)
        except elastic.EsqlError as error:
            said.list.append(f"Elastic's own parser: {error}")
    return said.list


def parse_lucene(text):
    lucene.parse(text)
    return []


def parse_eql(text):
    with eql.parser.elasticsearch_syntax, eql.parser.ignore_missing_functions:
        eql.parse_query(text)
    return []


VALIDATORS = [
    validator
    for module in (condition, modifiers, values)
    for name, validator in sorted(vars(module).items())
    if isinstance(validator, type) and name.endswith("Validator") and validator.__module__ == module.__name__
]


def parse_sigma(text):
    rules = SigmaCollection.from_yaml(text)
    issues = SigmaValidator(VALIDATORS).validate_rules(rules)
    return [f"{type(issue).__name__}: {issue}" for issue in issues]


def parse_sql(*dialects):
    def parse(text):
        for dialect in dialects:
            sqlglot.parse_one(text, dialect=dialect)
        return []

    return parse


def complaints_of(root):
    """The places of a tree that do not parse."""
    found, nodes = [], [root]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            row, column = node.start_point
            found.append(f"{row + 1}:{column + 1}: {node.text[:60].decode(errors='replace')!r}")
        else:
            nodes.extend(node.children)
    return found


YARAL = tree_sitter.Parser(tree_sitter.Language(tree_sitter_yaral.language()))


def parse_yaral(text):
    # The grammar is of 2024 and does not know the word.
    text = re.sub(r"(?<=[\")]) nocase\b", "", text)
    return complaints_of(YARAL.parse(text.encode()).root_node)


def parse_logscale(text):
    return complaints_of(logscale.parse(text).root_node)


PARSERS = {
    "*.esql": parse_esql,
    "*.lucene": parse_lucene,
    "*.eql": parse_eql,
    "*.yml": parse_sigma,
    "spark/*.sql": parse_sql("spark", "databricks"),
    "snowflake/*.sql": parse_sql("snowflake"),
    "*.yaral": parse_yaral,
    "*.logscale": parse_logscale,
}

try:
    from logscale_query_language import parser as logscale
except ImportError:
    del PARSERS["*.logscale"]
    print("*.logscale: left out, needs logscale-tools")


def main():
    bad = 0
    for pattern, parse in PARSERS.items():
        paths = [p for folder in sys.argv[1:] for p in sorted(pathlib.Path(folder).rglob(pattern))]
        failed = 0
        for path in paths:
            try:
                complaints = parse(path.read_text(encoding="utf-8"))
            except Exception as error:  # whatever the parser raises
                complaints = [f"{type(error).__name__}: {str(error)[:300]}"]
            failed += bool(complaints)
            for complaint in complaints:
                print(f"{path}: {complaint}")
        bad += failed
        print(f"{pattern}: {len(paths)} files, {failed} with complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
