"""The part of Lucene's query language that MusicBrainz' search is asked in, and an index for it.

Clauses are joined as in Lucene: AND, + and NOT, -, ! say what must and must not match; of bare
clauses one must match where nothing must; a query of NOTs alone finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_SPECIAL = set('+-&|!(){}[]^"~*?:\\/')
_RANGE = re.compile(r'\s*([^\s\]}"]+|"[^"]*")\s+TO\s+([^\s\]}"]+|"[^"]*")\s*([\]}])')
_FIELD = re.compile(r"(\w+):")
_WORDS = re.compile(r"\w+")

Test = Callable[[str], bool]


class QueryError(ValueError):
    """The query cannot be read, or names a field that there is not."""


@dataclass(frozen=True)
class Clause:
    """One clause and whether it must match (`+`), must not (`-`) or may (`""`)."""

    occur: str
    found: frozenset[int]


class Index:
    """Documents, each with texts by field, and the search through them.

    Args:
        documents: for each its values by field.
        texts: fields searched word by word; the others match as a whole, whatever their case.
        default: the field of a term without one.
    """

    def __init__(
        self,
        documents: Iterable[Mapping[str, Iterable[str]]],
        texts: tuple[str, ...],
        default: str,
    ) -> None:
        self.texts, self.default = texts, default
        self._postings: dict[str, dict[str, set[int]]] = {}
        for number, document in enumerate(documents):
            for field, values in document.items():
                by_value = self._postings.setdefault(field, {})
                for value in values:
                    by_value.setdefault(value.lower(), set()).add(number)
        self._ranges: dict[tuple[str, ...], frozenset[int]] = {}

    def search(self, query: str) -> list[int]:
        """The numbers of the documents found, in order; QueryError where it cannot be read."""
        parser = _Parser(query, self)
        found = parser.clauses(self.default)
        parser.expect_end()
        return sorted(found)

    def match(self, field: str, test: Test) -> frozenset[int]:
        """The documents with a value that passes the test."""
        return frozenset().union(*(n for value, n in self._of(field).items() if test(value)))

    def exactly(self, field: str, value: str) -> frozenset[int]:
        """The documents with this value: the quick way for ids."""
        return frozenset(self._of(field).get(value.lower(), ()))

    def between(self, field: str, low: str, high: str, opening: str, ending: str) -> frozenset[int]:
        """The documents in a range, compared as texts, as Lucene does; `*` is open."""
        key = (field, low, high, opening, ending)
        if key not in self._ranges:
            self._ranges[key] = self.match(
                field,
                lambda value: (
                    (low == "*" or value > low or (value == low and opening == "["))
                    and (high == "*" or value < high or (value == high and ending == "]"))
                ),
            )
        return self._ranges[key]

    def _of(self, field: str) -> dict[str, set[int]]:
        if field not in self._postings:
            raise QueryError(f"undefined field {field}")
        return self._postings[field]


class _Parser:
    def __init__(self, query: str, index: Index) -> None:
        self.query, self.index, self.at = query, index, 0

    def clauses(self, field: str) -> frozenset[int]:
        """What a list of clauses finds, up to a closing bracket or the end."""
        clauses: list[Clause] = []
        while not self._at_end():
            joined = self._word("AND") or self._word("&&")
            if not joined:
                _ = self._word("OR") or self._word("||")
            occur = self._occur()
            if joined and clauses and not clauses[-1].occur:
                clauses[-1] = Clause("+", clauses[-1].found)
            clauses.append(Clause(occur or ("+" if joined else ""), self._clause(field)))
        if not clauses:
            raise QueryError(f"nothing to search for at {self.at} of {self.query!r}")
        return _joined(clauses)

    def expect_end(self) -> None:
        if self.at < len(self.query):
            raise QueryError(f"unexpected {self.query[self.at]!r} at {self.at}")

    def _clause(self, field: str) -> frozenset[int]:
        self._space()
        if name := _FIELD.match(self.query, self.at):
            field, self.at = name[1], name.end()
        if self._take("("):
            found = self.clauses(field)
            if not self._take(")"):
                raise QueryError("a bracket is not closed")
            return found
        if self._peek() in ("[", "{"):
            return self._range(field)
        if self._take('"'):
            return self._phrase(field, self._quoted())
        return self._term(field)

    def _range(self, field: str) -> frozenset[int]:
        bounds = _RANGE.match(self.query, self.at + 1)
        if not bounds:
            raise QueryError("a range is not [A TO B]")
        opening, self.at = self.query[self.at], bounds.end()
        low, high = bounds[1].strip('"'), bounds[2].strip('"')
        return self.index.between(field, low, high, opening, bounds[3])

    def _quoted(self) -> str:
        text = ""
        while (char := self._next()) != '"':
            text += self._next() if char == "\\" else char
        return text

    def _term(self, field: str) -> frozenset[int]:
        text = ""
        while (char := self._peek()) and not char.isspace() and char not in "()":
            self.at += 1
            if char == "\\":
                text += self._next()
            elif char == "*" and (not self._peek() or self._peek() in " )"):
                return self._beginning(field, text.lower())
            elif char in _SPECIAL and char not in "-+&|":  # these join clauses only between them
                raise QueryError(f"unexpected {char!r} at {self.at - 1}")
            else:
                text += char
        if not text:
            raise QueryError(f"nothing to search for at {self.at} of {self.query!r}")
        return self._phrase(field, text)

    def _beginning(self, field: str, start: str) -> frozenset[int]:
        return self.index.match(field, lambda value: value.startswith(start))

    def _phrase(self, field: str, text: str) -> frozenset[int]:
        if field not in self.index.texts:
            return self.index.exactly(field, text)
        words = f" {' '.join(_WORDS.findall(text.lower()))} "
        return self.index.match(
            field, lambda value: words in f" {' '.join(_WORDS.findall(value))} "
        )

    def _occur(self) -> str:
        if self._word("NOT") or self._take("!") or self._take("-"):
            return "-"
        return "+" if self._take("+") else ""

    def _word(self, word: str) -> bool:
        self._space()
        end = self.at + len(word)
        if self.query.startswith(word, self.at) and self.query[end : end + 1] in ("", " ", "("):
            self.at = end
            return True
        return False

    def _take(self, char: str) -> bool:
        self._space()
        taken = self._peek() == char
        self.at += taken
        return taken

    def _next(self) -> str:
        if self.at >= len(self.query):
            raise QueryError("the query ends too early")
        self.at += 1
        return self.query[self.at - 1]

    def _peek(self) -> str:
        return self.query[self.at : self.at + 1]

    def _space(self) -> None:
        while self._peek().isspace():
            self.at += 1

    def _at_end(self) -> bool:
        self._space()
        return self._peek() in ("", ")")


def _joined(clauses: list[Clause]) -> frozenset[int]:
    must = [clause.found for clause in clauses if clause.occur == "+"]
    may = [clause.found for clause in clauses if not clause.occur]
    found = frozenset.intersection(*must) if must else frozenset().union(*may)
    return found.difference(*(clause.found for clause in clauses if clause.occur == "-"))
