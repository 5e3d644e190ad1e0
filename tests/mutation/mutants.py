"""Mutants of a Python source: each differs from it in one place."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
# Kind -> the operators that are changed, and into what.
OPERATORS = {
    "sum": {"+": "-", "-": "+"},
    "gate": {"&": "|", "|": "&", "^": "|"},
    "shift": {"<<": ">>", ">>": "<<"},
}
SHAPES = ("Signal", "In", "Out", "unsigned", "signed")
IS_WIDTH = re.compile(r"(bits|width|length|len|depth|size)\W*$|^len\(|_bits\(")
COLLECTIONS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.JoinedStr)
# What says nothing of what the source computes: texts, hints, the sentences of refusals.
SILENT = (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)
SILENT_FIELDS = ("annotation", "returns", "decorator_list", "bases")
SILENT_KEYWORDS = ("name", "src_loc_at", "dtype")


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Parameters
    ----------
    file : path within the repository. line, column : of the change, both from 1.
    kind : of the change. before, after : what is written there, and what instead.
    start : byte of the file at which `before` begins.
    text : of the whole changed file.
    """

    file: str
    line: int
    column: int
    kind: str
    before: str
    after: str
    start: int
    text: str

    @property
    def change(self) -> str:
        """As a reader would write it, on one line."""
        return f"{_joined(self.before)} -> {_joined(self.after)}"

    def lines(self) -> tuple[str, str]:
        """The lines in which it lies, each joined to one: before the change, and after it."""
        changed = self.text.encode()
        end = self.start + len(self.after.encode())
        first = changed.rfind(b"\n", 0, self.start) + 1
        last = changed.find(b"\n", end)
        head, tail = changed[first : self.start].decode(), changed[end:last].decode()
        return _joined(head + self.before + tail), _joined(head + self.after + tail)


def mutants_of(file: str, source: str) -> list[Mutant]:
    """All mutants of a source, in its order; of those that read the same, one."""
    found: dict[str, Mutant] = {}
    encoded = source.encode()
    for kind, start, end, after in _Finder(source).changes():
        before = encoded[start:end].decode()
        text = (encoded[:start] + after.encode() + encoded[end:]).decode()
        line = encoded.count(b"\n", 0, start) + 1
        column = start - (encoded.rfind(b"\n", 0, start) + 1) + 1
        mutant = Mutant(file, line, column, kind, before, after, start, text)
        found.setdefault(text, mutant)
    return sorted(found.values(), key=lambda m: (m.start, m.kind, m.after))


