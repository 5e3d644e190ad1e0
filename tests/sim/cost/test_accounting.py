"""The written account is the one of the equations that golden and the RTL really use."""

import math
import re
import types
from dataclasses import dataclass, replace

import numpy as np
import pytest
from amaranth.back import rtlil

from golden.default_scene import default_cameras
from golden.errors import InputError
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.color.reference import sh_basis
from golden.stages.gaussian_project import ewa
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from sim.cost.accounting import (
    FrameWork,
    Operations,
    ball_test_steps,
    color_steps,
    frame_cost,
    projection_steps,
    total,
)


@dataclass
class Tally:
    """Products of two numbers of the run, squares, divisions by one and roots of one."""

    products: int = 0
    squares: int = 0
    quotients: int = 0
    roots: int = 0


class Counted:
    """A number of the run; arithmetic with a plain number is with a constant, and free."""

    def __init__(self, value, tally):
        self.value, self.tally = float(value), tally

    def _with(self, value):
        return Counted(value, self.tally)

    def __add__(self, other):
        return self._with(self.value + number(other))

    def __sub__(self, other):
        return self._with(self.value - number(other))

    def __rsub__(self, other):
        return self._with(number(other) - self.value)

    def __neg__(self):
        return self._with(-self.value)

    def __mul__(self, other):
        if other is self:
            self.tally.squares += 1
        elif isinstance(other, Counted):
            self.tally.products += 1
        return self._with(self.value * number(other))

    def __truediv__(self, other):
        self.tally.quotients += isinstance(other, Counted)
        return self._with(self.value / number(other))

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, other):
        return self.value < number(other)

    def __gt__(self, other):
        return self.value > number(other)

    def __le__(self, other):
        return self.value <= number(other)

    def __ge__(self, other):
        return self.value >= number(other)

    def sqrt(self):
        self.tally.roots += 1
        return self._with(math.sqrt(self.value))


def number(value):
    return value.value if isinstance(value, Counted) else float(value)


def counted_projection(rules):
    """Runs golden.stages.gaussian_project.ewa's projection of one Gaussian on counted numbers."""
    tally = Tally()
    record = ewa.view_constants(default_cameras(4, 320, 200)[0], rules)[0]
    view = types.SimpleNamespace(**{name: record[name] for name in ewa.VIEW_DTYPE.names})
    for name in ("rotation", "translation", "focal", "center"):
        counted = np.frompyfunc(lambda value: Counted(float(value), tally), 1, 1)
        setattr(view, name, counted(record[name]))
    fake_math = types.SimpleNamespace(sqrt=lambda x: x.sqrt(), inf=math.inf)
    fake_numpy = types.SimpleNamespace(
        ceil=lambda x: math.ceil(number(x)), floor=lambda x: math.floor(number(x))
    )
    source = ewa._project.py_func
    names = {**source.__globals__, "math": fake_math, "np": fake_numpy}
    project = types.FunctionType(source.__code__, names)
    position = (Counted(value, tally) for value in (0.1, 0.2, -0.1))
    sigma = [Counted(value, tally) for value in (0.02, 0.001, 0.002, 0.03, 0.001, 0.01)]
    splat = project(view, *position, sigma, Counted(3.0, tally))
    assert splat.emitted
    return tally


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
def test_projection_is_counted_as_it_is_computed(rules):
    tally, account = counted_projection(rules), total(projection_steps(rules))
    conic = 3  # in splat_kernel: three divisions by the determinant
    # Divisions by the same number are one reciprocal and as many multiplications.
    assert account.multiplications == tally.products + tally.quotients + conic
    assert (account.squares, account.roots) == (tally.squares, tally.roots)
    assert account.reciprocals == 2
    assert account.multiplications == {"inria": 58, "gsplat": 60}[rules.name]


def test_a_ball_test_has_the_multipliers_of_the_rtl():
    text = rtlil.convert(ClusterCull(Parameters()))
    # Every product has a factor of 24 to 32 bits, and is made of two of 18x18 bits.
    counted = total(ball_test_steps()).multiplications
    assert counted == 19
    assert len(re.findall(r"cell \$mul\b", text)) == 2 * counted


