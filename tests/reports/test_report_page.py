"""report.html: one page that needs nothing beside it and says what the JSON says."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hw.synth.area import from_json, of_all_stages
from reports.html.page import report_page
from reports.writer import FIGURES
from tests.reports.report_page import Page, numbers_of, values_of

SECTIONS = (
    "The paper's claims beside ours",
    "Culling",
    "Cycles",
    "Wider and narrower machines",
    "Speed-up over a GPU",
    "Aims, and what binds them",
    "Beside published accelerators",
    "Every view",
    "Glossary",
    "Configuration",
    "Provenance",
)
# A number on the page is one of the document in these units: its own, %, millions, thousandths.
# 1/255, 1/32 and 2^-14 are bounds, not measured.
BOUNDS = re.compile(r"1/\d+|2\^-\d+")
UNITS = (1.0, 100.0, 1e-6, 1e3, 1e-3)


@pytest.fixture(scope="module")
def text(written):
    return (written / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_well_formed_and_has_every_section(page):
    assert page.open == []
    assert page.title == "splatsieve report: default scene"
    assert set(SECTIONS) <= set(page.sections)
    assert len(set(page.ids)) == len(page.ids)
    assert [tag for tag, _ in page.tags].count("h1") == 1


def test_nothing_outside_is_referred_to(page, text):
    references = list(page.references)
    anchors = [reference[1:] for reference in references if reference.startswith("#")]
    assert len(anchors) > 10
    assert set(anchors) <= set(page.ids)
    assert all(reference.startswith(("#", "data:")) for reference in references)
    styles = " ".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "document"}]
    assert not {"iframe", "object", "embed", "base", "video", "audio"} & {t for t, _ in page.tags}


def test_every_figure_is_in_the_page_as_it_is_in_the_folder(page, written):
    shown = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    inlined = [base64.b64decode(source.partition("base64,")[2]) for source in shown]
    assert sorted(inlined) == sorted((written / name).read_bytes() for name in FIGURES)
    for data in inlined:
        image = np.asarray(Image.open(io.BytesIO(data)))
        assert image.std() > 1  # not one colour


def test_the_embedded_document_is_the_json(page, written, document):
    assert json.loads(page.script) == json.loads((written / "report.json").read_text())
    assert json.loads(page.script) == json.loads(json.dumps(document))


def test_every_number_in_the_tables_is_one_of_the_json(page, document):
    known = np.unique([v * unit for v in values_of(document) for unit in UNITS])
    unknown, looked_at = [], 0
    for section, tables in page.sections.items():
        for cell in (cell for table in tables for row in table[1:] for cell in row):
            for number, half in numbers_of(BOUNDS.sub("", cell)):
                looked_at += 1
                near = known[np.searchsorted(known, [number - half, number + half])
                             .clip(0, len(known) - 1)]  # fmt: skip
                at = np.searchsorted(known, number).clip(0, len(known) - 1)
                around = np.concatenate([near, known[max(at - 1, 0) : at + 1]])
                if np.abs(around - number).min() > half * 1.0001 + 1e-9 * abs(number):
                    unknown.append((section, cell, number))
    assert looked_at > 500
    allowed = [entry for entry in unknown if not _derived(entry, document)]
    assert allowed == []


def _derived(entry, document):
    """Shares and rates of two numbers of the JSON, which the tables state as such."""
    section, cell, number = entry
    del cell
    if section == "Wider and narrower machines":
        return any(
            abs(number - 1e3 / v["ms"]["frame"]) <= 0.051
            for v in document["exploration"]["variations"]
        )
    if section == "Cycles":
        peak = document["configuration"]["memory_peak_gb_per_s"]
        shares = [
            100 * of["achieved_gb_per_s"] / peak
            for entry_ in document["methods"].values()
            for of in entry_["dram"].values()
        ]
        return any(abs(number - share) <= 0.0051 for share in shares)
    if section in ("The paper's claims beside ours", "Computation, by the paper's words"):
        share = 100 * document["counts"]["unnecessary"]["mean"] / document["scene"]["gaussians"]
        return abs(number - share) <= 0.0051
    if section == "Found over tests":
        n = document["scene"]["gaussians"]
        return any(abs(number - n / p["clusters"]) <= 0.051 for p in document["pareto"]["points"])
    if section == "Energy and area":
        return any(
            number == pytest.approx(value, rel=1e-3) for value in _sums_of_areas(document["area"])
        )
    return False


def _sums_of_areas(part):
    """Leakage in mW and MHz of each unit, and what the seven stages' columns add up to."""
    areas = [from_json(entry) for entry in part["areas"]]
    yield from (1e3 * (area.cell_leakage_w + area.macro_leakage_w) for area in areas)
    yield from (area.timing.fmax_mhz for area in areas)
    stages = of_all_stages(areas)
    counts = ("cells", "registers", "macro_bits", "register_bits")
    for name in (*counts, "cell_area_um2", "macro_area_um2", "area_um2"):
        yield sum(getattr(area, name) for area in stages)
    for name in ("cell_power_w", "macro_power_w", "cell_leakage_w", "macro_leakage_w"):
        yield 1e3 * sum(getattr(area, name) for area in stages)
    yield 1e3 * sum(area.cell_leakage_w + area.macro_leakage_w for area in stages)


