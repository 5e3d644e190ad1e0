"""The mutator: what it changes, what it leaves alone, what a seed draws."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.mutation.benches import ROOT
from tests.mutation.mutants import mutants_in, mutants_of, sampled

# Kind -> a source, and all of what it may become.
CASES = {
    "constant": ("x = [0, 1, 5]", ["x = [1, 1, 5]", "x = [0, 0, 5]", "x = [0, 2, 5]",
                                   "x = [0, 1, 4]", "x = [0, 1, 6]"]),
    "comparison": ("x = a < b  # <\nx = a == b", ["x = a <= b  # <\nx = a == b",
                                                  "x = a < b  # <\nx = a != b"]),
    "sum": ("x = a + (b - c)", ["x = a - (b - c)", "x = a + (b + c)"]),
    "gate": ("x = (a & b) | (c ^ d)", ["x = (a | b) | (c ^ d)", "x = (a & b) & (c ^ d)",
                                       "x = (a & b) | (c | d)"]),
    "shift": ("x = a << b >> c", ["x = a >> b >> c", "x = a << b << c"]),
    "inversion": ("x = a & ~b", ["x = a & b"]),
    "choice": ("x = Mux(a, b, c)\nx = np.where(a,\n  b,\n  c)",
               ["x = Mux(a, c, b)\nx = np.where(a,\n  b,\n  c)",
                "x = Mux(a, b, c)\nx = np.where(a,\n  c,\n  b)"]),
    "width": ("x = Signal(bits), Signal(), Signal(view), range(n), range(a, b, c)",
              ["x = Signal(bits - 1), Signal(), Signal(view), range(n), range(a, b, c)",
               "x = Signal(bits), Signal(), Signal(view), range(n - 1), range(a, b, c)",
               "x = Signal(bits), Signal(), Signal(view), range(n), range(a, b - 1, c)"]),
    "condition": ("with m.If(a):\n  pass\nif b:\n  pass",
                  ["with m.If(~(a)):\n  pass\nif b:\n  pass",
                   "with m.If(a):\n  pass\nif not (b):\n  pass"]),
    "assignment": ("m.d.comb += [a.eq(b), *(c.eq(d) for c in e)]\nm.d.sync += a.eq(b)\nf += [g]",
                   ["m.d.comb += [*(), *(c.eq(d) for c in e)]\nm.d.sync += a.eq(b)\nf += [g]",
                    "m.d.comb += [a.eq(b), *()]\nm.d.sync += a.eq(b)\nf += [g]",
                    "m.d.comb += [a.eq(b), *(c.eq(d) for c in e)]\nm.d.sync += []\nf += [g]"]),
}  # fmt: skip
QUIET = '''"""Of 3 words."""
from a import b

def f(x: tuple[int, 5] = None) -> A | B:
    """Less than 7."""
    if True:
        raise ValueError(f"{x + 1} is above {2}.")
    return {"a 4": Signal(name="x" + "1"), **x, "on": True}
'''


@pytest.mark.parametrize("kind", CASES)
def test_each_kind(kind):
    source, expected = CASES[kind]
    found = [mutant for mutant in mutants_of("a.py", source + "\n") if mutant.kind == kind]
    assert [mutant.text.rstrip("\n") for mutant in found] == expected


def test_texts_hints_imports_and_refusals_are_left_alone():
    assert {mutant.kind for mutant in mutants_of("a.py", QUIET)} == {"condition"}


def test_where_it_is_and_what_a_reader_sees():
    (mutant,) = mutants_of("a.py", 'x = """é"""\nif Mux(é,\n   yes, no): pass\n')[1:]
    assert (mutant.line, mutant.column, mutant.kind) == (3, 4, "choice")
    assert mutant.change == "yes, no -> no, yes"
    assert mutant.lines() == ("yes, no): pass", "no, yes): pass")


@pytest.mark.parametrize("file", ["hw/blocks/shift.py", "golden/stages/tile_bin/encode.py"])
def test_every_mutant_of_a_real_source_is_another_program(file):
    source = (ROOT / file).read_text(encoding="utf-8")
    mutants = mutants_in(ROOT, [file])
    assert len(mutants) > 50
    trees = {ast.dump(ast.parse(mutant.text)) for mutant in mutants}
    assert len(trees) == len(mutants)
    assert ast.dump(ast.parse(source)) not in trees


def test_a_seed_draws_the_same_and_of_each_kind_as_many():
    mutants = mutants_in(ROOT, ["hw/blocks/shift.py", "hw/blocks/multiply.py"])
    drawn = sampled(mutants, 40, 1)
    assert drawn == sampled(mutants, 40, 1) != sampled(mutants, 40, 2)
    assert drawn[:10] == sampled(mutants, 10, 1)
    there, counts = Counter(m.kind for m in mutants), Counter(m.kind for m in drawn)
    assert sum(counts.values()) == 40
    for kind in there:
        assert counts[kind] >= min(there[kind], 40 // len(there)), kind
    assert len(sampled(mutants, 10**6, 1)) == len(mutants)
