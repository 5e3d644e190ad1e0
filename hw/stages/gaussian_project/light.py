"""What antialiasing takes of a splat's opacity, in a build that has it: steps beside the conic's.

They take as long as the conic does, so the latency of a projection is the same with and without.
"""

from __future__ import annotations

from amaranth.hdl import Mux, Value, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.numbers.logarithm import LOG_TABLE_BITS, POWER_BITS, power_table
from golden.params import Parameters
from golden.stages.gaussian_project.formats import ProjectionFormats
from golden.stages.gaussian_project.light import FAINT_BITS, WHOLE_MAX
from hw.blocks.logarithm import Logarithm, logarithm
from hw.blocks.multiply import Multiply
from hw.blocks.pipeline import Pipeline, Timed
from hw.blocks.shift import ShiftRight

OPACITY_BITS = 16
SHARE_BITS = POWER_BITS + 1  # u1.16
HALVINGS_BITS = WHOLE_MAX.bit_length()


def sharp_members(params: Parameters, flow: In | Out) -> dict[str, In | Out]:
    """sharp_xx, sharp_yy: the covariance without its low pass, in a build that needs it."""
    bits = ProjectionFormats(params).covariance_bits
    return {name: flow(bits) for name in ("sharp_xx", "sharp_yy")} if params.antialiased else {}


def share_members(params: Parameters) -> dict[str, In | Out]:
    """Of ConicScale in such a build: what it needs more, and the light that is kept."""
    if not params.antialiased:
        return {}
    outputs = {"share": Out(SHARE_BITS), "halvings": Out(HALVINGS_BITS)}
    return sharp_members(params, In) | {"antialiased": In(1)} | outputs


def opacity_members(params: Parameters) -> dict[str, In | Out]:
    """Of Conic in such a build: what it needs more, and the opacity that is left."""
    if not params.antialiased:
        return {}
    opacities = {"opacity": In(OPACITY_BITS), "lessened": Out(OPACITY_BITS)}
    return sharp_members(params, In) | {"antialiased": In(1)} | opacities


def kept_light(
    p: Pipeline,
    formats: ProjectionFormats,
    diagonal: tuple[Timed, Timed],
    cross: Timed,
    normal: dict[str, Timed],
    antialiased: Value,
) -> tuple[Timed, Timed]:
    """share 2^-halvings = 2^-loss, loss = max(log2 det - log2 sharp, 0) / 2, cut downwards.

    sharp = sharp_xx sharp_yy - xy^2, 0 at least. Without antialiasing the loss is 0.

    Multipliers: 4 of 16 x 16 (32 bits). Memory: two of 512 x 9 bits, one of 512 x 17.

    Parameters
    ----------
    diagonal : sharp_xx, sharp_yy, covariance_bits.
    cross : xy^2.
    normal : exponent and mantissa of det = xx yy - xy^2, with the low pass.
    antialiased : 1 bit, held during a frame.
    """
    bits = formats.covariance_bits
    multiply = Multiply(unsigned(bits), unsigned(bits))
    product = p.call("sharp_diagonal", multiply, a=diagonal[0], b=diagonal[1])["product"]
    left = p.register("sharp_left", lambda v, c: v - c, product, cross)
    sharp = p.wire("sharp", lambda v: Mux(v < 0, 0, v[: 2 * bits]), left)
    sharp_log = p.call("sharp_log", Logarithm(2 * bits), value=sharp)["log"]
    log = logarithm(p, normal, "det_")
    both = p.register("log_difference", lambda det, sharp: det - sharp, log, sharp_log)
    loss = p.register("loss", lambda v: Mux((v < 0) | ~antialiased, 0, v[1:-1]), both)
    table = Memory(shape=SHARE_BITS, depth=1 << LOG_TABLE_BITS, init=power_table().tolist())
    p.m.submodules.power_table = table
    port = table.read_port()
    p.m.d.comb += port.addr.eq(loss.value[:LOG_TABLE_BITS])
    share = p.register("share_read", lambda v: v, p.input(port.data, loss.cycle + 1))

    def whole(v):
        top = v[LOG_TABLE_BITS:]
        return top[:HALVINGS_BITS] | top[HALVINGS_BITS:].any().replicate(HALVINGS_BITS)

    return share, p.register("whole", whole, loss)


def lessened(p: Pipeline, opacity: Timed, share: Timed, halvings: Timed) -> Timed:
    """opacity share 2^-halvings, cut downwards: 4 cycles later. Multipliers: 1 of 17 x 16."""
    product = p.multiply("light", share, opacity)
    kept = p.wire("light_kept", lambda v: v[POWER_BITS : POWER_BITS + OPACITY_BITS], product)
    shifter = ShiftRight(unsigned(OPACITY_BITS), HALVINGS_BITS, "floor")
    return p.call("light_shift", shifter, value=kept, amount=halvings)["result"]


def faint(opacity: Value) -> Value:
    """Whether it can reach no pixel: below 2^8 / 65535, 0.4% below 1/255."""
    return ~opacity[FAINT_BITS:].any()
