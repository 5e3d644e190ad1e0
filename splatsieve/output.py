"""Results as JSON that every reader takes."""

from __future__ import annotations

import json
import math


def json_text(result: object) -> str:
    """JSON of a result; null for a number that is not finite, such as the PSNR of equal pictures.

    JSON has no infinity; Python's own writer makes one up, which other readers refuse.
    """
    return json.dumps(_finite(result), indent=1, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
