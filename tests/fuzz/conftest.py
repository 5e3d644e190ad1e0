"""What each of these tests leaves as it was."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """A bench traces memory as long as it is used, which makes what comes after it slow."""
    yield
    tracemalloc.stop()
