"""The register map: the one description that hardware, driver and documents are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from golden.numbers.fixed import Fixed
from golden.pack import VERSION as PACK_VERSION
from golden.params import Parameters, parameter_ranges
from hw.frame.frame_counters import own_counters
from hw.host.status import CODE_BITS, STATUS_MEANINGS, StatusCode
from hw.stages.rows import stage_counters, stages_of

Access = Literal["ro", "rw", "wo", "w1c"]

WINDOW_BITS = 12
WORD_BITS = 32
WORD_BYTES = WORD_BITS // 8
PAGE_BITS = 12  # a pack lies at a multiple of 4 KiB

IDENTITY = int.from_bytes(b"SPLT", "big")
HARDWARE_MAJOR, HARDWARE_MINOR = 3, 1

CONTROL_OFFSET, PACK_OFFSET, PICTURE_OFFSET = 0x040, 0x050, 0x060
CONSTANT_OFFSET, COUNTER_OFFSET = 0x080, 0x200


# Register -> parameters in it, with their field widths: all that shapes the hardware.
CONFIGURATION = {
    "CONFIG": {"lanes": 8, "address_bits": 8, "data_bits": 16},
    "CONFIG_BURSTS": {
        "outstanding_bursts": 8,
        "antialiased": 4,
        "padded_splats": 4,
        "burst_beats": 16,
    },
    "CONFIG_TABLES": {"center_bits": 8, "radius_bits": 8, "count_bits": 8, "base_bits": 8},
    "CONFIG_CAMERA": {
        "camera_range_bits": 8,
        "length_fraction_bits": 8,
        "rotation_fraction_bits": 8,
        "normal_fraction_bits": 8,
    },
    "CONFIG_MEMBERS": {
        "weight_fraction_bits": 8,
        "offset_bits": 8,
        "factor_bits": 8,
        "mantissa_bits": 8,
    },
    "CONFIG_SPLATS": {
        "screen_fraction_bits": 8,
        "conic_bits": 8,
        "color_cycles": 8,
        "raster_lanes": 8,
    },
    "CONFIG_LISTS": {"bin_px": 8, "list_memories": 8, "max_bins": 16},
    "CONFIG_MEMORY": {"list_pages": 16, "sort_entries": 16},
    "CONFIG_TURNS": {"cull_cycles": 8, "project_cycles": 8, "setup_cycles": 8},
}


@dataclass(frozen=True)
class Field:
    """Some bits of a register.

    Parameters
    ----------
    name : lower case.
    first_bit, bits : where it lies.
    signed : two's complement; a read extends its sign over the bits above.
    notation : fixed-point format, as s26.4 of golden.numbers.fixed.Fixed; empty for counts and
        flags.
    description : one phrase.
    value : what a read always gives; None where it may change.
    """

    name: str
    first_bit: int
    bits: int
    signed: bool
    notation: str
    description: str
    value: int | None = None

    @property
    def mask(self) -> int:
        """Its bits within the register."""
        return ((1 << self.bits) - 1) << self.first_bit

    def of(self, word: int) -> int:
        """Its value in a word of the register."""
        value = (word & self.mask) >> self.first_bit
        return value - (1 << self.bits) if self.signed and value >> (self.bits - 1) else value


@dataclass(frozen=True)
class Register:
    """32 bits of the window.

    Parameters
    ----------
    name : upper case.
    offset : bytes from the window's start, a multiple of 4.
    access : ro, read only; rw; wo, reads as 0; w1c, writing a one clears the bit.
    fields : from the lowest bit up, without overlaps; other bits read as 0.
    description : one phrase.
    """

    name: str
    offset: int
    access: Access
    fields: tuple[Field, ...]
    description: str

    def field(self, name: str) -> Field:
        """The field of that name; raises KeyError."""
        return {field.name: field for field in self.fields}[name]


def shared_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each frame constant of all stages, once where several have it (the rotation).

    Raises ValueError where two stages have a constant of one name in different formats.
    """
    formats: dict[str, Fixed] = {}
    for stage in stages_of(params):
        for name, form in (stage.formats(params) if stage.formats else {}).items():
            if formats.setdefault(name, form) != form:
                raise ValueError(f"{name} of {stage.name} has another format than elsewhere.")
    return formats


def frame_counters(params: Parameters) -> dict[str, str]:
    """Counter of the last frame that has ended -> what it counts: of all stages, then its own."""
    stages = {name: counter.text for name, (_, counter) in stage_counters(params).items()}
    return own_counters(params) | stages


def constant_register(name: str) -> str:
    """Name of the register of a frame constant."""
    return f"FRAME_{name.upper()}"


def counter_register(name: str) -> str:
    """Name of the register of a counter."""
    return f"COUNTER_{name.upper()}"


def register_map(params: Parameters) -> tuple[Register, ...]:
    """All registers, by offset: what it is, control, the pack, frame constants, counters.

    Writes to what is read only, and to bits outside the fields, do nothing; an access outside the
    map is answered with SLVERR.
    """
    return (
        *_identification(params),
        *_control(),
        *_pack(params),
        *_picture(params),
        *_constants(params),
        *_counters(params),
    )


def _flags(first_bit: int, **descriptions: str) -> tuple[Field, ...]:
    return tuple(
        Field(name, first_bit + n, 1, False, "", text)
        for n, (name, text) in enumerate(descriptions.items())
    )


def _number(name: str, first_bit: int, bits: int, text: str, value: int | None = None) -> Field:
    return Field(name, first_bit, bits, False, "", text, value)


