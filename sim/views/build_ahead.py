"""Builds RTL in processes of its own while this one works on other things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import Literal

from golden.cache_folder import cache_folder
from golden.params import Parameters
from hw.verilog import ACCELERATOR_NAME, CULL_NAME
from sim.model.processes import held_interrupt
from sim.rtl.accelerator_harness import build_accelerator
from sim.rtl.cluster_cull_harness import ClusterCullHarness

Unit = Literal["cluster_cull", "accelerator"]


def build(unit: Unit, params: Parameters) -> None:
    """Builds a unit into the user's cache. Raises InputError where a tool is missing or fails."""
    if unit == "cluster_cull":
        ClusterCullHarness(params).build()
    else:
        build_accelerator(params)


def any_kept(unit: Unit) -> bool:
    """Whether the user's cache has such a unit, with any parameters and source."""
    folder = cache_folder()
    name = CULL_NAME if unit == "cluster_cull" else ACCELERATOR_NAME
    return folder is not None and any((folder / "rtl").glob(f"{name}-*.so"))


@contextmanager
def build_ahead(units: Sequence[tuple[Unit, Parameters]]) -> Iterator[list[Future[None]]]:
    """Begins to build the units, a process each; a future each, done when it is in the cache.

    Its result raises what `build` does. Where the block fails or is stopped the building is too.
    """
    others = active_children()
    pool = ProcessPoolExecutor(len(units), mp_context=get_context("spawn"))
    try:
        with held_interrupt():
            futures = [pool.submit(build, unit, params) for unit, params in units]
        yield futures
    except BaseException:
        for process in active_children():  # or the end of their jobs would be awaited
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
