"""The register file: what a host writes and reads over AXI4-Lite."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.axi_lite import BYTE_BITS, DATA_BITS, AxiLiteSlave, axi_lite
from hw.host.register_map import (
    PAGE_BITS,
    WINDOW_BITS,
    constant_register,
    counter_register,
    frame_counters,
    register_map,
)
from hw.host.status import CODE_BITS, StatusCode
from hw.stages.rows import stages_of

FRAMES_OWED = 3  # one ends, one is read behind it, one waits
GROUP_BITS = 3  # registers of a first-level multiplexer, as a power of two


class Registers(wiring.Component):
    """The registers of hw.host.register_map behind an AXI4-Lite slave.

    A frame is under way from the cycle in which `start` is high until `finished`, and while `busy`
    is. Then a start is ignored and recorded, and a queued one waits until its frame can begin; so
    is a queued start while one waits, one together with a stop, and one together with a start. An
    event in the cycle of its acknowledgement stays. Reads pass a register of the word's number, for
    all that is chosen by it lies far apart, and two registered multiplexers.

    Latency: pulses and values written come 3 cycles after the later one of address and data was
    taken; `irq` follows a cause by 2 cycles. A read's data comes READ_CYCLES + 2 after its address.

    Members
    -------
    bus : In(axi_lite(12)).
    start : Out(1), a pulse, only while no frame is under way.
    queued_start : Out(1), a pulse: start now, or as soon as the frames under way let it begin.
    stop : Out(1), a pulse, only while a frame is under way or in the cycle after `finished`.
    pack_address, pack_bytes : Out(address_bits); a multiple of 4096, and bytes.
    picture_address, picture_bytes : Out(address_bits), in a build with a back end; the same.
    STAGE_constants : Out(layout of its constants) for each stage that has any, the host's copy:
        may change at any time. What several stages have is one register.
    busy : In(1), something of a frame is still under way. waiting : In(1), a queued one has not
        begun; from the cycle after the pulse on.
    finished : In(1), a pulse: the frame has ended; `code` : In(4), hw.host.status.StatusCode.
    each name of hw.host.register_map.frame_counters : In(32), frame counters, read as they stand.
    irq : Out(1), a cause stands in INTERRUPT that INTERRUPT_ENABLE lets through.
    """

    READ_CYCLES = 2

    def __init__(self, params: Parameters):
        self.map = register_map(params)
        self._constants = [stage for stage in stages_of(params) if stage.formats]
        self._counters = tuple(frame_counters(params))
        self._picture = ("picture_address", "picture_bytes") if params.raster_lanes else ()
        super().__init__(
            {
                "bus": In(axi_lite(WINDOW_BITS)),
                "start": Out(1),
                "queued_start": Out(1),
                "stop": Out(1),
                "pack_address": Out(params.address_bits),
                "pack_bytes": Out(params.address_bits),
                **{name: Out(params.address_bits) for name in self._picture},
                **{s.constants: Out(s.constants_layout(params)) for s in self._constants},
                "busy": In(1),
                "waiting": In(1),
                "finished": In(1),
                "code": In(CODE_BITS),
                **{name: In(DATA_BITS) for name in self._counters},
                "irq": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.slave = slave = AxiLiteSlave(WINDOW_BITS, self.READ_CYCLES)
        wiring.connect(m, wiring.flipped(self.bus), slave.bus)
        values = {register.name: _values(register) for register in self.map}
        selected = {r.name: Signal(name=f"write_{r.name.lower()}") for r in self.map}
        for register in self.map:  # compared a cycle before the write, far from what is written
            match = Signal(name=f"matches_{register.name.lower()}")
            m.d.sync += match.eq(slave.write_word == register.offset >> BYTE_BITS)
            m.d.comb += selected[register.name].eq(slave.write & match)
        m.d.sync += slave.write_error.eq(~self._is_mapped(slave.write_word))
        ones = Signal(DATA_BITS)
        mask = Cat(strobe.replicate(8) for strobe in slave.write_strobes)
        m.d.comb += ones.eq(slave.write_data & mask)
        for register in self.map:
            if register.access == "rw":
                self._write(m, slave, selected[register.name], register, values[register.name])

        def written(name):
            """Field of a register -> is a one being written to it?"""
            fields = next(r.fields for r in self.map if r.name == name)
            return {f.name: selected[name] & ones[_bits(f)].any() for f in fields}

        ignored = self._track(m, values, written("CONTROL"))
        self._interrupt(m, values, written("INTERRUPT"), ignored)
        self._outputs(m, values)
        self._read(m, slave, values)
        return m

    @staticmethod
    def _write(m, slave, selected, register, values):
        """Bytes with a strobe: each enables its bits, which takes no logic in front of them."""
        for byte, strobe in enumerate(slave.write_strobes):
            with m.If(selected & strobe):
                for field in register.fields:
                    first = max(field.first_bit, 8 * byte)
                    end = min(field.first_bit + field.bits, 8 * byte + 8)
                    if first < end:
                        kept = values[field.name][first - field.first_bit : end - field.first_bit]
                        m.d.sync += kept.eq(slave.write_data[first:end])

    def _track(self, m, values, control):
        """Starts, stops, and where the frame stands; returns whether one is ignored now."""
        status, frames = values["STATUS"], values[counter_register("frames")]["count"]
        # Frames that were asked for and have not ended.
        pending = Signal(range(FRAMES_OWED + 1))
        start, queue = Signal(), Signal(name="queue_taken")
        m.d.comb += [
            status["busy"].eq(pending.any() | self.busy),
            status["queued"].eq(self.queued_start | self.waiting),
            status["frames"].eq(frames),
            start.eq(control["start"] & ~control["stop"] & ~status["busy"]),
            queue.eq(control["queue"] & ~control["start"] & ~control["stop"] & ~status["queued"]),
        ]
        m.d.sync += [
            self.start.eq(start),
            self.queued_start.eq(queue),
            self.stop.eq(control["stop"] & status["busy"]),
            pending.eq(pending + (start | queue) - (self.finished & pending.any())),
        ]
        with m.If(start | queue):
            m.d.sync += [status["done"].eq(0), status["code"].eq(StatusCode.NONE)]
        with m.If(self.finished):
            m.d.sync += [
                status["done"].eq(1),
                status["code"].eq(self.code),
                frames.eq(frames + 1),
            ]
        return (control["start"] & ~start) | (control["queue"] & ~queue)

    def _interrupt(self, m, values, cleared, ignored):
        """Causes stand until a one is written to them."""
        events = {
            "done": self.finished,
            "error": self.finished & (self.code != StatusCode.DONE),
            "start_ignored": ignored,
        }
        causes, enabled = values["INTERRUPT"], values["INTERRUPT_ENABLE"]
        for name, cause in causes.items():
            m.d.sync += cause.eq((cause & ~cleared[name]) | events[name])
        m.d.comb += values["STATUS"]["start_ignored"].eq(causes["start_ignored"])
        m.d.sync += self.irq.eq(Cat(causes[name] & enabled[name] for name in causes).any())

    def _outputs(self, m, values):
        """What the host wrote, in the shapes that a frame takes."""
        low, high = values["PACK_ADDRESS_LOW"], values["PACK_ADDRESS_HIGH"]
        m.d.comb += self.pack_address.eq(Cat(Const(0, PAGE_BITS), low["page"], *high.values()))
        low, high = values["PACK_BYTES_LOW"], values["PACK_BYTES_HIGH"]
        m.d.comb += self.pack_bytes.eq(Cat(low["bytes"], *high.values()))
        if self._picture:
            low, high = values["PICTURE_ADDRESS_LOW"], values["PICTURE_ADDRESS_HIGH"]
            address = Cat(Const(0, PAGE_BITS), low["page"], *high.values())
            low, high = values["PICTURE_BYTES_LOW"], values["PICTURE_BYTES_HIGH"]
            m.d.comb += self.picture_address.eq(address)
            m.d.comb += self.picture_bytes.eq(Cat(low["bytes"], *high.values()))
        for stage in self._constants:
            constants = getattr(self, stage.constants)
            for name in constants.shape().members:
                m.d.comb += constants[name].eq(values[constant_register(name)]["value"])
        for name in self._counters:
            m.d.comb += values[counter_register(name)]["count"].eq(getattr(self, name))

    def _is_mapped(self, word):
        """Whether there is a register of that number."""
        return Cat(word == register.offset >> BYTE_BITS for register in self.map).any()

    def _read(self, m, slave, values):
        """Chooses within groups of neighbours into registers, then among these."""
        groups, number = {}, Signal.like(slave.read_word, reset_less=True)
        m.d.sync += number.eq(slave.read_word)
        for register in self.map:
            word = register.offset >> BYTE_BITS
            groups.setdefault(word >> GROUP_BITS, []).append(register)
        m.d.sync += slave.read_error.eq(~self._is_mapped(number))
        for group, registers in groups.items():
            chosen = Signal(DATA_BITS, name=f"read_group_{group}")
            with m.Switch(number[:GROUP_BITS]):
                for register in registers:
                    with m.Case(register.offset >> BYTE_BITS & ((1 << GROUP_BITS) - 1)):
                        m.d.sync += chosen.eq(_word(register, values[register.name]))
                with m.Default():
                    m.d.sync += chosen.eq(0)
            with m.If(number[GROUP_BITS:] == group):
                m.d.comb += slave.read_data.eq(chosen)


def _bits(field):
    return slice(field.first_bit, field.first_bit + field.bits)


def _values(register):
    """A signal for each field, under its name; constants are their own value."""
    signals = {}
    for field in register.fields:
        of_field = Shape(field.bits, field.signed)
        if field.value is None:
            name = f"{register.name}_{field.name}".lower()
            signals[field.name] = Signal(of_field, name=name)
        else:
            signals[field.name] = Const(field.value, of_field)
    return signals


def _word(register, values):
    """A register as it is read: fields in place, a sign extended, zeros between."""
    if register.access == "wo":
        return Const(0, DATA_BITS)
    parts, end = [], 0
    for field in register.fields:
        parts += [Const(0, field.first_bit - end), values[field.name]]
        end = field.first_bit + field.bits
    word = Cat(parts)
    return word.as_signed() if register.fields and register.fields[-1].signed else word