def polynomials(x, y, z, degree):
    """Spherical harmonics but for constant factors, k from 1, with the fewest products."""
    terms = [y, z, x]
    if degree >= 2:
        xx, yy, zz = x * x, y * y, z * z
        xy, yz, xz = x * y, y * z, x * z
        terms += [xy, yz, 2 * zz - xx - yy, xz, xx - yy]
    if degree >= 3:
        a, b = 3 * xx - yy, xx - 3 * yy
        ya, xb = y * a, x * b
        terms += [ya, xy * z, y * (5 * zz - 1), z * (5 * zz - 3), x * (5 * zz - 1)]
        terms += [z * (xx - yy), xb]
    if degree >= 4:
        terms += [xy * (xx - yy), ya * z, xy * (7 * zz - 1), yz * (7 * zz - 3)]
        terms += [zz * (35 * zz - 30) + 3, xz * (7 * zz - 3), (xx - yy) * (7 * zz - 1), xb * z]
        terms += [xx * b - yy * a]
    return terms


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_colour_is_counted_as_it_can_be_computed(degree):
    directions = np.random.default_rng(3).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    values = []
    for direction in directions:
        tally = Tally()
        terms = polynomials(*(Counted(value, tally) for value in direction), degree)
        values.append([number(term) for term in terms])
    ratio = sh_basis(directions, degree)[:, 1:] / np.array(values)
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-9)

    steps = color_steps(degree)
    assert steps["polynomials"] == Operations(tally.products, tally.squares)
    assert steps["direction"] == Operations(3, 3, 1, 1)
    assert steps["sum over k, R, G, B"].multiplications == 3 * len(terms)


def test_colour_of_degree_0_is_a_constant_and_other_degrees_are_refused():
    assert total(color_steps(0)) == Operations()
    assert total(color_steps(3)).multiplications == 58
    with pytest.raises(InputError, match="degree 5 are not known"):
        color_steps(5)


WORK = FrameWork(gaussians=1000, tests=20, gaussians_read=300, splats_off=250, splats=240)


def test_a_frame_worked_by_hand():
    cost = frame_cost(WORK, INRIA, 3)
    assert cost.tests_of_projection == pytest.approx(19 * 20 / 58_000)
    assert cost.tests_as_projections == cost.table_of_geometry == pytest.approx(0.02)
    assert cost.saved_projection == pytest.approx(1 - (380 + 17_400) / 58_000)
    assert cost.saved_with_color == pytest.approx(1 - (380 + 17_400 + 13_920) / (58_000 + 14_500))
    assert cost.saved_bytes == pytest.approx(0.68)


def test_without_tests_and_with_everything_read_nothing_is_saved():
    off = FrameWork(1000, 0, 1000, 250, 250)
    cost = frame_cost(off, GSPLAT, 3)
    assert set(vars(cost).values()) == {0.0}


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
def test_18_800_tests_of_bonsai_cost_less_than_the_aims(rules):
    work = FrameWork(1_608_399, 18_800, 450_000, 450_000, 440_000)
    cost = frame_cost(work, rules, 3)
    assert cost.tests_of_projection < 0.01
    assert cost.table_of_geometry < 0.025


def test_a_scene_without_colour_terms_saves_as_much_with_colour():
    cost = frame_cost(WORK, INRIA, 0)
    assert cost.saved_with_color == cost.saved_projection


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splats": 251}, "contradicts itself"),
        ({"splats_off": 1001}, "contradicts itself"),
        ({"gaussians_read": 1001}, "contradicts itself"),
        ({"gaussians_read": 239}, "contradicts itself"),
        ({"splats": -1}, "contradicts itself"),
        ({"tests": -1}, "is of no scene"),
        (dict.fromkeys(vars(WORK), 0), "is of no scene"),
    ],
)
def test_impossible_work_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(WORK, **changes)
