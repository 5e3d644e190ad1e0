"""The driver in C, compiled for a build and called through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

import hw
from golden.params import Parameters
from golden.view import ViewFrame
from hw.host.register_docs import c_header
from hw.host.register_map import counter_register, frame_counters, register_map
from sim.rtl.toolchain import compiler

SOURCES = sorted((Path(next(iter(hw.__path__))) / "driver").glob("*.c"))
FLAGS = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-ffp-contract=off"]


class Outcome(IntEnum):
    """splatsieve_error, in its order."""

    OK = 0
    ABSENT = 1
    OTHER_BUILD = 2
    BAD_ADDRESS = 3
    BAD_PACK = 4
    BAD_CAMERA = 5
    BUSY = 6
    QUEUED = 7
    TIMEOUT = 8
    NOT_STARTED = 9
    NOT_ANTIALIASED = 10


READ = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
WRITE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32)


def _structure(*fields):
    return type("Structure", (ctypes.Structure,), {"_fields_": fields})


Bus = _structure(("context", ctypes.c_void_p), ("read", READ), ("write", WRITE))
State = _structure(
    *((name, ctypes.c_int) for name in ("busy", "done", "start_ignored", "queued")),
    *((name, ctypes.c_uint32) for name in ("code", "frames")),
)
Camera = _structure(
    ("rotation", ctypes.c_double * 9),
    ("translation", ctypes.c_double * 3),
    *((name, ctypes.c_double) for name in ("fx", "fy", "cx", "cy")),
    *((name, ctypes.c_uint32) for name in ("width", "height")),
)
Rules = _structure(
    ("near_plane", ctypes.c_double),
    ("clamps_about_image", ctypes.c_int),
    ("alpha_max", ctypes.c_double),
    ("antialiased", ctypes.c_int),
)
Pack = _structure(
    ("exponent", ctypes.c_int32),
    ("origin", ctypes.c_double * 3),
    ("clusters", ctypes.c_void_p),
    ("clusters_count", ctypes.c_uint64),
)
Drawing = _structure(
    ("list_address", ctypes.c_uint64),
    ("list_bytes", ctypes.c_uint64),
    ("background", ctypes.c_double * 3),
    ("first_row", ctypes.c_uint32),
    ("rows", ctypes.c_uint32),
)


class CDriver:
    """The library of a build; a method a function, with Python's values.

    Parameters
    ----------
    folder : to build in.
    read, write : of a register window, by offset.
    """

    def __init__(self, params: Parameters, folder: Path, read: Callable, write: Callable):
        (folder / "splatsieve_regs.h").write_text(c_header(params))
        library = folder / "driver.so"
        objects = [str(folder / f"{source.stem}.o") for source in SOURCES]
        options = [compiler(), "-x", "c", "-std=c99", *FLAGS, "-fPIC", f"-I{folder}"]
        for source, made in zip(SOURCES, objects, strict=True):
            _run(*options, "-c", str(source), "-o", made)
        _run(compiler(), "-shared", *objects, "-o", str(library), "-lm")
        self._library = ctypes.CDLL(str(library))
        self._library.splatsieve_inria.restype = Rules
        self._library.splatsieve_gsplat.restype = Rules
        self._library.splatsieve_status.restype = State
        self._library.splatsieve_acknowledge.restype = ctypes.c_uint32
        self._params = params
        self._words = [r.name for r in register_map(params) if r.name.startswith("FRAME_")]
        self._bus = Bus(None, READ(lambda _, offset: read(offset)), WRITE(_write_to(write)))

    def call(self, name: str, *arguments) -> Outcome:
        """A function of the bus."""
        call = getattr(self._library, f"splatsieve_{name}")
        return Outcome(call(ctypes.byref(self._bus), *arguments))

    def open(self, address: int, size: int, what: str = "open") -> Outcome:
        return self.call(what, ctypes.c_uint64(address), ctypes.c_uint64(size))

    def open_pack(self, image: bytes, pack) -> Outcome:
        self._image = image  # the pack points into it
        size = ctypes.c_uint64(len(image))
        return Outcome(self._library.splatsieve_open_pack(image, size, ctypes.byref(pack)))

    def constants(self, seen: ViewFrame, pack) -> tuple[Outcome, dict[str, int]]:
        """Register -> word."""
        words = (ctypes.c_uint32 * len(self._words))()
        arguments = [*self._view(seen, pack), words]
        outcome = Outcome(self._library.splatsieve_constants(*arguments))
        return outcome, dict(zip(self._words, words, strict=True))

    def set_camera(self, seen: ViewFrame, pack) -> Outcome:
        return self.call("set_camera", *self._view(seen, pack))

    def status(self) -> dict[str, int]:
        state = self._library.splatsieve_status(ctypes.byref(self._bus))
        return {name: int(getattr(state, name)) for name, _ in State._fields_}

    def wait(self, polls: int) -> tuple[Outcome, dict[str, int]]:
        state = State()
        outcome = self.call("wait", ctypes.c_uint32(polls), ctypes.byref(state))
        return outcome, {name: int(getattr(state, name)) for name, _ in State._fields_}

    def stop(self):
        self._library.splatsieve_stop(ctypes.byref(self._bus))

    def enable_interrupts(self, causes: int):
        self._library.splatsieve_enable_interrupts(ctypes.byref(self._bus), causes)

    def acknowledge(self) -> int:
        return self._library.splatsieve_acknowledge(ctypes.byref(self._bus))

    def counters(self) -> dict[str, int]:
        names = ("frames", *frame_counters(self._params))
        found = (ctypes.c_uint32 * len(names))()
        self._library.splatsieve_counters(ctypes.byref(self._bus), found)
        offsets = {register.name: register.offset for register in register_map(self._params)}
        first = offsets[counter_register("frames")]
        return {n: found[(offsets[counter_register(n)] - first) // 4] for n in names}

    def _view(self, seen: ViewFrame, pack):
        rules = getattr(self._library, f"splatsieve_{seen.rules.name}")()
        assert rules.antialiased == 0
        rules.antialiased = int(seen.rules.antialiased)
        camera, viewmat = seen.camera, seen.camera.viewmat
        values = (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height)
        rotation = (ctypes.c_double * 9)(*viewmat[:3, :3].ravel())
        given = Camera(rotation, (ctypes.c_double * 3)(*viewmat[:3, 3]), *values)
        background = (ctypes.c_double * 3)(*seen.background)
        strip = (seen.rows.start, len(seen.rows)) if seen.rows else (0, 0)
        memory = seen.memory
        drawing = Drawing(memory.list_address, memory.list_bytes, background, *strip)
        return [ctypes.byref(each) for each in (given, rules, pack, drawing)]


def _run(*command: str):
    subprocess.run(command, check=True, capture_output=True, text=True)


def _write_to(write: Callable):
    def accept(_, offset: int, value: int):
        write(offset, value)

    return accept
