"""Typed decorators around numba: IEEE arithmetic, no re-association, compiled code kept on disk.

numba keeps a kernel's compiled code until the kernel's own file changes, although it holds copies
of the kernels and of the numbers that it uses from other files. So a kernel is named after those:
where one of them changes, the kernel has another name and is compiled anew.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

parallel_range = numba.prange


def parallel_kernel(function: Function) -> Function:
    """Compiles a loop over `parallel_range`; each item may write only what belongs to it."""
    return cast(Function, numba.njit(parallel=True, cache=True)(_named(function)))


def serial_kernel(function: Function) -> Function:
    """Compiles a loop that runs on one core, or a function that other kernels call."""
    return cast(Function, numba.njit(cache=True)(_named(function)))


def _named(function: Function) -> Function:
    """The function, its qualified name followed by a digest of the globals that it uses.

    Kernels count with their source and their own name, which holds those that they use in turn;
    numbers, strings and tuples with their value. Others are modules or builtins.
    """
    digest = hashlib.sha256()
    for name in sorted(set(function.__code__.co_names)):
        value = function.__globals__.get(name)
        kernel = getattr(value, "py_func", None)
        if kernel is not None:
            digest.update(f"{name}={kernel.__qualname__}:{inspect.getsource(kernel)}".encode())
        elif isinstance(value, (bool, int, float, str, tuple)):
            digest.update(f"{name}={value!r}".encode())
    function.__qualname__ += f"_{digest.hexdigest()[:12]}"
    return function
