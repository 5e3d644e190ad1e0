"""Components that are only asked how long they take."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.hdl import UnusedElaboratable


@contextmanager
def unused_components() -> Iterator[None]:
    """Within it, components may be made that no design uses: amaranth warns of such as they go.

    Delete what holds one before the end.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        yield
        gc.collect()
