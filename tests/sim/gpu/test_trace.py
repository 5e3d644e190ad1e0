"""The trace file: round trip, every refusal, and kernel names folded into stages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from sim.gpu.trace import (
    STAGES,
    Trace,
    TraceDevice,
    TraceView,
    fold_stages,
    load_trace,
    save_trace,
    short_name,
    stage_of,
)
from sim.gpu.trace_kernels import merge_kernels

KERNELS_US = {
    "rasterize_to_pixels_3dgs_fwd_kernel": 809.286,
    "DeviceRadixSortOnesweepKernel": 206.956,
    "intersect_tile_kernel": 143.355,
    "spherical_harmonics_fwd_kernel": 64.119,
    "projection_ewa_3dgs_fused_fwd_kernel": 59.706,
    "DeviceScanKernel": 10.335,
    "Memset (Device)": 10.259,
}


def make_view(name: str, **changes: Any) -> TraceView:
    values: dict[str, Any] = {
        "name": name,
        "frame_median_ms": 1.6048,
        "frame_min_ms": 1.5,
        "frame_max_ms": 1.75,
        "kernels_us": KERNELS_US,
        "gaussians": 1000,
        "visible": 400,
        "tile_pairs": 2500,
    }
    return TraceView(**(values | changes))


def make_trace() -> Trace:
    device = TraceDevice(
        name="NVIDIA Test",
        driver="580.0",
        compute_capability="9.0",
        sm_count=132,
        fp32_lanes_per_sm=128,
        sm_clock_max_mhz=1980.0,
        sm_clock_mhz=1755.0,
        memory_clock_mhz=None,
        memory_peak_gb_per_s=4917.5,
        memory_peak_source="clock_and_bus_width",
        memory_copy_gb_per_s=4300.25,
    )
    second = make_view(
        "b.png", frame_median_ms=2.6048, frame_max_ms=3.0, visible=600, tile_pairs=4500
    )
    return Trace(
        device=device,
        torch="2.11.0",
        cuda="13.0",
        gsplat="1.5.3",
        rules="gsplat",
        packed=False,
        scene_name="scene.ply",
        scene_gaussians=1000,
        scene_sha256="ab" * 32,
        scene_sh_degree=3,
        width_px=160,
        height_px=100,
        warmup_frames=5,
        repeats=5,
        date="2025-01-02T03:04:05+00:00",
        command_line="splatsieve trace -o trace.json",
        views=(make_view("a.png"), second),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "trace.json"
    save_trace(make_trace(), path)
    return path


def test_round_trip_gives_the_same_trace_and_the_same_bytes(path: Path) -> None:
    loaded = load_trace(path)
    assert loaded == make_trace()
    again = path.with_name("again.json")
    save_trace(loaded, again)
    assert again.read_bytes() == path.read_bytes()


def test_numbers_are_rounded_and_still_add_up(path: Path) -> None:
    rough = make_view(
        "a.png", frame_median_ms=5 / 3, kernels_us={k: v / 3 for k, v in KERNELS_US.items()}
    )
    save_trace(replace(make_trace(), views=(rough,)), path)
    stored = json.loads(path.read_text())["views"][0]
    assert stored["frame_median_ms"] == 1.6667
    assert stored["kernels_us"]["intersect_tile_kernel"] == 47.785
    total_us = sum(stored["kernels_us"].values())
    assert sum(stored["stages_us"].values()) == pytest.approx(total_us, abs=1e-2)
    assert stored["other_gap_us"] == pytest.approx(1666.7 - total_us, abs=1e-2)
    assert load_trace(path).views[0].visible == 400


def test_one_line_a_view_and_no_means_stored(path: Path) -> None:
    text = path.read_text()
    assert sum('"kernels_us"' in line for line in text.splitlines()) == 2
    assert "mean" not in text


def test_means_and_derived_figures() -> None:
    trace = make_trace()
    kernels_us = math.fsum(KERNELS_US.values())
    assert trace.mean_frame_ms == pytest.approx(2.1048)
    assert trace.mean_stage_us("tile_bin") == pytest.approx(143.355 + 10.335)
    assert trace.mean_gap_us == pytest.approx(2104.8 - kernels_us)
    assert sum(trace.mean_stage_us(stage) for stage in STAGES) == pytest.approx(kernels_us)
    assert trace.mean_visible == 500
    assert trace.mean_tile_pairs == 3500
    assert trace.slowest_view.name == "b.png"
    assert trace.device.fp32_peak_tflops == pytest.approx(66.9, abs=0.05)
    with pytest.raises(InputError, match=r"^stage 'sort' is not known: choose of gaussian_project"):
        trace.mean_stage_us("sort")


def _set(*keys: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


def _drop(*keys: str | int) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


V = ("views", 0)
REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "other format": (_set("format", to="x"), "is no GPU trace"),
    "newer version": (_set("schema_version", to=3), "has schema_version 3 where 1 and 2 are read"),
    "version as text": (_set("schema_version", to="1"), "schema_version is '1', not a whole"),
    "no version": (_drop("schema_version"), "trace.json lacks schema_version"),
    "no device": (_drop("device"), "trace.json lacks device"),
    "device a list": (_set("device", to=[]), "device is of another kind, not an object"),
    "no driver": (_drop("device", "driver"), "device lacks driver"),
    "empty driver": (_set("device", "driver", to=""), "device driver is empty"),
    "no clock": (_set("device", "sm_clock_max_mhz", to=0), "device sm_clock_max_mhz is 0"),
    "NaN clock": (_set("device", "sm_clock_mhz", to=math.nan), "device sm_clock_mhz is nan"),
    "clock as text": (_set("device", "sm_clock_mhz", to="x"), "sm_clock_mhz is 'x', not a number"),
    "half an SM": (_set("device", "sm_count", to=1.5), "sm_count is 1.5, not a whole number"),
    "odd source": (_set("device", "memory_peak_source", to="guess"), "source is 'guess', not"),
    "no torch": (_drop("software", "torch"), "software lacks torch"),
    "empty gsplat": (_set("software", "gsplat", to=""), "gsplat is empty"),
    "odd rules": (_set("rules", to="own"), "rules 'own' are not known"),
    "packed as number": (_set("packed", to=0), "packed is 0, not true or false"),
    "bad hash": (_set("scene", "sha256", to="AB" * 32), "is not 64 hexadecimal digits"),
    "bad degree": (_set("scene", "sh_degree", to=5), "scene sh_degree 5 is not from 0 to 4"),
    "no size": (_set("image", "width_px", to=0), "an image side of 0 px"),
    "huge size": (_set("image", "height_px", to=2**31), "an image side of 2147483648 px"),
    "negative warm-up": (_set("warmup_frames", to=-1), "warmup_frames is negative"),
    "no repeats": (_set("repeats", to=0), "repeats is 0, less than one"),
    "bad date": (_set("date", to="yesterday"), "date 'yesterday' is not ISO 8601"),
    "no views": (_set("views", to=[]), "the trace holds no views"),
    "views an object": (_set("views", to={}), "views is of another kind, not a list"),
    "a view a number": (_set("views", to=[1]), "views is of another kind, not a list of objects"),
    "same name": (_set(*V, "name", to="b.png"), "two views share a name"),
    "empty name": (_set(*V, "name", to=""), "a view's name is not printable text"),
    "no name": (_drop(*V, "name"), r"views\[0\] lacks name"),
    "no frame time": (_drop(*V, "frame_median_ms"), r"views\[0\] lacks frame_median_ms"),
    "NaN frame": (_set(*V, "frame_max_ms", to=math.nan), "frame_max_ms is not a finite number"),
    "negative frame": (_set(*V, "frame_min_ms", to=-1), "view a.png: frame_min_ms is negative"),
    "infinite frame": (_set(*V, "frame_max_ms", to=math.inf), "frame_max_ms is not a finite"),
    "absurd frame": (_set(*V, "frame_max_ms", to=10**400), "not a number of sensible size"),
    "min above median": (_set(*V, "frame_min_ms", to=1.7), "1.6048 is not between frame_min_ms"),
    "median above max": (_set(*V, "frame_max_ms", to=1.55), "1.6048 is not between frame_min_ms"),
    "no kernels": (_set(*V, "kernels_us", to={}), "view a.png holds no kernel"),
    "negative kernel": (
        _set(*V, "kernels_us", "intersect_tile_kernel", to=-1.0),
        "kernels_us of intersect_tile_kernel is negative",
    ),
    "NaN kernel": (
        _set(*V, "kernels_us", "intersect_tile_kernel", to=math.nan),
        "kernels_us of intersect_tile_kernel is not a finite number",
    ),
    "kernel as text": (_set(*V, "kernels_us", "x", to="1"), "kernels_us: x is '1', not a number"),
    "kernels over frame": (
        _set(*V, "kernels_us", "intersect_tile_kernel", to=900.0),
        "longer than the frame of 1.6048 ms",
    ),
    "other kernels": (
        _set(*V, "kernels_us", "intersect_tile_kernel", to=100.0),
        r"views\[0\]: tile_bin is 153.69 us where kernels_us and frame_median_ms make 110.335 us",
    ),
    "stage changed": (_set(*V, "stages_us", "color", to=0.0), "color is 0.0 us where kernels_us"),
    "stage missing": (_drop(*V, "stages_us", "color"), "stages_us names gaussian_project, tile_b"),
    "stage NaN": (_set(*V, "stages_us", "color", to=math.nan), "color is nan us where"),
    "gap changed": (_set(*V, "other_gap_us", to=0.0), "other_gap_us is 0.0 us where"),
    "gap missing": (_drop(*V, "other_gap_us"), r"views\[0\] lacks other_gap_us"),
    "no counts": (_drop(*V, "tile_pairs"), r"views\[0\] lacks tile_pairs"),
    "count as number": (_set(*V, "visible", to=1.0), "visible is 1.0, not a whole number"),
    "count as flag": (_set(*V, "visible", to=True), "visible is True, not a whole number"),
    "more visible": (_set(*V, "visible", to=1001), "1001 visible of 1000 gaussians is impossible"),
    "negative visible": (_set(*V, "visible", to=-1), "-1 visible of 1000 gaussians is impossible"),
    "absurd count": (_set(*V, "gaussians", to=2**31), "of 2147483648 gaussians is impossible"),
    "other scene": (_set(*V, "gaussians", to=999), "counts 999 gaussians and the scene 1000"),
    "too few pairs": (_set(*V, "tile_pairs", to=399), "399 tile_pairs contradict 400 visible"),
    "pairs of nothing": (_set(*V, "visible", to=0), "2500 tile_pairs contradict 0 visible"),
    "too many pairs": (
        _set(*V, "tile_pairs", to=400 * 70 + 1),
        "28001 tile_pairs are more than 400 visible gaussians in 70 tiles can make",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusal(path: Path, change: Callable[[dict[str, Any]], None], sentence: str) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=sentence) as caught:
        load_trace(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert text.endswith(".")
    assert "\n" not in text


def test_most_pairs_possible_are_accepted(path: Path) -> None:
    document = json.loads(path.read_text())
    document["views"][0]["tile_pairs"] = 400 * 70
    document["views"][1].update(visible=0, tile_pairs=0)
    path.write_text(json.dumps(document))
    assert load_trace(path).views[0].tile_pairs == 28000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[1, 2]", "is no GPU trace"),
        (b"null", "is no GPU trace"),
        (b"[" * 200_000, "is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
    ids=["empty", "binary", "list", "null", "deep", "long number"],
)
def test_damaged_file(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        load_trace(path)


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.99])
def test_truncated_file(path: Path, fraction: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    with pytest.raises(InputError, match="is not JSON"):
        load_trace(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_trace(tmp_path / "none.json")


# Every short name in the measured H100 file, and what is left of it for 'other'.
EXPECTED_STAGES = {
    "projection_ewa_3dgs_fused_fwd_kernel": "gaussian_project",
    "projection_ewa_3dgs_packed_fwd_kernel": "gaussian_project",
    "preprocessCUDA": "gaussian_project",
    "spherical_harmonics_fwd_kernel": "color",
    "intersect_tile_kernel": "tile_bin",
    "intersect_offset_kernel": "tile_bin",
    "duplicateWithKeys": "tile_bin",
    "identifyTileRanges": "tile_bin",
    "DeviceScanKernel": "tile_bin",
    "DeviceScanInitKernel": "tile_bin",
    "DeviceRadixSortOnesweepKernel": "depth_sort",
    "DeviceRadixSortHistogramKernel": "depth_sort",
    "DeviceRadixSortExclusiveSumKernel": "depth_sort",
    "rasterize_to_pixels_3dgs_fwd_kernel": "rasterize",
    "renderCUDA": "rasterize",
} | dict.fromkeys(
    [
        "Memcpy DtoH (Device -> Pageable)",
        "Memcpy DtoH (Device -> Pinned)",
        "Memset (Device)",
        "create_pivot_v2",
        "elementwise_kernel",
        "elementwise_kernel_with_index",
        "gemmSN_NN_kernel",
        "getrf_pivot",
        "index_elementwise_kernel",
        "ipiv_64_to_32_ker",
        "ipiv_lower_small",
        "laswp_kernel",
        "reduce_kernel",
        "trsm_batch_left_lower_kernel",
        "trsm_batch_left_upper_kernel",
        "unrolled_elementwise_kernel",
        "vectorized_elementwise_kernel",
    ],
    "other",
)


@pytest.mark.parametrize(("kernel", "stage"), EXPECTED_STAGES.items())
def test_stage_of_short_name(kernel: str, stage: str) -> None:
    assert stage_of(kernel) == stage
    assert short_name(kernel) == kernel


def test_every_kernel_measured_on_an_h100_folds_as_expected(bonsai_dir: Path) -> None:
    runs = json.loads((bonsai_dir / "h100_trace.json").read_text())["runs"]
    names = {kernel for run in runs.values() for kernel in run["kernels_us"]}
    assert {short_name(kernel) for kernel in names} == set(EXPECTED_STAGES)
    assert all(stage_of(kernel) == EXPECTED_STAGES[short_name(kernel)] for kernel in names)


def test_h100_stages_reach_the_published_means(bonsai_dir: Path) -> None:
    runs = json.loads((bonsai_dir / "h100_trace.json").read_text())["runs"]
    stages = fold_stages(merge_kernels(runs["gsplat_1559x1039"]["kernels_us"].items()))
    assert stages["gaussian_project"] == pytest.approx(60, abs=1)
    assert stages["color"] == pytest.approx(64, abs=1)
    assert stages["tile_bin"] == pytest.approx(143 + 11 + 10, abs=2)
    assert stages["depth_sort"] == pytest.approx(207 + 18 + 1, abs=2)
    assert stages["rasterize"] == pytest.approx(809, abs=1)


@pytest.mark.parametrize(
    ("kernel", "short"),
    [
        ("void gsplat::intersect_tile_kernel<float>(bool, long const*)", "intersect_tile_kernel"),
        (
            "void at::native::vectorized_elementwise_kernel<4, at::native::(anonymous namespace)"
            "::launch_clamp_scalar(at::TensorIteratorBase&)::{lambda()#1}>(int)",
            "vectorized_elementwise_kernel",
        ),
        ("void (anonymous namespace)::with_index<int, f(c10::Scalar const&)>(int)", "with_index"),
        (
            "void cub::CUB_300001_SM_900::detail::radix_sort::DeviceRadixSortOnesweepKernel<cub::d",
            "DeviceRadixSortOnesweepKernel",
        ),
        ("identifyTileRanges(int, unsigned long*, uint2*)", "identifyTileRanges"),
        ("ns::Outer<int>::kernel<(glm::qualifier)0>(float)", "kernel"),
        ("_ZN6gsplat21intersect_tile_kernelIfEEvb", "_ZN6gsplat21intersect_tile_kernelIfEEvb"),
        ("Memcpy DtoH (Device -> Pinned)", "Memcpy DtoH (Device -> Pinned)"),
        ("<lambda>", "<lambda>"),
        ("", ""),
    ],
)
def test_short_name(kernel: str, short: str) -> None:
    assert short_name(kernel) == short


@pytest.mark.parametrize(
    ("kernel", "stage"),
    [
        ("void cub::RadixSortScanBinsKernel<x>(int)", "depth_sort"),
        ("void cub::DeviceSegmentedRadixSortKernel<x>(int)", "depth_sort"),
        ("_ZN6gsplat21intersect_tile_kernelIfEEvb", "tile_bin"),
        ("at::native::tensor_kernel_scan_outer_dim", "tile_bin"),
        ("projection_ut_3dgs_fused_kernel", "gaussian_project"),
    ],
)
def test_stage_of_unmeasured_names(kernel: str, stage: str) -> None:
    assert stage_of(kernel) == stage


def test_kernels_of_one_name_are_merged_longest_first() -> None:
    merged = merge_kernels([("a<1>(int)", 1.0), ("b<2>(int)", 2.5), ("a<3>(int)", 2.0)])
    assert list(merged.items()) == [("a", 3.0), ("b", 2.5)]
    assert fold_stages(merged) == dict.fromkeys(STAGES, 0.0) | {"other": 5.5}
