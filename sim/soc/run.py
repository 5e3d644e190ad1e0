"""Builds the system, lets its processor draw, and holds what it left in memory to the model."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from zlib import adler32

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.params import Parameters
from golden.view import ViewFrame
from hw.host.register_docs import c_header
from hw.host.register_map import counter_register, frame_counters, register_map
from hw.package.presets import Preset
from hw.soc.packages import SIMULATION, check_packages, quiet
from sim.rtl.design_cache import cached_design
from sim.soc.firmware import build_firmware
from sim.soc.job import PACK_ADDRESS, Job, make_job
from sim.soc.simulator import Simulator

LIMIT_CYCLES = 20_000_000
UNTOUCHED = b"\x5a"  # in memory where a picture is to be


@dataclass(frozen=True, eq=False)
class DrawnFrame:
    """A frame as the system drew it.

    Parameters
    ----------
    expected : by the integer model.
    picture : (height, width, 4) uint8, what is in the SDRAM.
    camera_cycles : of the processor, from the call that computes the frame constants to its end.
    interrupt_cycles : from the start of the frame to the program's knowing that it has ended.
    code : of STATUS. counters : of the frame, by name.
    checksum : Adler-32 of the picture as the processor reads it.
    """

    expected: ViewFrame
    picture: NDArray[np.uint8]
    camera_cycles: int
    interrupt_cycles: int
    code: int
    counters: dict[str, int]
    checksum: int

    @property
    def wrong_bytes(self) -> int:
        """Bytes of the picture that differ from the integer model's."""
        return int(np.count_nonzero(self.picture != self.expected.picture))

    @property
    def agrees(self) -> bool:
        """Whether memory and processor have the model's picture, and the counters its counts."""
        counted = self.expected.counters
        return (
            self.wrong_bytes == 0
            and self.checksum == adler32(self.expected.picture.tobytes())
            and counted.items() <= self.counters.items()
        )


@dataclass(frozen=True, eq=False)
class SystemRun:
    """What the system did.

    Parameters
    ----------
    error : splatsieve_error that the program ended with, 0 for none.
    interrupts : that the processor took.
    views : frames that it was to draw. frames : those drawn before it ended.
    cycles : of the clock, from the reset to the program's end.
    firmware_bytes : of the program.
    seconds : of the simulation alone.
    files : what it is made of: text or bytes by name.
    """

    error: int
    interrupts: int
    views: int
    frames: tuple[DrawnFrame, ...]
    cycles: int
    firmware_bytes: int
    seconds: float
    files: dict[str, bytes]

    @property
    def agrees(self) -> bool:
        """Whether every frame came, each as the integer model has it."""
        drawn = [frame.agrees for frame in self.frames]
        return self.error == 0 and len(drawn) == self.views and all(drawn)


def run_system(preset: Preset, size_px: tuple[int, int]) -> SystemRun:
    """Runs the system around a build that draws, from the reset to the program's end.

    Parameters
    ----------
    size_px : width and height of the pictures.

    Raises InputError where a package or tool is missing or fails, or the program does not end.
    """
    check_packages(SIMULATION)
    design, job = cached_design(preset.make, preset.params), make_job(preset.params, size_px)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verilog = folder / f"{design.name}.v"
        verilog.write_text(design.text, encoding="utf-8")
        with quiet():
            from sim.soc.system import BEAT_BYTES, TOP, SmallDdr3, System

            system = System(design, preset.params, verilog)
            litex, others, headers = system.verilog(), system.others(), system.headers()
        headers |= {"splatsieve_regs.h": c_header(preset.params), "job.h": job.header}
        program = build_firmware(folder, headers)
        columns = SmallDdr3.ncols
        with Simulator(TOP, litex, list(others.values()), columns, BEAT_BYTES) as simulator:
            simulator.put_program(program)
            simulator.put(0, job.image)
            for address, frame in zip(job.pictures, job.frames, strict=True):
                simulator.put(address - PACK_ADDRESS, UNTOUCHED * frame.picture.nbytes)
            begin = time.perf_counter()
            cycles = simulator.run(LIMIT_CYCLES)
            seconds = time.perf_counter() - begin
            if cycles >= LIMIT_CYCLES:
                raise InputError(
                    f"the program did not end within {LIMIT_CYCLES:,} cycles: try another --size."
                )
            said = [line.split(" ") for line in simulator.said.splitlines()]
            frames = _frames(said, job, simulator)
    last = {key: int(values[0]) for key, *values in said}
    texts = {f"{TOP}.v": litex, **others, **headers}
    return SystemRun(
        last["error"],
        last["interrupts"],
        len(job.frames),
        frames,
        cycles,
        len(program),
        seconds,
        {"firmware.bin": program} | {key: text.encode() for key, text in texts.items()},
    )


def _frames(said: list[list[str]], job: Job, simulator: Simulator) -> tuple[DrawnFrame, ...]:
    """The frames of which the program said all; `checksum` is a frame's last line."""
    frames: list[DrawnFrame] = []
    lines: dict[str, list[int]] = {}
    for key, *values in said:
        lines[key] = [int(value) for value in values]
        if key != "checksum":
            continue
        frame, address = job.frames[len(frames)], job.pictures[len(frames)]
        held = simulator.get(address - PACK_ADDRESS, frame.picture.nbytes)
        frames.append(
            DrawnFrame(
                frame,
                np.frombuffer(held, np.uint8).reshape(frame.picture.shape),
                lines["camera_cycles"][0],
                lines["interrupt_cycles"][0],
                lines["code"][0],
                _counters(lines["counters"], frame.params),
                lines["checksum"][0],
            )
        )
    return tuple(frames)


def _counters(words: list[int], params: Parameters) -> dict[str, int]:
    """By name, of the words from the first counter's register on."""
    offsets = {register.name: register.offset for register in register_map(params)}
    first = offsets[counter_register("frames")]
    names = frame_counters(params)
    return {name: words[(offsets[counter_register(name)] - first) // 4] for name in names}
