"""`splatsieve sweep`: arguments, refusals, what it writes, and that it goes on where it stopped."""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from reports.figures.sweep import pareto_front, sweep_points
from sim.sweeps.sweep_job import run_job
from splatsieve.commands.sweep import sweep

SCENE, CAMERAS = default_scene(400), default_cameras(3, 48, 32)


class Here:
    """Runs jobs at once, in this process."""

    def __init__(self, jobs: list[object]) -> None:
        self.jobs = jobs

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, function: object, job: object) -> object:
        from concurrent.futures import Future

        assert function is run_job
        self.jobs.append(job)
        future: Future[object] = Future()
        future.set_result(run_job(job))  # type: ignore[arg-type]
        return future


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """`default` is a tiny scene, and jobs run in this process; lists those that were run."""
    done: list[object] = []
    module = importlib.import_module("golden.default_scene")
    monkeypatch.setattr(module, "default_scene", lambda: SCENE)
    monkeypatch.setattr(module, "default_cameras", lambda: list(CAMERAS))
    runner = importlib.import_module("sim.sweeps.sweep")
    monkeypatch.setattr(runner, "local_cores", lambda workers=None: Here(done))
    return done


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(sweep)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_sweep_and_the_same_again(tmp_path: Path, jobs: list[object]) -> None:
    words = ["default", "--views", "0:2", "--bandwidth", "25.6,51.2", "--lanes", "1,2", "--json"]
    words += ["--clusters", "8,16"]
    first = run(*words, "-o", tmp_path / "out")
    assert first.exit_code == 0, (first.output, first.exception)
    result = json.loads(first.stdout)
    assert (result["rows"], result["rows_new"], len(jobs)) == (2 * 2 * 4 * 2, 32, 16)
    table = tmp_path / "out" / "sweep.csv"
    before = table.read_bytes()
    rows = list(csv.DictReader(table.open()))
    assert {row["lanes"] for row in rows} == {"1", "2"}
    assert {row["clustering"] for row in rows} == {"reach 8", "reach 16"}
    with Image.open(result["figure"]) as picture:
        assert min(picture.size) > 400
    points = sweep_points(rows)
    assert len(points) == 2 * 4
    assert all(point.views == 2 for point in points)
    again = json.loads(run(*words, "-o", tmp_path / "out").stdout)
    assert (again["rows_kept"], again["rows_new"], len(jobs)) == (32, 0, 16)
    assert table.read_bytes() == before
    more = json.loads(run(*words, "--views", "0:3", "-o", tmp_path / "out").stdout)
    assert (more["rows_kept"], more["rows"], len(jobs)) == (32, 48, 24)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.ply"], "comes without cameras"),
        (["default", "--config", "huge"], "configuration 'huge' is not known"),
        (["default", "--lanes", "1,x"], "--lanes '1,x' is not positive whole numbers"),
        (["default", "--bandwidth", "-3"], "is not positive numbers"),
        (["default", "--bandwidth", "50"], "no whole number of channels"),
        (["default", "--rules", "other"], "rules 'other' are not known"),
        (["default", "--cameras", "c.json"], "has cameras of its own"),
    ],
)
def test_refusals_write_nothing(tmp_path: Path, words: list[str], sentence: str) -> None:
    result = run(*words, "-o", tmp_path / "out")
    assert isinstance(result.exception, InputError), (result.output, result.exception)
    assert sentence in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_scheduler_is_asked_before_any_work(
    tmp_path: Path, jobs: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(
        "splatsieve.inputs.scene_of", lambda scene: pytest.fail(f"{scene} was read")
    )
    result = run("default", "-o", tmp_path / "out", "--scheduler", "nonsense")
    assert isinstance(result.exception, InputError), (result.output, result.exception)
    assert "no Dask scheduler answers at 'nonsense'" in str(result.exception)
    assert list(tmp_path.iterdir()) == []
    assert jobs == []


def test_a_bad_scene_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "cut.ply").write_bytes(b"ply\n")
    camera = {"img_name": "a", "width": 9, "height": 9, "fx": 9, "fy": 9, "position": [0, 0, 0]}
    axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    (tmp_path / "c.json").write_text(json.dumps([{**camera, "rotation": axes}]))
    words = [tmp_path / "cut.ply", "--cameras", tmp_path / "c.json"]
    for output in ("out", "table.csv"):
        result = run(*words, "-o", tmp_path / output)
        assert isinstance(result.exception, InputError), (result.output, result.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "cut.ply"]


def test_a_file_in_place_of_the_packs(tmp_path: Path, jobs: list[object]) -> None:
    (tmp_path / "packs").write_text("mine")
    result = run("default", "-o", tmp_path)
    assert isinstance(result.exception, InputError), (result.output, result.exception)
    assert "cannot be written" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["packs"]
    assert jobs == []


def test_the_front_holds_what_nothing_beats() -> None:
    assert pareto_front([(1, 2), (1, 3), (2, 3), (3, 5), (4, 4)]) == [(1, 3), (3, 5)]


def test_a_sweep_over_builds(tmp_path: Path, jobs: list[object]) -> None:
    words = ["default", "--views", "0", "--build", "raster_lanes=16,64", "--build", "bin_px=32"]
    found = run(*words, "-o", tmp_path / "out", "--json")
    assert found.exit_code == 0, (found.output, found.exception)
    assert json.loads(found.stdout)["rows_new"] == 2 * 2
    rows = list(csv.DictReader((tmp_path / "out" / "sweep.csv").open()))
    assert {row["build"] for row in rows} == {
        f"render_edge raster_lanes={lanes} bin_px=32" for lanes in (16, 64)
    }
    wrong = run("default", "--build", "raster_lanes", "-o", tmp_path / "none")
    assert isinstance(wrong.exception, InputError)
    assert "is no whole number" in str(wrong.exception)
    assert not (tmp_path / "none").exists()
