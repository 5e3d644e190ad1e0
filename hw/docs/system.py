"""What the system around the core must know: the part of interface.md on buses, resets, records."""

from __future__ import annotations

from golden.params import Parameters
from golden.records import PADDED_BYTES, RECORD_BYTES, SPLAT_DTYPE
from hw.accelerator import queue_beats
from hw.accelerator_top import MODIFIABLE_BUFFERABLE
from hw.bus.burst_splitter import PAGE_BYTES
from hw.bus.flat_axi import INCREMENTING
from hw.frame.back_end import write_queue_beats
from hw.host.status import StatusCode
from hw.package.presets import PRESETS

SPLAT_BYTES = SPLAT_DTYPE.itemsize
SPLAT_WORDS = SPLAT_BYTES // 4  # of 32 bits
SHORT_BEATS = 16  # of the longest burst of AXI3

CLOCK_AND_RESETS = """
## Clock and resets

- One clock, `aclk`, for all ports: no clock domain is crossed inside, and there is no clock enable.
  Another clock at a port needs a converter outside.
- Both resets are synchronous and active low; one cycle is enough. Registers have initial values for
  FPGAs, which a cycle of `m_axi_aresetn` makes needless.
- `m_axi_aresetn` resets everything. Hold it low when the memory, or whatever else answers
  `m_axi_*`, is reset, and only then: AXI has no way to reset one side of a bus with transfers
  under way.
- `aresetn` resets all but the memory port's open transfers. It may be low at any time, for a core
  that is reset alone. An address that is offered stays offered. Data of writes whose address was
  offered is sent, and answers are awaited and dropped. `STATUS.busy` is 1 until the last one has
  come. Until then a start is ignored and recorded; a queued one begins after it.
- Where both are one signal, the memory must be reset with it. The memory may still answer reads
  from before the reset. That does no harm if no frame begins until it is quiet: answers that were
  not asked for are ignored. Writes from before the reset may lack their data, and the memory waits.
- `ready` of `s_axil_*` rises with the second edge of `aclk` that sees both resets high; `valid` may
  be high before. `STATUS.busy` tells when a start is taken.
- No access to `s_axil_*` may be under way at a reset: its answer is lost. On `m_axis_splat` a frame
  that is reset has no `tlast`: reset the consumer too.
"""
MEMORY_PORT = f"""
## Memory port

| signal | always | meaning |
| --- | --- | --- |
| `arid`, `awid` | 0 | all bursts are answered in order |
| `arsize`, `awsize` | log2(`data_bits`/8) | whole beats |
| `arburst`, `awburst` | {INCREMENTING} | INCR, none across {PAGE_BYTES} bytes |
| `arcache`, `awcache` | {MODIFIABLE_BUFFERABLE} | normal memory, not cached, bufferable |
| `arprot`, `awprot` | 0 | data, secure, unprivileged |
| `rready`, `bready` | 1 | room is kept for whatever was asked for |

- There is no `lock`, `qos`, `region` or `user`: tie them to 0. `rid` and `bid` are ignored. Reads
  and writes are ordered by what is awaited: a list is read once its writes have been answered.
- EXOKAY counts as OKAY. `rlast` must come with the last beat that `arlen` asks for. A burst ends
  with `rlast` all the same; at another beat the frame ends with code {StatusCode.BUS_LENGTH:d}, and
  nothing that follows in it is used. A memory that never ends a burst leaves the core busy:
  `CONTROL.stop` awaits it too.
- Addresses are multiples of a beat's bytes. `wstrb` has gaps where a row of the picture or a list
  ends in mid-beat. `wdata` comes behind its address, which may still be offered then.
- Byte order: byte address n is bits 8 (n mod `data_bits`/8) and up of a beat, and all numbers in
  memory are little-endian. A pixel is the bytes R, G, B, A by address.
- Nothing is snooped. A host with caches writes the pack back before the first frame that reads it.
  It drops its cache lines of a picture before it reads it. The lists are the core's alone.

Under way at most:

| preset | bursts of reads | bytes of reads | bursts of writes | bytes of writes |
| --- | ---: | ---: | ---: | ---: |
"""
OTHER_PORTS = f"""
## Ports of 64 and 128 bits, AXI3

Generate a build of that width with bursts of {SHORT_BEATS} beats at most, which AXI3 allows too:

    uv run splatsieve verilog --set data_bits=64 --set burst_beats={SHORT_BEATS} -o ip

- On AXI3 connect `arlen[3:0]` and `awlen[3:0]`; the other bits are 0 then. Its `wid` is 0, as is
  `awid`; data comes in the order of the addresses. AXI3 calls {MODIFIABLE_BUFFERABLE} of `arcache`
  cacheable and bufferable, without allocation.
- A record of {8 * RECORD_BYTES} bits takes {RECORD_BYTES // 8} beats of 64 bits or
  {RECORD_BYTES // 16} of 128. A Gaussian takes at least that many cycles.
- A width converter in between must keep `rlast` and whole bursts. One that counts narrow beats in 8
  bits cuts a burst of 64 beats of 256 bits (code {StatusCode.BUS_LENGTH:d}). From {SHORT_BEATS}
  beats of 256 bits it makes 128 of 32.
"""
STREAM = f"""
## Stream of splats

- A lane is {SPLAT_BYTES} bytes, {SPLAT_WORDS} words of 32 bits, the lowest first: word 0 is
  `mean2d.u`. A converter of {8 * SPLAT_BYTES} bits to 32 makes {SPLAT_WORDS} beats of each splat.
- A build with `padded_splats` has {PADDED_BYTES} bytes a lane: the same words, then zeros, which
  count in `tkeep` as the others do. With 1, 2, 4 or 8 lanes the width of `tdata` is then a power
  of two. Width converters, FIFOs and DMA engines want that:
  `splatsieve verilog --set padded_splats=1 -o ip`.
- `tkeep` is all ones or all zeros for a lane. Lanes are filled from 0 up, and only the beat with
  `tlast` may have empty ones.
- Every frame ends in a beat with `tlast`, whatever its code. That of a frame without a splat is a
  null beat: `tkeep` is 0, and there is no other beat. A consumer that writes words to memory drops
  it, or each of its words, by `tkeep[0]`; `irq` and `COUNTER_SPLATS` report its end.
- `tready` may be low as long as the consumer likes; the frame waits.
"""
HOST = """
## Host

- `irq` is a level, active high, from a register. It is high while `INTERRUPT` holds a cause that
  `INTERRUPT_ENABLE` lets through, and follows by two cycles.
- `s_axil_*` takes one read and one write at a time, independent of each other. Address and data of
  a write may come in any order. The lowest two bits of an address are ignored; there is no
  `awprot` or `arprot`.
- Registers are words of 32 bits; byte n of a word is bits 8 n and up.
  [splatsieve_regs.rdl](splatsieve_regs.rdl) has them in SystemRDL 2.0, with the signs and binary
  points of numbers in the properties that PeakRDL knows.
"""


