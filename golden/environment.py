"""Variables of the process's environment, set for a block alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def lent_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets variables in the block; afterwards each is what it was before, or is not there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