def sampled(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` of the mutants, or all where there are fewer: of each kind as many, where it lasts.

    The same seed draws the same ones, and a larger count all of a smaller one's.
    """
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_kind[mutant.kind].append(mutant)
    rng = Random(seed)
    for kind in sorted(by_kind):
        rng.shuffle(by_kind[kind])
    drawn = []
    for turn in range(len(mutants)):
        drawn += [by_kind[kind][turn] for kind in sorted(by_kind) if turn < len(by_kind[kind])]
    return drawn[:count]


def mutants_in(root: Path, files: Sequence[str]) -> list[Mutant]:
    """All mutants of some files of a checkout."""
    return [m for f in files for m in mutants_of(f, (root / f).read_text(encoding="utf-8"))]


Change = tuple[str, int, int, str]


class _Finder:
    """Looks for places in a source that can change: (kind, first byte, end, what instead)."""

    def __init__(self, source: str):
        self._tree = ast.parse(source)
        self._bytes = source.encode()
        lines = self._bytes.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, lines))]
        self._of: dict[type, Callable[..., Iterator[Change]]] = {
            ast.Constant: self._constant,
            ast.Compare: self._comparison,
            ast.BinOp: self._operator,
            ast.UnaryOp: self._inversion,
            ast.Call: self._call,
            ast.If: self._test,
            ast.IfExp: self._test,
            ast.AugAssign: self._assignment,
        }

    def changes(self) -> Iterator[Change]:
        yield from self._below(self._tree)

    def _below(self, node: ast.AST) -> Iterator[Change]:
        if isinstance(node, SILENT):
            return
        if isinstance(node, ast.keyword) and node.arg in SILENT_KEYWORDS:
            return
        if type(node) in self._of:
            yield from self._of[type(node)](node)
        for name, value in ast.iter_fields(node):
            if name in SILENT_FIELDS:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._below(child)

    def _span(self, node) -> tuple[int, int]:
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def _text(self, node) -> str:
        start, end = self._span(node)
        return self._bytes[start:end].decode()

    def _between(self, left, right, written: str) -> tuple[int, int]:
        """Where an operator stands between its operands, which comments may part."""
        start, end = self._span(left)[1], self._span(right)[0]
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self._bytes[start:end])
        place = start + gap.index(written.encode())
        return place, place + len(written)

    def _constant(self, node: ast.Constant):
        if type(node.value) is not int:
            return
        others = {0: [1], 1: [0, 2]}.get(node.value, [node.value + 1, node.value - 1])
        for other in others:
            yield "constant", *self._span(node), str(other)

    def _comparison(self, node: ast.Compare):
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands[:-1], operands[1:], strict=True):
            written = _written(operator)
            if written in COMPARISONS:
                span = self._between(left, right, written)
                yield "comparison", *span, COMPARISONS[written]

    def _operator(self, node: ast.BinOp):
        if isinstance(node.left, COLLECTIONS) or isinstance(node.right, COLLECTIONS):
            return
        written = _written(node.op)
        for kind, others in OPERATORS.items():
            if written in others:
                yield kind, *self._between(node.left, node.right, written), others[written]

    def _inversion(self, node: ast.UnaryOp):
        if isinstance(node.op, ast.Invert):
            start, _ = self._span(node)
            yield "inversion", start, start + 1, ""

    def _call(self, node: ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else self._text(node.func)
        arguments = node.args
        if any(isinstance(argument, ast.Starred) for argument in arguments):
            return
        if name in ("Mux", "where") and len(arguments) == 3:
            yes, no = arguments[1:]
            start, end = self._span(yes)[0], self._span(no)[1]
            middle = self._bytes[self._span(yes)[1] : self._span(no)[0]].decode()
            if "(" not in middle and ")" not in middle:
                yield "choice", start, end, self._text(no) + middle + self._text(yes)
        elif name in ("If", "Elif") and arguments:
            yield "condition", *self._span(arguments[0]), f"~({self._text(arguments[0])})"
        elif name == "range" and arguments:
            end_of_range = arguments[min(len(arguments) - 1, 1)]
            yield "width", *self._span(end_of_range), self._less(end_of_range)
        elif name in SHAPES and arguments and IS_WIDTH.search(self._text(arguments[0])):
            yield "width", *self._span(arguments[0]), self._less(arguments[0])

    def _less(self, node) -> str:
        is_low = isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mult)
        return f"({self._text(node)}) - 1" if is_low else f"{self._text(node)} - 1"

    def _test(self, node: ast.If | ast.IfExp):
        yield "condition", *self._span(node.test), f"not ({self._text(node.test)})"

    def _assignment(self, node: ast.AugAssign):
        """Statements added to a domain: each is left out in turn."""
        if isinstance(node.value, ast.List):
            for element in node.value.elts:
                within = element.value if isinstance(element, ast.Starred) else element
                made = getattr(within, "elt", within)
                if _is_assignment(made):
                    yield "assignment", *self._span(element), "*()"
        elif _is_assignment(node.value):
            yield "assignment", *self._span(node.value), "[]"


def _is_assignment(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "eq"
    )


def _written(operator: ast.AST) -> str:
    written = {
        **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
        **{ast.Add: "+", ast.Sub: "-", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"},
        **{ast.LShift: "<<", ast.RShift: ">>"},
    }
    return written.get(type(operator), "")


def _joined(text: str) -> str:
    return " ".join(text.split())
