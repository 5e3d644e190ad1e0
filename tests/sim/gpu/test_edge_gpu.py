"""The derived edge GPU, by cases worked by hand, and the quoted times of the INRIA rasteriser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import sim
from golden.errors import InputError
from sim.gpu.edge_gpu import (
    ACCOUNTING,
    MACHINES,
    Machine,
    bound_of,
    derived_note,
    derived_stages_us,
    derived_times,
    edge_gpu,
    machine_in,
    machine_of,
    rule_lines,
    slowdown,
)
from sim.gpu.inria_times import inria_times
from sim.gpu.trace import CULL_STAGES, STAGES, load_trace

LARGE = Machine("large", 3000.0, 60.0, "test")
SMALL = Machine("small", 50.0, 1.0, "test")  # a sixtieth of both
TRACES = Path(sim.__file__).with_name("traces")


def test_by_hand() -> None:
    narrow = replace(SMALL, memory_gb_per_s=100.0)
    stages_us = {"gaussian_project": 60.0, "depth_sort": 200.0, "rasterize": 800.0}
    # 3000 / 100 = 30 for bandwidth, 60 / 1 = 60 for blending.
    assert derived_stages_us(stages_us, LARGE, narrow) == pytest.approx(
        {"gaussian_project": 1800.0, "depth_sort": 6000.0, "rasterize": 48000.0}
    )
    assert derived_stages_us(stages_us, LARGE, LARGE) == pytest.approx(stages_us)


def test_bounds_of_the_stages() -> None:
    assert set(ACCOUNTING) == {*CULL_STAGES, *STAGES}
    compute = {stage for stage in ACCOUNTING if bound_of(stage, LARGE, SMALL) == "compute"}
    assert compute == {"rasterize"}


def test_a_stage_between_the_balances_takes_the_smaller_ratio() -> None:
    """An RTX 4090 has 82 operations a byte; blending's 59 lie between those and Xavier's 14."""
    rtx_4090, xavier = Machine("RTX 4090", 1008.0, 82.6, "test"), edge_gpu("xavier_nx")
    assert bound_of("rasterize", rtx_4090, xavier) == "mixed"
    found = derived_stages_us({"depth_sort": 10.0, "rasterize": 100.0}, rtx_4090, xavier)
    bandwidth, compute = 1008 / 59.7, 82.6 / 0.8448
    assert bandwidth < ACCOUNTING["rasterize"].operations_per_byte * 1.008 / 0.8448 < compute
    assert found == pytest.approx({"depth_sort": 10 * bandwidth, "rasterize": 100 * bandwidth})
    # The other way about: the measured GPU is the one short of arithmetic.
    odd = replace(SMALL, fp32_tflops=50.0)  # 1000 operations a byte
    assert slowdown("rasterize", LARGE, odd) == pytest.approx(60 / 50)
    note = derived_note(rtx_4090, xavier)
    assert note.startswith("A lower bound: rasterize has operations a byte between the balance")
    assert derived_note(LARGE, SMALL) == ""
    assert any("smaller ratio, x16.9" in line for line in rule_lines(rtx_4090, xavier))


def test_machines_as_committed() -> None:
    xavier, orin = edge_gpu("xavier_nx"), edge_gpu("orin_nx")
    assert xavier.fp32_tflops == pytest.approx(2 * 384 * 1.1e9 / 1e12, rel=1e-3)
    assert xavier.memory_gb_per_s == pytest.approx(2 * 1866e6 * 16 / 1e9, rel=1e-3)
    assert orin.fp32_tflops == pytest.approx(2 * 1024 * 918e6 / 1e12, rel=1e-3)
    assert orin.memory_gb_per_s == pytest.approx(2 * 3200e6 * 16 / 1e9, rel=1e-3)
    with pytest.raises(InputError, match="edge GPU 'nano' is not known: choose of orin_nx, xavie"):
        edge_gpu("nano")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("fp32_tflops = 0.8448", ""), "lacks some .fp32_tflops."),
        (("name =", "nom ="), "unknown members .nom. or lacks some .name."),
        (("= 59.7", "= -1"), "memory_gb_per_s is -1: give a rate above 0"),
        (("= 59.7", "= nan"), "memory_gb_per_s is nan"),
        (("= 59.7", '= "59.7"'), "memory_gb_per_s is '59.7', of the wrong type"),
        (("= 59.7", "= true"), "memory_gb_per_s is True, of the wrong type"),
        (("= 59.7", "= 59.7.1"), "is not TOML"),
        (('name = "Jetson Xavier NX"', 'name = ""'), "lacks its name or the source"),
    ],
)
def test_bad_machine_files(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    text = (MACHINES / "xavier_nx.toml").read_text()
    assert change[0] in text
    path = tmp_path / "gpu.toml"
    path.write_text(text.replace(*change))
    with pytest.raises(InputError, match=sentence):
        machine_in(path)


def test_derived_times_of_a_trace() -> None:
    trace = load_trace(TRACES / "h100_default_culled.json")
    xavier = edge_gpu("xavier_nx")
    device = machine_of(trace.device)
    assert device.memory_gb_per_s == pytest.approx(3352.32)
    view, derived = trace.views[3], derived_times(trace, xavier)[3]
    assert (derived.view, derived.variant, derived.frame_us) == (view.name, "culled", None)
    assert derived.gap_us is None
    fetch_us, blend_us = view.stages_us["gaussian_fetch"], view.stages_us["rasterize"]
    assert derived.stages_us["gaussian_fetch"] == pytest.approx(fetch_us * 3352.32 / 59.7)
    assert derived.stages_us["rasterize"] == pytest.approx(blend_us * 66.908 / 0.8448, rel=1e-3)
    assert derived.kernels_us == pytest.approx(sum(derived.stages_us.values()))
    lines = rule_lines(device, xavier)
    assert len(lines) == 2 + len(ACCOUNTING)
    assert any(
        line.startswith("rasterize: 59.1") and "compute-bound, x79.2" in line for line in lines
    )


def test_inria_reaches_the_published_rate_within_a_fifth() -> None:
    """5 frames/s are published as a round number, bonsai is one scene of several."""
    xavier = edge_gpu("xavier_nx")
    times = inria_times(1559, 1039)
    kernels_ms = sum(times.kernels_us.values()) / 1e3
    assert kernels_ms == pytest.approx(2.473, abs=1e-3)
    blend_ms = times.kernels_us["renderCUDA"] / 1e3
    by_hand = blend_ms * 66.908 / 0.8448 + (kernels_ms - blend_ms) * 3352.32 / 59.7
    assert times.derived_ms(xavier) == pytest.approx(by_hand)
    assert xavier.published_frames_per_s is not None
    assert 1e3 / times.derived_ms(xavier) == pytest.approx(xavier.published_frames_per_s, rel=0.2)
    with pytest.raises(InputError, match="quoted at 100x100: choose of 1559x1039, 800x533"):
        inria_times(100, 100)


def test_quoted_times_are_those_measured(bonsai_dir: Path) -> None:
    import json

    runs = json.loads((bonsai_dir / "h100_trace.json").read_text())["runs"]
    for width, height in ((1559, 1039), (800, 533)):
        run, times = runs[f"inria_{width}x{height}"], inria_times(width, height)
        assert times.mean_frame_ms == pytest.approx(run["mean_ms"], abs=1e-4)
        assert sum(times.kernels_us.values()) == pytest.approx(
            sum(run["kernels_us"].values()), abs=0.1
        )
        pairs = [view["num_rendered"] for view in run["counts"]]
        assert times.mean_tile_pairs == pytest.approx(sum(pairs) / len(pairs), abs=0.1)
