"""Typed decorators around numba: IEEE arithmetic, no re-association, compiled code kept on disk.

A compiled kernel is kept until its own file changes, so every number that another file may change
(rules, tile size) is passed in as an argument and never read as a global.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

parallel_range = numba.prange


def parallel_kernel(function: Function) -> Function:
    """Compiles a loop over `parallel_range`; each item may write only what belongs to it."""
    return cast(Function, numba.njit(parallel=True, cache=True)(function))


def serial_kernel(function: Function) -> Function:
    """Compiles a loop that runs on one core, or a function that other kernels of its file call."""
    return cast(Function, numba.njit(cache=True)(function))
