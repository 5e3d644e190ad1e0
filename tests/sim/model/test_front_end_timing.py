"""The cycle model of the front end against the RTL's counters: equal, not only near."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.scene_io import read_scene
from golden.view import ViewFrame, view_frame
from hw.frame.front_control import GROUP_RUN
from sim.model.frame_clock import hardware, timing
from sim.model.front_end import hardware as blocks
from sim.model.front_end.timing import front_end_timing
from sim.model.memory import MemoryModel
from sim.model.outcome import FrameOutcome, frame_outcome
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, pack_image
from tests.golden.pack.pack_cases import packed
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    view_of_all,
    view_of_nothing,
    with_more_groups,
)

COUNTERS = (
    "frame_cycles",
    "bus_beats",
    "bus_bursts",
    "bus_wait_cycles",
    "bus_idle_cycles",
    "project_starved_cycles",
)
DEFAULT = Parameters()
# The largest error of any counter that was ever seen, over all that is here. Issue 6 allows 1% of
# a real frame and 2% of a hostile small one; a model that is off by a cycle fails.
LARGEST_ERROR_CYCLES = 0
LIMIT_CYCLES = 4_000_000
LATENCIES = (1, 20, 100, 400)

HARDWARE = pytest.mark.parametrize(
    "params",
    [
        pytest.param(DEFAULT, id="256x1"),
        pytest.param(Parameters(data_bits=512, lanes=2), id="512x2"),
        pytest.param(Parameters(cull_cycles=4), id="256x1 in turn"),
        *(
            pytest.param(params, id=name, marks=pytest.mark.slow)
            for name, params in {
                "128x1": Parameters(data_bits=128),
                "256x2": Parameters(lanes=2),
                "512x1": Parameters(data_bits=512),
                "512x1 in turn": Parameters(data_bits=512, cull_cycles=2),
                "64x1 short": Parameters(data_bits=64, outstanding_bursts=2, burst_beats=8),
            }.items()
        ),
    ],
)

pytestmark = pytest.mark.xdist_group("accelerator")


def rtl_counters(
    image: bytes, view: ViewFrame, memory: MemoryModel, limit_cycles: int = LIMIT_CYCLES
) -> dict[str, int]:
    """Of one frame of an accelerator just out of reset, which must end before the limit."""
    with AcceleratorHarness(view.params, image, memory) as bus:
        driver = Accelerator(bus, view.params)
        driver.open(memory.address, len(image))
        driver.enable_interrupts("done")
        driver.set_camera(view.culling, view.projecting)
        driver.start()
        assert bus.run(limit_cycles) < limit_cycles
        driver.wait(0.0).check()
        return driver.counters()


def outcome_of(view: ViewFrame) -> FrameOutcome:
    return frame_outcome(view.pack, view.levels, view.projected.kept)


def errors(found: dict[str, int], outcome: FrameOutcome, params, memory) -> dict[str, int]:
    """Model - RTL of each counter."""
    timing = front_end_timing(outcome, params, memory)
    return {name: getattr(timing, name) - found[name] for name in COUNTERS}


def check(image: bytes, view: ViewFrame, memory: MemoryModel) -> dict[str, int]:
    """Holds the model against the RTL; the RTL's counters."""
    outcome = outcome_of(view)
    expected_cycles = front_end_timing(outcome, view.params, memory).frame_cycles
    found = rtl_counters(image, view, memory, max(LIMIT_CYCLES, 2 * expected_cycles))
    off = errors(found, outcome, view.params, memory)
    assert max(map(abs, off.values())) <= LARGEST_ERROR_CYCLES, off
    return found


@cache
def room():
    """The default scene, a third of its Gaussians, and its image."""
    pack = packed(default_scene(100_000), "morton", 4000, per_group=24)
    return pack, pack_image(pack)


@HARDWARE
@pytest.mark.parametrize("latency_cycles", LATENCIES)
def test_the_default_scene(params, latency_cycles):
    pack, image = room()
    for camera in default_cameras(24)[::11]:
        found = check(
            image,
            view_frame(pack, camera, INRIA, params),
            MemoryModel(latency_cycles=latency_cycles),
        )
        assert found["frame_cycles"] > 15_000


