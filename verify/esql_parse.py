#!/usr/bin/env python3
"""Parses ES|QL with the grammar of Elasticsearch.

    pip install esql-parser
    python3 verify/esql_parse.py FOLDER…

Every `.esql` file below the folders is parsed; what the parser says is printed. Ends with 1 if it says
anything.
"""

import pathlib
import sys

from antlr4 import CommonTokenStream, InputStream
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser


class Complaints(ErrorListener):
    def __init__(self):
        self.list = []

    def syntaxError(self, recognizer, symbol, line, column, message, error):  # the name is ANTLR's
        self.list.append(f"{line}:{column}: {message}")


def complaints(text):
    said = Complaints()
    lexer = EsqlBaseLexer(InputStream(text))
    parser = EsqlBaseParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(said)
    parser.singleStatement()
    return said.list


def main():
    count, bad = 0, 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.esql")):
            count += 1
            for complaint in complaints(path.read_text(encoding="utf-8")):
                bad += 1
                print(f"{path}:{complaint}")
    print(f"{count} files, {bad} complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
