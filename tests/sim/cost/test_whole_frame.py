"""The account to the end of the frame, by hand-worked counts."""

from dataclasses import replace

import pytest

from golden.errors import InputError
from golden.rules import INRIA
from sim.cost.accounting import FrameWork, frame_cost
from sim.cost.whole_frame import (
    SCOPES,
    BackEndWork,
    depth_sort_operations,
    implied_share,
    whole_frame_cost,
)

WORK = FrameWork(gaussians=1000, tests=20, gaussians_read=300, splats_off=250, splats=240)
BACK = BackEndWork(800, 10, 5000, 1000)


def test_a_frame_worked_by_hand():
    """58 a projection, 58 a colour, 19 a ball; 80 pairs a tile are 7 comparisons each."""
    costs = whole_frame_cost(WORK, BACK, INRIA, 3)
    off = [58_000, 58_000 + 14_500, 72_500 + 800 + 5600, 78_900 + 20_000 + 5000]
    on = [17_780, 17_780 + 13_920, 31_700 + 6400, 38_100 + 25_000]
    for scope, without, with_ in zip(SCOPES, off, on, strict=True):
        cost = costs[scope]
        assert cost.operations == without
        assert cost.projection_share == pytest.approx(58_000 / without)
        assert cost.tests_share == pytest.approx(380 / without)
        assert cost.saved == pytest.approx(1 - with_ / without)


def test_the_first_scopes_are_those_of_the_front_end():
    ours, front = whole_frame_cost(WORK, BACK, INRIA, 3), frame_cost(WORK, INRIA, 3)
    assert ours["projection"].saved == pytest.approx(front.saved_projection)
    assert ours["projection"].tests_share == pytest.approx(front.tests_of_projection)
    assert ours["color"].saved == pytest.approx(front.saved_with_color)


def test_short_lists_need_no_sorting():
    assert depth_sort_operations(10, 10) == depth_sort_operations(0, 5) == 0
    assert depth_sort_operations(16, 4) == 32


def test_what_the_papers_claims_imply():
    assert implied_share(0.383, 0.062, 0.63) == pytest.approx(0.706, abs=5e-4)


@pytest.mark.parametrize(
    "changes", [{"blended_pixel_splats": 5001}, {"tiles": 0}, {"tile_pairs": -1}]
)
def test_impossible_counts_are_refused(changes):
    with pytest.raises(InputError, match="contradicts itself"):
        replace(BACK, **changes)
