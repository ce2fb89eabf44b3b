#!/usr/bin/env python3
"""Parses translations with the parsers of their languages.

    pip install esql-parser luqum eql pysigma
    python3 verify/parse_translations.py packs/t1114-email-collection/translations

ES|QL with the grammar of Elasticsearch, Lucene with luqum, EQL with Elastic's own package, Sigma with
pySigma and those of its validators that need no network. KQL is parsed by kql_parse.mjs. What the
parsers say is printed; ends with 1 if they say anything.
"""

import pathlib
import sys

import eql
from antlr4 import CommonTokenStream, InputStream
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser
from luqum.parser import parser as lucene
from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import condition, modifiers, values


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


PARSERS = {".esql": parse_esql, ".lucene": parse_lucene, ".eql": parse_eql, ".yml": parse_sigma}


def main():
    bad = 0
    for suffix, parse in PARSERS.items():
        paths = [p for folder in sys.argv[1:] for p in sorted(pathlib.Path(folder).rglob("*" + suffix))]
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
        print(f"{suffix}: {len(paths)} files, {failed} with complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