@HARDWARE
@pytest.mark.parametrize("latency_cycles", LATENCIES)
@pytest.mark.parametrize(
    ("gaussians", "clusters", "per_group"),
    [(500, 40, 4), (6, 1, 1), (300, 300, 1), (900, 30, 30), (40, 12, 5)],
)
def test_small_packs(params, latency_cycles, gaussians, clusters, per_group):
    """Views of all, of nothing and of parts: hardly a cycle in which the pipeline is full."""
    pack = small_pack(gaussians, gaussians, clusters, per_group)
    image, memory = pack_image(pack), MemoryModel(latency_cycles=latency_cycles)
    some = random_views(pack, 4, params, seed=latency_cycles)
    for view in (view_of_all(pack, params), view_of_nothing(pack, params), *some):
        check(image, view, memory)


@HARDWARE
@pytest.mark.parametrize("busy_256", [25, 128, 230])
def test_a_memory_that_is_busy_at_times(params, busy_256):
    pack = small_pack(5, 2000, 150)
    image = pack_image(pack)
    for seed in (0, 7, 2**64 - 1):
        memory = MemoryModel(latency_cycles=50, busy_256=busy_256, seed=seed)
        check(image, view_of_all(pack, params), memory)


@HARDWARE
def test_runs_longer_than_one_read(params):
    """Big neighbouring clusters before a slow memory: the run that grows must end at last."""
    pack = packed(default_scene(100_000), "morton", 40, per_group=4)
    view = view_frame(pack, default_cameras(24)[0], INRIA, params)
    longest = int(pack.clusters["count"][view.levels.visible].sum())
    assert longest > 65536
    check(pack_image(pack), view, MemoryModel(latency_cycles=400, busy_256=128))


@HARDWARE
def test_more_groups_than_one_read(params):
    pack = small_pack()
    view = view_of_nothing(pack, params)
    more = GROUP_RUN + 5000
    image, memory = with_more_groups(pack_image(pack), pack, pack.groups[0], more), MemoryModel()
    outcome = outcome_of(view)
    runs = np.concatenate([outcome.group_runs, np.repeat(outcome.group_runs[:1], more, axis=0)])
    outcome = replace(outcome, group_visible=np.zeros(len(runs), bool), group_runs=runs)
    off = errors(rtl_counters(image, view, memory), outcome, params, memory)
    assert set(off.values()) == {0}, off


@pytest.fixture(scope="module")
def measured():
    """A frame of the default scene by the RTL, its outcome and its memory."""
    pack, image = room()
    view, memory = (
        view_frame(pack, default_cameras(24)[0], INRIA, DEFAULT),
        MemoryModel(latency_cycles=400),
    )
    return rtl_counters(image, view, memory), outcome_of(view), memory


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("FINISH_CYCLES", 4),
        ("tables_of", lambda _: ("groups", "clusters")),
        ("header_records", lambda _: 8),
        ("CLUSTERS_AHEAD", 63),
        ("CLUSTERS_WAITING", 128),
        ("queue_beats", lambda _: (64, 128, 256)),
        ("queue_beats", lambda _: (64, 127, 512)),
    ],
)
def test_a_wrong_constant_is_told(measured, monkeypatch, constant, value):
    """The other side: what the hardware does not do gives other cycles."""
    found, outcome, memory = measured
    assert set(errors(found, outcome, DEFAULT, memory).values()) == {0}
    place = timing if constant == "FINISH_CYCLES" else blocks
    monkeypatch.setattr(place, constant, value)
    monkeypatch.setattr(hardware, "idle_blocks", blocks.idle_blocks.__wrapped__)
    monkeypatch.setattr(timing, "idle_frame", hardware.idle_frame.__wrapped__)
    assert set(errors(found, outcome, DEFAULT, memory).values()) != {0}


@pytest.mark.parametrize(
    "other",
    [
        {"lanes": 2, "data_bits": 512},
        {"data_bits": 128},
        {"outstanding_bursts": 7},
        {"burst_beats": 32},
        {"mantissa_bits": 17},
    ],
)
def test_other_hardware_is_told(measured, other):
    found, outcome, memory = measured
    assert set(errors(found, outcome, replace(DEFAULT, **other), memory).values()) != {0}


@pytest.mark.parametrize("latency_cycles", [399, 401, 412])
def test_another_memory_is_told(measured, latency_cycles):
    found, outcome, memory = measured
    other = replace(memory, latency_cycles=latency_cycles)
    assert abs(errors(found, outcome, DEFAULT, other)["frame_cycles"]) >= 4


