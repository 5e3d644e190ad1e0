"""`splatsieve demo`: what it says, writes and refuses."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from golden.errors import InputError
from golden.pack import check_scene
from golden.pack.file import load_pack
from hw.package.presets import PRESETS
from splatsieve.commands.demo import demo
from tests.reports.report_cases import tiny_subject
from tests.rtl.accelerator.picture_stimulus import SMALL

SUBJECT = tiny_subject(views=2)
FILES = {
    "default.pack",
    "drawn.png",
    "excluded_fraction.png",
    "reference.png",
    "splatsieve_cluster_cull.v",
    "splatsieve_cluster_cull.json",
}


@pytest.fixture(autouse=True)
def tiny_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the default scene tiny, and what draws it the small build of the picture tests."""
    small = replace(PRESETS["render"], params=SMALL)
    monkeypatch.setitem(PRESETS, "render", small)
    module = importlib.import_module("golden.default_scene")
    monkeypatch.setattr(module, "default_scene", lambda: SUBJECT.scene)
    monkeypatch.setattr(module, "default_cameras", lambda: list(SUBJECT.cameras))


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(demo)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_every_step_is_told_and_every_file_is_there(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "demo"
    result = run("-o", out)
    assert result.exit_code == 0, (result.output, result.exception)
    assert {path.name for path in out.iterdir()} == FILES
    steps = [line for line in result.stdout.splitlines() if line[:1].isdigit()]
    assert [line.split(".")[0] for line in steps] == [str(n + 1) for n in range(len(steps))]
    assert all(line.endswith(" s") for line in steps)
    for said in (
        "2,500 Gaussians, 2 views of 96x64 px",
        "0 lost, 0 RTL records differ",
        " cycles a view with nothing culled, ",
        " s left) ...",
        "drawn.png: 400x266 px in ",
        "0 of its pixels and counts differ from the integer model",
        "Done in ",
    ):
        assert said in result.stdout
    for name in FILES:
        assert str(out / name) in result.stdout
    pack = load_pack(out / "default.pack")
    check_scene(pack, SUBJECT.scene)
    assert (pack.meta.method, pack.meta.radius) == ("reach", "safe")
    assert "module splatsieve_cluster_cull" in (out / "splatsieve_cluster_cull.v").read_text()
    with Image.open(out / "drawn.png") as drawn, Image.open(out / "reference.png") as reference:
        assert drawn.size == reference.size == (400, 266)


def test_json_alone_goes_to_stdout(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    result = run("-o", out, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    printed = json.loads(result.stdout)
    assert {Path(file).name for file in printed["files"]} == FILES
    assert printed["seconds_total"] == pytest.approx(sum(printed["seconds"].values()), abs=0.01)
    assert printed["picture"]["mismatches"] == 0
    assert printed["picture"]["psnr_db"] > 30
    front_end = printed["front_end"]
    off, on = (front_end[key]["views"] for key in ("cycles_off", "cycles"))
    ratios = [a / b for a, b in zip(off, on, strict=True)]
    assert front_end["gain"]["views"] == pytest.approx(ratios, abs=1e-6)


def test_a_failure_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InputError("the disk is full.")

    # After the first files, a picture, a pack and Verilog, and before anything slow.
    monkeypatch.setattr(importlib.import_module("reports.measure.culling"), "measure_culling", fail)
    result = run("-o", tmp_path / "demo")
    assert isinstance(result.exception, InputError)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_refused_first(tmp_path: Path) -> None:
    path = tmp_path / "demo"
    path.write_text("mine")
    result = run("-o", path)
    assert isinstance(result.exception, InputError)
    assert "is a file" in str(result.exception)
    assert result.stdout == ""
    assert path.read_text() == "mine"
