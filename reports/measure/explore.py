"""What a wider machine gains: presets, bandwidth, lanes and cores, in some of the views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from golden.errors import InputError
from golden.pack import Pack
from reports.measure.cycles import SPANS
from reports.measure.projection import spread
from reports.measure.subject import Subject, Track, silent
from sim.model.config import NO_BUILD, ModelConfig, load_model_config, model_preset_names
from sim.model.frame import FrameModel
from sim.model.views import frames_of_machines
from sim.views.variation import channel_gb_per_s, with_channels, with_cores, with_lanes

VIEWS = 3
FACTORS = (0.25, 0.5, 1, 2, 4, 8)
LANES = (1, 2, 4, 8)
CORE_FACTORS = (0.25, 0.5, 1, 2, 4)
MAX_CHANNELS, MAX_CORES = 64, 64


@dataclass(frozen=True)
class Variation:
    """One machine, mean over the views.

    Parameters
    ----------
    axis : "preset", "bandwidth", "lanes" or "cores". name : of the machine.
    clock_mhz, bandwidth_gb_per_s, lanes, cores, blend_lanes : what it is; peak bandwidth, all
        blending lanes of all cores.
    culling : whether clusters were culled.
    cycles : of each of SPANS. ms : the same in time.
    """

    axis: str
    name: str
    clock_mhz: float
    bandwidth_gb_per_s: float
    lanes: int
    cores: int
    blend_lanes: int
    culling: bool
    cycles: dict[str, float]
    ms: dict[str, float]


@dataclass(frozen=True)
class Exploration:
    """All machines. views : names of the views that they were modelled in."""

    views: tuple[str, ...]
    variations: tuple[Variation, ...]


def explore(
    subject: Subject, pack: Pack, config: ModelConfig, track: Track = silent
) -> Exploration:
    """Models some views with a pack, on every preset and on the configuration made wider."""
    cameras = [subject.cameras[i] for i in spread(len(subject.cameras), VIEWS)]
    machines = list(_machines(config))
    presets = [number for number, (axis, _) in enumerate(machines) if axis == "preset"]
    of_views = frames_of_machines(
        pack, cameras, subject.rules, [machine for _, machine in machines], presets
    )
    frames = [found for _, found in zip(track(cameras, "other machines"), of_views, strict=True)]
    found = []
    for number, (axis, machine) in enumerate(machines):
        found.append(_variation(axis, machine, [on[number] for on, _ in frames], culling=True))
        if number in presets:
            place = presets.index(number)
            off_frames = [off[place] for _, off in frames]
            found.append(_variation(axis, machine, off_frames, culling=False))
    return Exploration(tuple(camera.name for camera in cameras), tuple(found))


def explore_part(exploration: Exploration) -> dict[str, Any]:
    """For the document."""
    return {
        "views": list(exploration.views),
        "variations": [asdict(variation) for variation in exploration.variations],
    }


def _machines(config: ModelConfig) -> Iterator[tuple[str, ModelConfig]]:
    for name in model_preset_names():
        yield "preset", load_model_config(name)
    # By formula, which has a machine of any width: what they are compared with too.
    config = replace(config, build=NO_BUILD)
    base = config.memory.channels
    for channels in sorted({max(1, round(base * factor)) for factor in FACTORS}):
        if channels <= MAX_CHANNELS:
            yield "bandwidth", with_channels(config, channels)
    for lanes in LANES:
        try:
            yield "lanes", with_lanes(config, lanes)
        except InputError:
            continue  # no such RTL
    for cores in sorted({max(1, round(config.cores * factor)) for factor in CORE_FACTORS}):
        if cores <= MAX_CORES:
            yield "cores", with_cores(config, cores)


def _variation(
    axis: str, machine: ModelConfig, frames: Sequence[FrameModel], *, culling: bool
) -> Variation:
    cycles = {
        span: round(sum(getattr(frame, field) for frame in frames) / len(frames), 3)
        for span, field in SPANS.items()
    }
    return Variation(
        axis=axis,
        name=machine.name,
        clock_mhz=machine.clock_mhz,
        bandwidth_gb_per_s=round(channel_gb_per_s(machine) * machine.memory.channels, 6),
        lanes=machine.lanes,
        cores=machine.cores,
        blend_lanes=machine.blend_lanes,
        culling=culling,
        cycles=cycles,
        ms={span: round(machine.time_ms(value), 6) for span, value in cycles.items()},
    )