def test_another_outcome_is_told(measured):
    """A cluster of a Gaussian more, one that is not seen, a last splat that is dropped."""
    found, outcome, memory = measured
    seen = np.flatnonzero(outcome.cluster_visible)[10]
    runs = outcome.cluster_runs.copy()
    runs[seen, 1] += 1
    visible = outcome.cluster_visible.copy()
    visible[seen] = False
    kept = outcome.kept.copy()
    kept[-3:] = ~kept[-3:].any()
    fewer = outcome.kept[outcome.cluster_runs[seen, 1] :]
    for wrong in (
        replace(outcome, cluster_runs=runs, kept=np.append(outcome.kept, outcome.kept[-1])),
        replace(outcome, cluster_visible=visible, kept=fewer),
        replace(outcome, kept=kept),
    ):
        assert set(errors(found, wrong, DEFAULT, memory).values()) != {0}


def test_where_the_cycles_go(measured):
    found, outcome, memory = measured
    timing = front_end_timing(outcome, DEFAULT, memory)
    spent = timing.bus_beats + timing.bus_wait_cycles + timing.bus_idle_cycles
    assert spent == timing.frame_cycles
    assert timing.bus_utilisation == found["bus_beats"] / found["frame_cycles"]
    # Four reads one after another before the first Gaussian.
    assert 4 * 400 < timing.first_members_cycle < 4 * 400 + 150
    assert timing.last_members_cycle < timing.frame_cycles
    members = timing.frame_cycles - 1 - timing.project_starved_cycles
    assert members == len(outcome.kept)


@pytest.mark.parametrize(
    "stalls", [{"address_stall_256": 1}, {"output_stall_256": 1}, {"fail_beat": 1}]
)
def test_what_is_not_modelled_is_refused(measured, stalls):
    with pytest.raises(InputError, match="knows no stalled addresses or splats and no errors"):
        front_end_timing(measured[1], DEFAULT, MemoryModel(**stalls))


def test_no_latency_is_refused(measured):
    with pytest.raises(InputError, match="answers before it is asked"):
        front_end_timing(measured[1], DEFAULT, MemoryModel(latency_cycles=0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kept": np.ones(3, bool)}, "projects 3 Gaussians where its tables say 5 and 4"),
        ({"cluster_visible": np.ones(4, bool)}, "cluster_runs of a frame are no 4 pairs"),
        ({"cluster_runs": np.zeros((5, 2), np.int64)}, "a count of 1 or more"),
        ({"group_runs": np.full((2, 2), -1)}, "group_runs of a frame are no 2 pairs"),
        ({"group_visible": np.ones(2, bool)}, "tests 5 clusters and .* say 8 and 4"),
        ({"group_visible": np.zeros(0, bool), "group_runs": np.zeros((0, 2))}, "0 groups"),
    ],
)
def test_outcomes_that_contradict_themselves(changes, message):
    outcome = FrameOutcome(
        group_visible=np.array([True, False]),
        group_runs=np.array([[0, 5], [5, 3]]),
        cluster_visible=np.array([True, False, True, False, False]),
        cluster_runs=np.array([[0, 1], [1, 7], [8, 3], [11, 1], [12, 1]]),
        kept=np.array([True, False, True, True]),
    )
    with pytest.raises(InputError, match=message):
        replace(outcome, **changes)


@pytest.fixture(scope="module")
def bonsai(bonsai_dir):
    """Pack, image, and three of its cameras."""
    scene = read_scene(bonsai_dir / "bonsai.spz")
    pack = build_pack(scene, ClusterOptions("morton", None, "safe", 0), INRIA)
    cameras = select_views(read_cameras(bonsai_dir / "cameras.json"), None)[::120]
    return pack, pack_image(pack), [camera.resized(1559, 1039) for camera in cameras]


@pytest.mark.slow
@HARDWARE
@pytest.mark.parametrize("latency_cycles", LATENCIES)
def test_bonsai(bonsai, params, latency_cycles):
    """Real frames of half a million cycles."""
    pack, image, cameras = bonsai
    for camera in cameras:
        found = check(
            image,
            view_frame(pack, camera, INRIA, params),
            MemoryModel(latency_cycles=latency_cycles),
        )
        assert found["frame_cycles"] > 100_000
        if found["frame_cycles"] > LIMIT_CYCLES:
            break  # 16 beats under way and slow memory: one such frame takes minutes
