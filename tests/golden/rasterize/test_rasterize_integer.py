"""The integer model of rasterize against float64, and its own rules."""

from __future__ import annotations

import numpy as np
import pytest

from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.constants import rasterize_constants
from golden.stages.rasterize.formats import EXPONENT_MAX, RasterFormats, root_table
from golden.stages.rasterize.integer import bins_of_picture, fields_of, rasterize_entries
from golden.stages.tile_bin.entry import decode, pack_fields

ONE = 30 * 32  # code of 1 px^-2


def entries_of(**fields):
    """ENTRY_DTYPE of lists of integers by field; what is not named is as in `usual`."""
    count = len(next(iter(fields.values())))
    usual = {"w1": ONE - 160, "w2": ONE - 192, "opacity": 16, "red": 512, "green": 256, "blue": 64}
    named = {k: np.full(count, v) for k, v in usual.items()}
    return pack_fields(named | {k: np.asarray(v) for k, v in fields.items()})


def float_picture(entries, size, alpha_max, background=(0.0, 0.0, 0.0)):
    """The picture by the equations in float64, and T: all entries in each pixel, in order."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width] + 0.5
    t, done = np.ones((height, width)), np.zeros((height, width), bool)
    image = np.zeros((height, width, 3))
    decoded = decode(entries)
    for n in range(len(entries)):
        dx, dy = x - decoded.mean2d[n, 0], y - decoded.mean2d[n, 1]
        a, b, c = decoded.conic[n]
        power = (a * dx * dx + c * dy * dy) / 2 + b * dx * dy
        alpha = np.minimum(alpha_max, decoded.opacity[n] * np.exp(-power))
        used = (alpha >= 1 / 255) & ~done
        done |= used & (t * (1 - alpha) < 1e-4)
        alpha = np.where(used & ~done, alpha, 0.0)
        image += (t * alpha)[..., None] * decoded.color[n]
        t = t * (1 - alpha)
    return image + t[..., None] * np.array(background), t


def draw(entries, size, rules=INRIA, background=(0.0, 0.0, 0.0), bin_px=64):
    """The integer picture where every bin has all entries."""
    bins = len(bins_of_picture(size, bin_px))
    fields = np.tile(fields_of(entries), (bins, 1))
    offsets = len(entries) * np.arange(bins + 1)
    constants = rasterize_constants(rules, size[0], background)
    return rasterize_entries(fields, offsets, size, bin_px, constants)


def random_scene(count, seed, size, largest=-4):
    random = np.random.default_rng(seed)
    return entries_of(
        u=random.integers(-160, 16 * size[0] + 160, count),
        v=random.integers(-160, 16 * size[1] + 160, count),
        swap=random.integers(0, 2, count),
        slope=random.integers(-2047, 2048, count),
        w1=ONE + random.integers(-32 * 7, 32 * largest + 64, count),
        w2=ONE + random.integers(-32 * 9, 32 * largest, count),
        opacity=random.integers(0, 250, count),
        red=random.integers(0, 512, count),
        green=random.integers(0, 512, count),
        blue=random.integers(0, 512, count),
    )


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
@pytest.mark.parametrize("seed", range(3))
def test_a_picture_is_near_its_float_one(rules, seed):
    """300 entries of all shapes: a pixel may be off by 1.5% of the light, 0.2% in the mean."""
    size, background = (150, 70), (0.5, 0.25, 1.0)
    entries = random_scene(300, seed, size)
    exact, t = float_picture(entries, size, rules.alpha_max, background)
    drawn = draw(entries, size, rules, background).image / 255.0
    error = drawn[..., :3] - np.minimum(exact, 1)
    assert np.abs(error).max() < 0.03
    assert np.sqrt((error**2).mean()) < 0.004
    assert abs(error.mean()) < 0.001
    assert np.abs(drawn[..., 3] - (1 - t)).max() < 0.03


@pytest.mark.parametrize("swap", [0, 1])
@pytest.mark.parametrize("slope", [-2047, -700, 0, 1024, 2047])
def test_one_gaussian_wherever_it_lies(swap, slope):
    """alpha of one entry against 2^-e: the 10 bits of alpha, 6 of X and the table's 64 places."""
    size = (70, 66)
    for u, v in ((40, 33), (1000, 8), (560, 1040)):
        entries = entries_of(u=[u], v=[v], swap=[swap], slope=[slope], red=[511])
        exact, _ = float_picture(entries, size, INRIA.alpha_max)
        drawn = draw(entries, size).image[..., 0] / 255.0
        assert np.abs(drawn - exact[..., 0]).max() < 0.02


