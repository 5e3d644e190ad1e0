"""Typed decorators around numba: IEEE arithmetic, no re-association, compiled code kept on disk.

numba keeps a kernel's compiled code until the kernel's own file changes, although it holds copies
of the kernels and of the numbers that it uses from other files. So a kernel is named after those:
where one of them changes, the kernel has another name and is compiled anew.

Compiled code lies beside the source, or in the user's cache folder where that cannot be written.
What cannot be kept is compiled in every run: kernels work without a cache.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

from golden.cache_folder import cache_folder
from golden.errors import warn

Function = TypeVar("Function", bound=Callable[..., Any])

parallel_range = numba.prange
record_array = numba.carray  # records of a pointer, in a function for C


def parallel_kernel(function: Function) -> Function:
    """Compiles a loop over `parallel_range`; each item may write only what belongs to it."""
    return cast(Function, _compiled(function, parallel=True))


def serial_kernel(function: Function) -> Function:
    """Compiles a loop that runs on one core, or a function that other kernels call."""
    return cast(Function, _compiled(function))


def c_function(function: Callable[..., int], record: np.dtype[Any], numbers: int) -> Any:
    """A function for C: of a pointer to a record and so many int64, it returns one; `address` is
    where it lies, as long as what is returned here is kept."""
    pointer = numba.types.CPointer(numba.from_dtype(record))
    signature = numba.types.int64(pointer, *[numba.types.int64] * numbers)
    return numba.cfunc(signature)(function)


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    named = _named(function)
    _choose_cache(Path(inspect.getfile(function)).parent)
    # Nothing calls a kernel by its address: without that way in, a sixth less is compiled.
    options["no_cfunc_wrapper"] = True
    try:
        kernel = numba.njit(cache=True, **options)(named)
    except (RuntimeError, OSError):  # no folder that numba could write
        return numba.njit(**options)(named)
    _keep_if_possible(kernel)
    return kernel


def _choose_cache(beside: Path) -> None:
    """Names numba a folder where none is named and it cannot write beside the source.

    Left to itself it would take the home folder's, or one named ~ where there is no home.
    """
    place = beside / "__pycache__"
    if numba.config.CACHE_DIR or os.access(place if place.is_dir() else beside, os.W_OK):
        return
    folder = cache_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder / "numba")


def _keep_if_possible(kernel: Any) -> None:
    """Lets a kernel run where its compiled code cannot be kept or read back.

    The disk may be full, the folder deleted since it was chosen, or a file in it cut short.
    """
    cache: Any = getattr(kernel, "_cache", None)
    if not hasattr(cache, "save_overload") or not hasattr(cache, "load_overload"):
        return
    save, load = cache.save_overload, cache.load_overload

    def saved(signature: Any, data: Any) -> None:
        try:
            save(signature, data)
        except Exception as error:  # of the disk, or of a file of the cache that was cut short
            reason = getattr(error, "strerror", None) or "a file there is damaged"
            warn(
                f"compiled kernels cannot be kept in {getattr(cache, 'cache_path', 'the cache')} "
                f"({reason}): this run goes on, and the next compiles them again."
            )

    def loaded(signature: Any, context: Any) -> Any:
        try:
            return load(signature, context)
        except Exception:  # whatever a damaged file unpickles to; it is compiled again
            return None

    cache.save_overload, cache.load_overload = saved, loaded


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
