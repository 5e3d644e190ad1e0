"""Colours of a view's splats against the float64 reference of the whole scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.scene import Scene
from golden.stages.color.formats import LARGEST_COLOR
from golden.stages.color.reference import color_reference
from sim.views.color import ColorFrame

# What a channel may be off by and still count as right.
COLOR_BOUND = 2.0**-6


@dataclass(frozen=True)
class ColorCheck:
    """A view's colours against those of the scene as it was trained, cut at LARGEST_COLOR.

    Parameters
    ----------
    color_rms, color_largest : of the difference, over all splats and channels.
    color_off_fraction : of the splats, those with a channel that is off by more than COLOR_BOUND.
    """

    color_rms: float
    color_largest: float
    color_off_fraction: float


def check_colors(scene: Scene, camera: Camera, frame: ColorFrame) -> ColorCheck:
    """The check of one view; the scene must be the pack's own."""
    exact = color_reference(scene, camera, frame.projected.splats)
    off = np.abs(np.minimum(frame.colors, LARGEST_COLOR) - np.minimum(exact, LARGEST_COLOR))
    if not len(off):
        return ColorCheck(0.0, 0.0, 0.0)
    return ColorCheck(
        color_rms=float(np.sqrt(np.mean(off**2))),
        color_largest=float(off.max()),
        color_off_fraction=float((off > COLOR_BOUND).any(axis=1).mean()),
    )