def _identification(params: Parameters) -> Iterable[Register]:
    identity = (_number("magic", 0, WORD_BITS, "'SPLT'", IDENTITY),)
    yield Register("IDENTITY", 0x000, "ro", identity, "says that this is a splatsieve")
    version = (
        _number("hardware_minor", 0, 8, "grows with what a driver may ignore", HARDWARE_MINOR),
        _number("hardware_major", 8, 8, "grows with what a driver must know", HARDWARE_MAJOR),
        _number("pack", 16, 16, "version of the packs that are read", PACK_VERSION),
    )
    yield Register("VERSION", 0x004, "ro", version, "versions of hardware and pack")
    for n, (name, widths) in enumerate(CONFIGURATION.items()):
        fields, first = [], 0
        for parameter, bits in widths.items():
            first = -(-first // bits) * bits
            text = parameter_ranges()[parameter].meaning
            fields.append(_number(parameter, first, bits, text, getattr(params, parameter)))
            first += bits
        yield Register(name, 0x008 + n * WORD_BYTES, "ro", tuple(fields), "parameters")


def _control() -> Iterable[Register]:
    causes = {
        "done": "a frame has ended, whatever its code",
        "error": "a frame has ended with a code other than 1",
        "start_ignored": STATUS_MEANINGS[StatusCode.IGNORED],
    }
    control = _flags(
        0,
        start="starts a frame of the pack and constants as they are now",
        stop="ends the older frame under way with code 10; the other begins anew; a start beside "
        "it is ignored",
        queue="starts a frame, or one behind that under way: its culling begins when that one's "
        "is done",
    )
    status = (
        *_flags(
            0,
            busy="a frame is under way or queued, or answers from before reset are due",
            done="a frame has ended since the last start or queue that was taken",
            start_ignored=f"{causes['start_ignored']}; INTERRUPT clears it",
            queued="a queued frame has not begun: leave pack and constants",
        ),
        _number("code", 4, CODE_BITS, "how the last frame ended, one of StatusCode"),
        _number("frames", 16, 16, "frames ended since reset, lowest bits"),
    )
    interrupt, enable = _flags(0, **causes), _flags(0, **causes)
    registers: tuple[tuple[str, Access, tuple[Field, ...], str], ...] = (
        ("CONTROL", "wo", control, "starts and stops"),
        ("STATUS", "ro", status, "where the frame stands"),
        ("INTERRUPT", "w1c", interrupt, "causes that were not acknowledged yet"),
        ("INTERRUPT_ENABLE", "rw", enable, "causes that raise irq while they stand"),
    )
    for n, (name, access, fields, text) in enumerate(registers):
        yield Register(name, CONTROL_OFFSET + n * WORD_BYTES, access, fields, text)


def _pack(params: Parameters) -> Iterable[Register]:
    high_bits = params.address_bits - WORD_BITS
    low_page = (_number("page", PAGE_BITS, WORD_BITS - PAGE_BITS, "lower bits are 0"),)
    low = (_number("bytes", 0, WORD_BITS, "lower bits"),)
    high = (_number("high", 0, high_bits, "upper bits"),) if high_bits else ()
    for n, (name, fields, text) in enumerate(
        (
            ("PACK_ADDRESS_LOW", low_page, "byte address of the pack, a multiple of 4096"),
            ("PACK_ADDRESS_HIGH", high, "the same, from bit 32"),
            ("PACK_BYTES_LOW", low, "bytes of the pack; nothing beyond them is read"),
            ("PACK_BYTES_HIGH", high, "the same, from bit 32"),
        )
    ):
        yield Register(name, PACK_OFFSET + n * WORD_BYTES, "rw", fields, text)


def _picture(params: Parameters) -> Iterable[Register]:
    """The window of the picture, in a build with a back end; the lists' is a frame constant."""
    if not params.raster_lanes:
        return
    high_bits = params.address_bits - WORD_BITS
    low, high = _number("bytes", 0, WORD_BITS, "lower bits"), _number("high", 0, high_bits, "upper")
    page = _number("page", PAGE_BITS, WORD_BITS - PAGE_BITS, "lower bits are 0")
    upper = (high,) if high_bits else ()
    for n, (name, fields, text) in enumerate(
        (
            ("PICTURE_ADDRESS_LOW", (page,), "byte address of the picture, a multiple of 4096"),
            ("PICTURE_ADDRESS_HIGH", upper, "the same, from bit 32"),
            ("PICTURE_BYTES_LOW", (low,), "bytes of the picture; nothing beyond them is written"),
            ("PICTURE_BYTES_HIGH", upper, "the same, from bit 32"),
        )
    ):
        yield Register(name, PICTURE_OFFSET + n * WORD_BYTES, "rw", fields, text)


def _constants(params: Parameters) -> Iterable[Register]:
    for n, (name, form) in enumerate(shared_formats(params).items()):
        if form.bits > WORD_BITS:
            raise ValueError(f"{name} needs {form.bits} bits where a register holds {WORD_BITS}.")
        stages = [s.name for s in stages_of(params) if s.formats and name in s.formats(params)]
        field = Field("value", 0, form.bits, form.signed, str(form), "taken as a frame begins")
        text = f"of {' and '.join(stages)}"
        where = CONSTANT_OFFSET + n * WORD_BYTES
        yield Register(constant_register(name), where, "rw", (field,), text)


def _counters(params: Parameters) -> Iterable[Register]:
    counted = {"frames": "frames ended since reset"} | frame_counters(params)
    for n, (name, text) in enumerate(counted.items()):
        field = _number("count", 0, WORD_BITS, "wraps")
        where = COUNTER_OFFSET + n * WORD_BYTES
        yield Register(counter_register(name), where, "ro", (field,), text)
