"""Culled traces in files: round trip, version 1, every refusal, and the traces as committed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim
from golden.errors import InputError
from sim.gpu.trace import load_trace, save_trace
from sim.gpu.trace_times import gpu_times

TRACES = Path(sim.__file__).with_name("traces")
V = ("views", 0)


def _set(*keys: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no culling": (lambda d: d.pop("culling"), "lacks culling"),
    "culling a list": (_set("culling", to=[]), "culling is of another kind, not an object"),
    "null culling": (_set("culling", to=None), "differ in whether they were culled"),
    "no method": (_set("culling", "method", to=""), "culling method is empty"),
    "levels": (_set("culling", "levels", to=3), "culling levels is 3, not 1 or 2"),
    "no groups": (_set("culling", "groups", to=0), "culling in 0 groups of 11999 clusters"),
    "hash": (_set("culling", "tables_sha256", to="x"), "tables_sha256 'x' is not 64 hexadecimal"),
    "not culled": (_set(*V, "culled", to=None), "holds kernels of culling and the trace was not"),
    "no culled": (lambda d: d["views"][0].pop("culled"), r"views\[0\] lacks culled"),
    "equal as number": (_set(*V, "culled", "picture_equal", to=1), "picture_equal is 1, not true"),
    "negative": (_set(*V, "culled", "groups_tested", to=-1), "groups_tested is negative"),
    "other groups": (_set(*V, "culled", "groups_tested", to=7), "7 groups_tested where"),
    "many visible": (
        _set(*V, "culled", "clusters_visible", to=99999),
        "99999 clusters_visible of .* is impossible",
    ),
    "many tested": (
        _set(*V, "culled", "clusters_tested", to=12000),
        "12000 clusters_tested of 11999 in 2 levels is impossible",
    ),
    "few kept": (_set(*V, "culled", "gaussians_kept", to=1), "1 gaussians_kept contradict"),
    "many kept": (
        _set(*V, "culled", "gaussians_kept", to=300_001),
        "300001 gaussians_kept, .* visible, of 300000 gaussians is impossible",
    ),
    "fewer kept than seen": (
        lambda d: d["views"][0]["culled"].update(gaussians_kept=d["views"][0]["visible"] - 1),
        "gaussians_kept, .* visible, of 300000 gaussians is impossible",
    ),
    "no tests": (
        lambda d: [
            d["views"][0]["kernels_us"].pop(name)
            for name in list(d["views"][0]["kernels_us"])
            if name.startswith("cluster_cull")
        ],
        "was culled and holds no kernel of stage cluster_cull",
    ),
}


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((TRACES / "h100_default_culled.json").read_text())
    return loaded


@pytest.mark.parametrize(("change", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusal(
    tmp_path: Path,
    document: dict[str, Any],
    change: Callable[[dict[str, Any]], None],
    sentence: str,
) -> None:
    path = tmp_path / "trace.json"
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=sentence) as caught:
        load_trace(path)
    assert str(caught.value).startswith(str(path))


def test_version_1_is_read_and_written_as_version_2(tmp_path: Path) -> None:
    old = TRACES / "h200_default.json"
    assert json.loads(old.read_text())["schema_version"] == 1
    trace = load_trace(old)
    assert (trace.culling, trace.variant, trace.pictures_equal) == (None, "unpacked", None)
    save_trace(trace, tmp_path / "new.json")
    assert json.loads((tmp_path / "new.json").read_text())["schema_version"] == 2
    assert load_trace(tmp_path / "new.json") == trace


@pytest.mark.parametrize("path", sorted(TRACES.glob("h100_*.json")), ids=lambda path: path.stem)
def test_traces_as_committed(path: Path, tmp_path: Path) -> None:
    trace = load_trace(path)
    save_trace(trace, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert trace.device.name.startswith("NVIDIA H100")
    assert len(trace.views) == (24 if "default" in path.stem else 37)
    if trace.culling is not None:
        assert trace.pictures_equal == len(trace.views)
    for times in gpu_times(trace):
        assert times.frame_us is not None
        assert times.gap_us is not None
        assert times.kernels_us + times.gap_us == pytest.approx(times.frame_us)
        assert times.front_end_us < times.front_end_color_us < times.kernels_us
