"""The build that --preset and --set ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golden.params import Parameters
    from golden.rules import Rules


def picture_build(rules: Rules) -> Parameters:
    """The build whose pictures commands draw where none is named, antialiased as the rules are."""
    from hw.package.presets import PRESETS

    params: Parameters = PRESETS["render"].params
    return params.with_antialiasing(rules.antialiased)