def test_nothing_but_background_is_exact():
    entries = entries_of(u=[-(1 << 17)], v=[-(1 << 17)], w1=[1023], w2=[1023], opacity=[255])
    image = draw(entries, (33, 3), background=(0.5, 1.0, 1.998)).image
    assert (image == [128, 255, 255, 0]).all()


def test_a_wall_ends_its_bin():
    """Opaque walls: 1014/1024 leaves 640 2^-16, of which a second one would leave 6."""
    count = 50
    entries = entries_of(
        u=np.full(count, 512), v=np.full(count, 512), w1=np.full(count, 0), w2=np.full(count, 0),
        opacity=np.full(count, 0),
    )  # fmt: skip
    drawn = draw(entries, (64, 64))
    assert drawn.read_entries[0] == 2
    assert drawn.blended[0] == 64 * 64
    assert (drawn.image[..., 3] >= 252).all()


def test_bins_do_not_show():
    """The same entries in bins of 32 and of 64: X and Y begin elsewhere, by less than a level."""
    size = (100, 80)
    entries = random_scene(120, 9, size)
    wide, narrow = (draw(entries, size, bin_px=bin_px).image for bin_px in (64, 32))
    assert np.abs(wide.astype(int) - narrow).max() <= 4


def test_spans_lose_nothing_that_shows():
    """A pixel of alpha above 1/250 by float64 is drawn, wherever the ellipse lies in its bin."""
    random = np.random.default_rng(1)
    for _ in range(60):
        entries = entries_of(
            u=random.integers(0, 1024, 1),
            v=random.integers(0, 1024, 1),
            swap=random.integers(0, 2, 1),
            slope=random.integers(-2047, 2048, 1),
            w1=ONE + random.integers(-32 * 6, 60, 1),
            w2=ONE + random.integers(-32 * 12, -10, 1),
            opacity=random.integers(0, 200, 1),
            red=[1023],
        )
        _, t = float_picture(entries, (64, 64), INRIA.alpha_max)
        shown = draw(entries, (64, 64)).image[..., 3] > 0
        assert shown[1 - t > 1.12 / 255].all()


def test_transmittance_of_hostile_lists_stays_in_its_bits():
    """Ten thousand entries of the least weight: sums are below 2^sum_bits, T above its least."""
    count = 10_000
    entries = entries_of(
        u=np.full(count, 16), v=np.full(count, 16), w1=np.full(count, 0), w2=np.full(count, 0),
        opacity=np.full(count, 250), red=np.full(count, 1023), green=np.full(count, 1023),
        blue=np.full(count, 1023),
    )  # fmt: skip
    drawn = draw(entries, (4, 4), background=(1.998, 1.998, 1.998))
    assert (drawn.image[..., :3] == 255).all()
    assert (drawn.image[..., 3] == 255).all()


def test_lists_of_another_grid_are_refused():
    entries = random_scene(3, 0, (64, 64))
    constants = rasterize_constants(INRIA, 65)
    with pytest.raises(ValueError, match="1 lists do not fit 65x64 px in bins of 64"):
        rasterize_entries(fields_of(entries), np.array([0, 3]), (65, 64), 64, constants)


@pytest.mark.parametrize("lanes", [4, 16, 64, 96])
@pytest.mark.parametrize("bin_px", [32, 64])
def test_every_quad_has_one_engine_and_address(lanes, bin_px):
    arrangement = Arrangement(Parameters(color_cycles=1, raster_lanes=lanes, bin_px=bin_px))
    side = arrangement.side
    assert arrangement.lines * arrangement.groups == side
    places = {
        (arrangement.engine(x, y), arrangement.address(x, y))
        for x in range(side)
        for y in range(side)
    }
    assert len(places) == side * side
    assert max(address for _, address in places) < arrangement.depth
    for is_swapped in (False, True):
        quads = [
            arrangement.quad(k, line, place, is_swapped)
            for k in range(arrangement.engines)
            for line in range(side)
            for place in range(arrangement.places)
        ]
        assert sorted(q for q in quads if q) == sorted(
            (x, y) for x in range(side) for y in range(side)
        )


def test_tables():
    assert root_table()[0] == round(4096 * np.sqrt(np.log2(np.e) / 2))
    power = RasterFormats().power
    assert len(power) == 64
    assert power[0] < 1024
    assert EXPONENT_MAX == 2046
