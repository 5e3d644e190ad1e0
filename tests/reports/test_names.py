"""Names that hold markup, $, commas, quotes and line breaks, in every output."""

from __future__ import annotations

import csv
import io
import re
import shlex

import pytest
from markdown_it import MarkdownIt
from matplotlib import cbook

from reports.names import code_block, code_span, figure_text, markdown_text, shown
from reports.text.tables import table
from sim.sweeps.sweep_table import COLUMNS, KEY, SweepTable

NAMES = [
    "x$_$.png",
    "$",
    "a$b$c$d",
    "_front_.png",
    "__init__.png",
    "*bold* **b** _i_",
    "a|b.png",
    "a\\|b",
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "[link](http://x)",
    "![i](x.png)",
    "`code` ``two``",
    "# head",
    "1. one",
    "- item",
    'a,"b"; c',
    "it's",
    "~~gone~~",
    "two\nlines",
    "tab\tand\rreturn",
    "byte \udcff",
    "Ünï ☃",
    "plain_name-1.2.png",
]


def text_of(markdown: str) -> str:
    """Text of the first paragraph, heading-free, as a reader of the page sees it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 1, markdown
    assert all(
        child.type in ("text", "text_special", "code_inline") for child in inline[0].children
    )
    return "".join(child.content for child in inline[0].children)


@pytest.mark.parametrize("name", NAMES)
def test_in_a_line_of_markdown(name):
    assert text_of(markdown_text(name)) == shown(name).strip()
    assert text_of(f"View {markdown_text(name)} of it") == f"View {shown(name)} of it"
    item = MarkdownIt("commonmark").render(f"- {markdown_text(name)}: 3")
    assert item.startswith("<ul>\n<li>")
    assert "<h1>" not in item
    assert "<ol>" not in item


@pytest.mark.parametrize("name", NAMES)
def test_in_a_cell_of_a_table(name):
    tokens = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(table(["view", "n"], [[markdown_text(name), "1"], ["next", "2"]]))
    )
    cells = ["".join(c.content for c in t.children) for t in tokens if t.type == "inline"]
    assert cells == ["view", "n", shown(name).strip(), "1", "next", "2"]


@pytest.mark.parametrize("name", NAMES)
def test_as_code(name):
    words = shlex.join(["splatsieve", "report", name])
    block = MarkdownIt("commonmark").parse(code_block(words))
    assert [token.type for token in block] == ["fence"]
    lines = block[0].content.removesuffix("\n").split("\n")
    assert lines == [shown(line) for line in words.split("\n")]
    assert text_of(f"Command: {code_span(words)}.") == f"Command: {shown(words)}."


@pytest.mark.parametrize("name", NAMES)
def test_in_a_figure(name):
    """What matplotlib makes of it: no mathematics, and a label that its legend keeps."""
    for text in (figure_text(name), f"Cycles, {figure_text(name)}, $ 3"):
        assert not text.startswith("_")
    drawn = figure_text(name)
    assert not cbook.is_math_text(drawn)
    assert drawn.replace(r"\$", "$").lstrip() == shown(name).lstrip()


def test_names_that_need_nothing_stay_as_they_are():
    for name in ("DSCF5565.JPG", "bonsai_v3.spz", "view_0001", "NVIDIA H100 80GB HBM3", "580.159"):
        assert markdown_text(name) == figure_text(name) == shown(name) == name


def row(scene: str, view: str) -> dict[str, str]:
    return {column: "1" for column in COLUMNS} | {"scene": scene, "view": view}


def test_in_the_table_of_a_sweep(tmp_path):
    """Names come back as they were, but for what neither UTF-8 nor a CSV reader takes."""
    assert {"view"} <= set(COLUMNS)
    path = tmp_path / "sweep.csv"
    written = SweepTable(path)
    written.add([row("s.ply", name) | {KEY[0]: str(n)} for n, name in enumerate(NAMES)])
    read = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    kept = [re.sub(r"[\t\r\udcff]", lambda m: shown(m[0]), name) for name in NAMES]
    assert [line["view"] for line in read] == kept
    assert SweepTable(path).rows == written.rows


def test_a_row_cut_short_behind_a_line_break_is_dropped(tmp_path):
    path = tmp_path / "sweep.csv"
    table_of = SweepTable(path)
    table_of.add([row("s", "a"), row("s", "two\nlines") | {KEY[0]: "2"}])
    text = path.read_text()
    path.write_text(text[: text.rindex("two\n") + 4])
    assert [line["view"] for line in SweepTable(path).rows.values()] == ["a"]
