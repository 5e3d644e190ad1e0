"""`splatsieve report`: arguments, refusals, and what it prints and writes."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from golden.camera import Camera
from golden.errors import InputError
from golden.scene import Scene
from golden.scene_io import write_ply
from sim.gpu.trace import save_trace
from sim.model.config import PRESETS
from splatsieve.commands.report import report
from tests.reports.report_cases import HEIGHT_PX, WIDTH_PX, tiny_subject, trace_of

SUBJECT = tiny_subject(views=4)


@pytest.fixture(autouse=True)
def tiny_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Makes the word `default` stand for a tiny scene that has no trace of its own."""
    module = importlib.import_module("golden.default_scene")
    monkeypatch.setattr(module, "default_scene", lambda: SUBJECT.scene)
    monkeypatch.setattr(module, "default_cameras", lambda: list(SUBJECT.cameras))


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, [str(word) for word in words])


def cameras_json(cameras: list[Camera]) -> str:
    return json.dumps(
        [
            {
                "id": index,
                "img_name": camera.name,
                "width": camera.width,
                "height": camera.height,
                "fx": camera.fx,
                "fy": camera.fy,
                "position": camera.position.tolist(),
                "rotation": camera.viewmat[:3, :3].T.tolist(),
            }
            for index, camera in enumerate(cameras)
        ]
    )


def test_default_scene_without_a_trace(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("default", "--views", "0:4:2", "-o", out)
    assert result.exit_code == 0, result.output
    figures = {"view", "excluded_fraction", "cycles", "pareto", "clusters_above", "projection"}
    figures |= {"roofline", "exploration", "timeline"}
    files = {"report.md", "report.html", "report.json", *(f"{name}.png" for name in figures)}
    assert {path.name for path in out.iterdir()} == files
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for name in files:
        assert str(out / name) in result.stdout
    assert "lost in all views: 0" in result.stdout
    assert "equals the whole picture bit for bit" in result.stdout
    assert "0 records differ" in result.stdout
    document = json.loads((out / "report.json").read_text())
    assert document["command_line"] == "splatsieve report default --views 0:4:2 -o out"
    assert document["views"] == ["view_0000", "view_0002"]
    assert document["gpu"] is None
    assert document["gpu_note"]


def test_a_scene_file_with_every_option(tmp_path: Path) -> None:
    write_ply(SUBJECT.scene, tmp_path / "my scene.ply")
    (tmp_path / "cameras.json").write_text(cameras_json(list(SUBJECT.cameras)))
    config = tmp_path / "mine.toml"
    config.write_text(
        (PRESETS / "base.toml").read_text().replace("clock_mhz = 1000", "clock_mhz = 500")
    )
    scene, cameras = read_back(tmp_path)
    save_trace(trace_of(type(SUBJECT)(scene, cameras, SUBJECT.rules)), tmp_path / "gpu.json")
    words = [tmp_path / "my scene.ply", "--cameras", tmp_path / "cameras.json"]
    words += ["--size", "48x32", "--views", "1:3", "--trace", tmp_path / "gpu.json"]
    words += ["--trace", tmp_path / "gpu.json"]
    words += ["--config", config, "--rules", "gsplat", "--no-rtl", "--json"]
    result = run(*words, "-o", tmp_path / "out")
    assert result.exit_code == 0, (result.output, result.exception)
    document = json.loads(result.stdout)
    assert document == json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["command_line"] == (
        "splatsieve report 'my scene.ply' --cameras cameras.json --size 48x32 --views 1:3 "
        "--config mine.toml --rules gsplat --trace gpu.json --trace gpu.json --no-rtl -o out"
    )
    assert document["resolution_px"] == [48, 32]
    assert document["configuration"]["clock_mhz"] == 500
    assert document["rules"] == document["gpu"]["rules"] == "gsplat"
    assert document["gpu"]["file"] == "gpu.json"
    assert "rtl" not in document["methods"]["reach"]
    assert str(tmp_path) not in result.stdout
    assert (tmp_path / "out" / "speedup.png").is_file()


def read_back(folder: Path) -> tuple[Scene, list[Camera]]:
    """Scene and cameras as the command reads them, at 48x32 px."""
    from golden.camera_io import read_cameras
    from golden.scene_io import read_scene

    cameras = [camera.resized(48, 32) for camera in read_cameras(folder / "cameras.json")]
    return read_scene(folder / "my scene.ply"), cameras


def test_an_old_speedup_figure_goes_with_the_old_report(tmp_path: Path) -> None:
    (tmp_path / "speedup.png").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    assert run("default", "--views", "1", "--no-rtl", "-o", tmp_path).exit_code == 0
    assert not (tmp_path / "speedup.png").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_same_report_twice_is_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert (
            run("default", "--views", "2", "--no-rtl", "-o", tmp_path / name / "r").exit_code == 0
        )
    for path in (tmp_path / "a" / "r").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "r" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.ply"], "comes without cameras"),
        (["nothing.ply", "--cameras", "none.json"], "cannot be read"),
        (["default", "--rules", "other"], "rules 'other' are not known"),
        (["default", "--config", "huge"], "configuration 'huge' is not known"),
        (["default", "--config", "none.toml"], "none.toml cannot be read"),
        (["default", "--views", "9"], "view 9 does not exist"),
        (["default", "--views", "3:3"], "choose none of the 4 cameras"),
        (["default", "--size", "48"], "is not WIDTHxHEIGHT"),
        (["default", "--size", "0x5"], "is outside 1..16384"),
        (["default", "--trace", "none.json"], "none.json cannot be read"),
    ],
)
def test_refusals_write_nothing(tmp_path: Path, words: list[str], sentence: str) -> None:
    result = run(*words, "-o", tmp_path / "out")
    assert isinstance(result.exception, InputError), result.output
    assert sentence in str(result.exception)
    assert "\n" not in str(result.exception)
    assert list(tmp_path.iterdir()) == []
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--size", f"{WIDTH_PX // 2}x{HEIGHT_PX // 2}"], "was recorded at 96x64 px"),
        ([], "lacks 2 of the 4 views (view_0002, view_0003)"),
    ],
)
def test_a_trace_that_does_not_fit_is_refused(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    whole = trace_of(SUBJECT)
    path = tmp_path / "gpu.json"
    save_trace(trace_of(SUBJECT, views=whole.views[:2]), path)
    result = run("default", *words, "--trace", path, "-o", tmp_path / "out")
    assert isinstance(result.exception, InputError), result.output
    assert sentence in str(result.exception)
    assert [p.name for p in tmp_path.iterdir()] == ["gpu.json"]


def test_output_in_the_way_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    result = run("default", "-o", path)
    assert isinstance(result.exception, InputError)
    assert "is a file" in str(result.exception)
    assert path.read_text() == "mine"
