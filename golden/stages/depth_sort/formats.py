"""Numbers of depth_sort that the model and the hardware share."""

from __future__ import annotations

BUCKET_BITS = KEY_BITS // 2
