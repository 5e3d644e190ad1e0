"""The host's side of the accelerator: registers written and read over any 32-bit bus."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from golden.errors import InputError
from golden.numbers.fixed import Fixed
from golden.pack import Pack
from golden.pack.file import ALIGNMENT_BYTES, HEADER_BYTES, pack_bytes
from golden.params import Parameters
from golden.view import StageConstants
from hw.host.register_map import (
    CONFIGURATION,
    IDENTITY,
    WORD_BITS,
    constant_register,
    counter_register,
    frame_counters,
    register_map,
    shared_formats,
)
from hw.host.status import STATUS_MEANINGS, StatusCode

WORD_MASK: int = (1 << WORD_BITS) - 1


class Bus(Protocol):
    """Access to the register window, whole words."""

    def read(self, offset: int) -> int:
        """The 32-bit word at an offset in bytes."""

    def write(self, offset: int, value: int) -> None:
        """Writes a 32-bit word, 0 to 2^32 - 1, at an offset in bytes."""


@dataclass(frozen=True)
class Status:
    """The STATUS register.

    Parameters
    ----------
    busy : a frame is under way or queued.
    queued : one has not begun.
    done : a frame has ended since the last start or queue.
    start_ignored : a start was ignored, since this was last acknowledged.
    code : how the last frame ended.
    frames : frames ended since reset, modulo 65,536.
    """

    busy: bool
    queued: bool
    done: bool
    start_ignored: bool
    code: StatusCode
    frames: int

    def check(self) -> None:
        """Raises InputError where the frame did not end well."""
        if self.code != StatusCode.DONE:
            raise InputError(
                f"the accelerator ended a frame with code {int(self.code)} "
                f"({STATUS_MEANINGS[self.code]}): check the pack in memory and its address."
            )


class Accelerator:
    """A splatsieve behind a bus.

    1. accelerator = Accelerator(bus, params), with the parameters that the hardware was made of.
    2. accelerator.check(): is it one, of the right version and configuration?
    3. Put pack_image(pack) into memory at a multiple of 4096; accelerator.open(address, bytes).
    4. accelerator.set_camera(...) with the frame constants of every stage, for that pack.
    5. accelerator.start(); take the splats from their stream meanwhile.
    6. accelerator.wait(1.0).check(); accelerator.counters() says what the frame took.
    7. For the next view go on at 4. To lose no time between frames, do 4 while a frame is under
       way, then accelerator.queue(), and go on at 4 once status().queued is False: the frame has
       begun behind the other, and counters() follow as each of them ends. A build of
       list_memories = 2 draws one beside the streaming of the next: give both their own.

    Parameters
    ----------
    bus : the register window; nothing else of the host is used.
    params : of the hardware.
    """

    def __init__(self, bus: Bus, params: Parameters):
        self._bus, self._params = bus, params
        self._registers = {register.name: register for register in register_map(params)}
        self._formats: dict[str, Fixed] = shared_formats(params)
        # Pages of the lists of the next frame, and of the last one that was asked for.
        self._lists, self._asked_lists = range(0), range(0)

    def check(self) -> None:
        """Raises InputError on hardware of other parameters or of another version."""
        found = self._read("IDENTITY")
        if found != IDENTITY:
            raise InputError(
                f"no splatsieve answers: its identity reads {found:#010x} where {IDENTITY:#010x} "
                "is due; check the base address."
            )
        for register in ("VERSION", *CONFIGURATION):
            word = self._read(register)
            for field in self._registers[register].fields:
                found = field.of(word)
                if found != field.value and field.name != "hardware_minor":
                    raise InputError(
                        f"the hardware has {field.name} = {found} where the driver has "
                        f"{field.value}: use the version and parameters of the hardware."
                    )

    def open(self, pack_address: int, pack_bytes: int) -> None:
        """The pack of the frames to come.

        Parameters
        ----------
        pack_address : where pack_image lies in the memory of the accelerator, bytes.
        pack_bytes : its length; nothing beyond it is read.

        Raises InputError on an address that is no multiple of 4096, or a pack beyond the address
        range or too short to be one.
        """
        reach = 1 << self._params.address_bits
        if pack_address % ALIGNMENT_BYTES:
            raise InputError(
                f"the pack's address {pack_address:#x} is no multiple of {ALIGNMENT_BYTES}: put "
                "the pack at one."
            )
        if not (pack_address >= 0 and HEADER_BYTES <= pack_bytes < reach - pack_address):
            raise InputError(
                f"a pack of {pack_bytes} bytes at {pack_address:#x} is shorter than a header or "
                f"beyond {self._params.address_bits} bits of address: put a whole pack in reach."
            )
        for name, value in (("PACK_ADDRESS", pack_address), ("PACK_BYTES", pack_bytes)):
            self._write(f"{name}_LOW", value & WORD_MASK)
            self._write(f"{name}_HIGH", value >> WORD_BITS)

    def open_picture(self, address: int, size_bytes: int) -> None:
        """The window of the pictures to come, in a build that draws.

        Parameters
        ----------
        address : byte address of the first pixel, a multiple of 4096.
        size_bytes : of the window; nothing outside it is written.

        Raises InputError on an address that is no multiple of 4096, a window out of reach, or a
        build without a back end.
        """
        if not self._params.raster_lanes:
            raise InputError("this build draws no picture: take one with raster_lanes above 0.")
        reach = 1 << self._params.address_bits
        if address % ALIGNMENT_BYTES or not 0 <= address < address + size_bytes < reach:
            raise InputError(
                f"a picture of {size_bytes} bytes at {address:#x} is not within "
                f"{self._params.address_bits} bits of address or begins at no multiple of "
                f"{ALIGNMENT_BYTES}: move it."
            )
        for name, value in (("PICTURE_ADDRESS", address), ("PICTURE_BYTES", size_bytes)):
            self._write(f"{name}_LOW", value & WORD_MASK)
            self._write(f"{name}_HIGH", value >> WORD_BITS)

    def set_camera(self, *constants: StageConstants) -> None:
        """The view of the next frame to begin; a frame under way keeps its own.

        Parameters
        ----------
        constants : of every stage of the build that has any, in any order.

        Raises InputError where a stage's are missing, where two are of different cameras or other
        parameters, or while a queued frame still waits for the constants that were set before.
        """
        ports: dict[str, int] = {}
        for stage in constants:
            for name, value in stage.as_ports().items():
                if ports.setdefault(name, value) != value:
                    raise InputError(
                        f"{name} differs between two sets of frame constants: make all of one "
                        "camera."
                    )
        missing = [name for name in self._formats if name not in ports]
        if missing:
            raise InputError(
                f"frame constant {missing[0]} is missing: give those of every stage of the build."
            )
        for name, form in self._formats.items():
            if not form.contains(ports[name]):
                raise InputError(
                    f"frame constant {name} = {ports[name]} does not fit {form}: make the "
                    "constants for the parameters of the hardware."
                )
        if self.status().queued:
            raise InputError(
                "a queued frame has not begun: set the next view once status().queued is False."
            )
        for name in self._formats:
            self._write(constant_register(name), ports[name] & WORD_MASK)
        if self._params.raster_lanes:
            self._lists = range(ports["list_page"], ports["list_page"] + ports["pages"])

    def start(self) -> None:
        """Starts a frame; raises InputError while one is under way."""
        if self.status().busy:
            raise InputError("a frame is under way: wait for it, stop it, or queue the next.")
        self._ask("start")
        self._asked_lists = self._lists

    def queue(self) -> None:
        """Starts a frame behind the one under way, or now where there is none.

        It begins when all clusters of the one before are tested and no third is under way.

        Raises InputError while one is queued and has not begun, and, where its lists would be
        made beside the drawing of the one before, if they share memory with those.
        """
        status, before, lists = self.status(), self._asked_lists, self._lists
        if status.queued:
            raise InputError("a frame is queued already: wait until it begins.")
        meet = max(before.start, lists.start) < min(before.stop, lists.stop)
        if status.busy and meet and self._params.list_memories > 1:
            raise InputError(
                "the lists of the frame before lie in the same memory, and it is under way: give "
                "frames two list memories in turn."
            )
        self._ask("queue")
        self._asked_lists = lists

    def stop(self) -> None:
        """Ends the frame under way with code 10, if there is one, of two the older.

        The younger one begins again, from its header, and a queued frame follows as ever.
        """
        self._ask("stop")

    def wait(self, timeout_s: float) -> Status:
        """Waits until no frame is under way or queued; how the last one ended.

        Parameters
        ----------
        timeout_s : seconds of the host's clock.

        Raises TimeoutError when they have passed, InputError where no frame was started.
        """
        deadline = time.monotonic() + timeout_s
        while (status := self.status()).busy:
            if time.monotonic() > deadline:
                raise TimeoutError(f"a frame is still under way after {timeout_s:g} s.")
        if not status.done:
            raise InputError("no frame was started: call start() before wait().")
        return status

    def status(self) -> Status:
        """Where the frame stands."""
        word = self._read("STATUS")
        found = {field.name: field.of(word) for field in self._registers["STATUS"].fields}
        return Status(
            busy=bool(found["busy"]),
            queued=bool(found["queued"]),
            done=bool(found["done"]),
            start_ignored=bool(found["start_ignored"]),
            code=StatusCode(found["code"]),
            frames=found["frames"],
        )

    def counters(self) -> dict[str, int]:
        """`frames` since reset, and frame_counters of the last frame that ended."""
        names = ("frames", *frame_counters(self._params))
        return {name: self._read(counter_register(name)) for name in names}

    def enable_interrupts(self, *causes: str) -> None:
        """Which causes raise irq, no others: done, error, start_ignored."""
        fields = self._registers["INTERRUPT_ENABLE"]
        self._write("INTERRUPT_ENABLE", sum(fields.field(cause).mask for cause in causes))

    def acknowledge(self) -> set[str]:
        """Causes of an interrupt that stand, which are cleared."""
        word = self._read("INTERRUPT")
        self._write("INTERRUPT", word)
        return {f.name for f in self._registers["INTERRUPT"].fields if word & f.mask}

    def _ask(self, what: str) -> None:
        self._write("CONTROL", self._registers["CONTROL"].field(what).mask)

    def _read(self, name: str) -> int:
        return self._bus.read(self._registers[name].offset) & WORD_MASK

    def _write(self, name: str, value: int) -> None:
        self._bus.write(self._registers[name].offset, value)


def counter_texts(params: Parameters) -> dict[str, str]:
    """What each counter of a frame counts, in words, by its name."""
    texts: dict[str, str] = frame_counters(params)
    return texts


def pack_image(pack: Pack) -> bytes:
    """The bytes of a pack's file, to be put into memory at a multiple of 4096 bytes."""
    return pack_bytes(pack)
