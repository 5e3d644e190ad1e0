"""Legal parameters of the hardware, drawn at random, small enough to build in a minute."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.params import POWERS_OF_TWO, Parameters, parameter_ranges

# Larger ones only take longer to build: what is below is reached by small pictures too.
MOST = {
    "lanes": 4,
    "max_bins": 256,
    "list_pages": 256,
    "sort_entries": 1024,
    "outstanding_bursts": 32,
}
# Below these a scene of some hundred Gaussians is out of reach of the formats.
LEAST = {"center_bits": 18, "radius_bits": 16, "count_bits": 8, "base_bits": 16}
LANES = (0, 4, 16)


def random_parameters(rng: np.random.Generator) -> Parameters:
    """Every parameter anywhere in its range; drawn again until they are legal together."""
    while True:
        values = {name: _random_value(rng, name) for name in parameter_ranges()}
        values["raster_lanes"] = int(rng.choice(LANES))
        values["color_cycles"] = int(rng.choice((0, 1, 2, 4, 8)))
        try:
            return Parameters(**values)
        except ValueError:
            continue


def _random_value(rng: np.random.Generator, name: str) -> int:
    legal: Any = parameter_ranges()[name]
    low = max(legal.low, LEAST.get(name, legal.low))
    high = min(legal.high, MOST.get(name, legal.high))
    if name in POWERS_OF_TWO:
        return 1 << int(rng.integers(low.bit_length() - 1, high.bit_length()))
    return int(rng.integers(low, high + 1))