def splat_meanings(params: Parameters) -> dict[str, str]:
    """Field of a splat -> the number it stands for."""
    fraction = params.screen_fraction_bits
    pixels = f"value 2^-{fraction} px; the centre of pixel (0, 0) is at (0.5, 0.5)"
    conic = "value 2^`conic_exponent` px^-2; power = -(a dx^2 + c dy^2)/2 - b dx dy"
    depth = "camera's z, 2^-`length_fraction_bits` units of the frame, by `golden/numbers/depth.py`"
    return {
        **dict.fromkeys(("mean2d.u", "mean2d.v"), pixels),
        **dict.fromkeys(("conic.a", "conic.b", "conic.c"), conic),
        "depth": depth,
        "index": "of the Gaussian, in pack order",
        **dict.fromkeys(("tile_rect.x0", "tile_rect.y0"), "tiles of 16 px, the first"),
        **dict.fromkeys(("tile_rect.x1", "tile_rect.y1"), "tiles of 16 px, behind the last"),
        "extent.x": "px, half the width of the reach, rounded up, cut at 65535",
        "extent.y": "px, half the height",
        "opacity": "value / 65535",
        "conic_exponent": "a power of two",
        "reserved": "",
    }


def system_lines() -> list[str]:
    """Sections of the page, Markdown."""
    text = CLOCK_AND_RESETS + MEMORY_PORT
    rows = [_under_way(n, preset.params) for n, preset in PRESETS.items() if preset.has_registers]
    rest = OTHER_PORTS + STREAM + HOST
    return [*text.rstrip().split("\n"), *rows, *rest.rstrip().split("\n")]


def _under_way(name: str, params: Parameters) -> str:
    """What the bursts may ask for, and what there is room for."""
    beat = params.data_bits // 8
    longest = min(params.burst_beats * beat, PAGE_BYTES)
    room = sum(queue_beats(params)) * max(beat, RECORD_BYTES)
    bursts = params.outstanding_bursts
    reads = f"{bursts} | {min(bursts * longest, room):,}"
    writes = f"{bursts} | {min(bursts * longest, sum(write_queue_beats(params)) * beat):,}"
    return f"| `{name}` | {reads} | {writes if params.raster_lanes else '0 | 0'} |"