def test_headline_cells_are_the_figures_of_the_json(page, document):
    reach = document["methods"]["reach"]
    rows = {(row[0], row[1]): row for row in page.table("Speed-up over a GPU")}
    for span, words in (("front_end", "front end"), ("frame", "whole frame")):
        for kind, name in (("equal_bandwidth", "at equal bandwidth"), ("measured", "as measured")):
            of = reach[f"{span}_speedup_{kind}"]
            assert rows[words, name][-2:] == [f"{of['mean']:.3g}", f"{of['slowest']:.3g}"]
    for row, aim in zip(page.table("Aims, and what binds them"), document["aims"], strict=True):
        assert row[1:4] == [f"{aim['target']:g}", f"{aim['mean']:.2f}", f"{aim['slowest']:.2f}"]
        assert row[5] == ("yes" if aim["met"] else "no")
    claims = {row[0]: row for row in page.table("The paper's claims beside ours")}
    assert claims["excluded, % of Gaussians"][1:4] == [
        "63.00 %",
        *(f"{100 * document['methods'][m]['excluded_fraction']['mean']:.2f} %"
          for m in ("paper", "reach")),
    ]  # fmt: skip
    assert claims["speed-up over a GPU, x"][1] == "10.7"


def test_stalls_on_the_page_add_up_to_the_frame(page):
    rows = page.table("Cycles", 1)
    assert len(rows) == 14
    for row in rows:
        *parts, total = (float(cell.replace(",", "")) for cell in row[2:8])
        assert sum(parts) == pytest.approx(total, abs=3)


def test_a_wrong_number_would_be_found(document, written):
    """The check of the numbers can fail."""
    broken = (written / "report.md").read_text().replace("63.00 %", "61.37 %", 1)
    page = Page(report_page(document, broken, written))
    with pytest.raises(AssertionError):
        test_every_number_in_the_tables_is_one_of_the_json(page, document)


def test_a_figure_that_is_not_there_is_no_page(document, tmp_path):
    with pytest.raises(FileNotFoundError):
        report_page(document, "# x\n\n![y](none.png)\n", Path(tmp_path))


def test_text_in_the_document_cannot_break_out_of_its_element(document, tmp_path):
    nasty = document | {"command_line": "</script><script>alert(1)</script>"}
    page = Page(report_page(nasty, "# x\n", Path(tmp_path)))
    assert json.loads(page.script)["command_line"] == nasty["command_line"]
    assert [tag for tag, _ in page.tags].count("script") == 1
