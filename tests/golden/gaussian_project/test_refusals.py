"""Cameras that the projection's formats do not hold: one sentence each."""

from __future__ import annotations

import pytest

from golden.errors import InputError
from golden.grid import Grid
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.constants import constant_formats, gaussian_project_constants
from tests.golden.gaussian_project.projection_cases import looking

PARAMS = Parameters()
RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


@RULES
@pytest.mark.parametrize(
    ("camera", "message"),
    [
        ({"fx": 40000.0}, "has a focal length of 40000 px, more than the formats hold: choose a "),
        ({"fy": 32000.0}, "has a focal length of 32000 px, more than the formats hold"),
        ({"width": 4000, "fx": 1.0}, "degrees to the side, more than the formats hold"),
        ({"width": 1, "fx": 1.0, "fy": 2e4, "height": 16000}, None),
        ({"cx": 1e6}, ""),  # the principal point, or where the picture lies
        ({"cx": -3e6}, ""),
        ({"cy": 1e9}, ""),
    ],
)
def test_refuses(camera, message, rules):
    view = looking(**camera)
    if message is None:
        gaussian_project_constants(view, rules, Grid(-10), PARAMS)
        return
    with pytest.raises(InputError) as caught:
        gaussian_project_constants(view, rules, Grid(-10), PARAMS)
    text = str(caught.value)
    assert message in text
    assert text.endswith(".")
    assert "\n" not in text


@RULES
@pytest.mark.parametrize("grid_exponent", [-19, -10, 0, 40, 105])
@pytest.mark.parametrize(
    "camera",
    [
        {},
        {"width": 1, "height": 1, "fx": 0.1, "fy": 0.1},
        {"width": 16384, "height": 16384, "fx": 4096.0, "fy": 4096.0},
        {"width": 16384, "height": 9000, "fx": 16384.0, "fy": 16384.0},
        {"fx": 560.0, "fy": 360.0, "cx": -14.0, "cy": 100.0},
        {"seed": 3},
    ],
)
def test_constants_fit_their_formats(camera, grid_exponent, rules):
    constants = gaussian_project_constants(looking(**camera), rules, Grid(grid_exponent), PARAMS)
    ports, formats = constants.as_ports(), constant_formats(PARAMS)
    assert list(ports) == list(formats)
    for name, value in ports.items():
        assert formats[name].contains(value), (name, value, str(formats[name]))
