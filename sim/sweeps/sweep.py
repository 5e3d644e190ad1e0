"""A sweep: scenes x views x clusterings x configurations, on all cores or on a Dask cluster."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import product
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import build_pack
from golden.pack.file import save_pack
from golden.rules import Rules
from golden.scene import Scene
from sim.model.config import ModelConfig
from sim.model.processes import held_interrupt
from sim.sweeps.sweep_job import Job, Machine, run_job, shapes
from sim.sweeps.sweep_table import SweepTable
from sim.views.variation import with_bandwidth, with_build, with_lanes

Done = Future[list[dict[str, Any]]]


def machines(
    configs: Sequence[ModelConfig],
    lanes: Sequence[int],
    bandwidths: Sequence[float],
    builds: Sequence[Sequence[str]] = (),
) -> list[Machine]:
    """Every configuration with every number of lanes, every bandwidth, GB/s, and every build; none:
    its own.

    Parameters
    ----------
    builds : one parameter of the hardware each, with all its values as NAME=VALUE.

    Raises InputError where the RTL or the memory has no such width, or a build is not legal.
    """
    found: dict[str, Machine] = {}
    some_lanes: Sequence[int | None] = lanes or [None]
    some_bandwidths: Sequence[float | None] = bandwidths or [None]
    every_build = list(product(*builds))
    for config, lane, bandwidth, changes in product(
        configs, some_lanes, some_bandwidths, every_build
    ):
        wide = with_build(config if lane is None else with_lanes(config, lane), changes)
        channels = config.memory.channels
        if bandwidth is not None:
            channels = with_bandwidth(config, bandwidth).memory.channels
        machine = Machine(wide, channels)
        found.setdefault(machine.sha256, machine)
    return list(found.values())


def scene_jobs(
    scene: Scene,
    name: str,
    cameras: Sequence[Camera],
    rules: Rules,
    clusterings: Sequence[ClusterOptions],
    wanted: Sequence[Machine],
    folder: Path,
    table: SweepTable,
) -> Iterator[Job]:
    """Jobs whose rows the table lacks; packs them into `folder`, which every worker must see."""
    sha256 = scene.sha256()
    for options in clusterings:
        clustering = f"{options.method} {options.clusters or 'default'}"
        pack = folder / f"{sha256[:16]}-{clustering.replace(' ', '-')}-{rules.name}.pack"
        jobs = [
            Job(name, sha256, clustering, rules.name, pack.resolve(), camera, tuple(left))
            for camera in cameras
            for group in shapes(wanted)
            if (left := _left(group, sha256, clustering, rules, pack, camera, table))
        ]
        if jobs and not pack.exists():
            save_pack(build_pack(scene, options, rules), pack)
        yield from jobs


def _left(
    group: Sequence[Machine],
    sha256: str,
    clustering: str,
    rules: Rules,
    pack: Path,
    camera: Camera,
    table: SweepTable,
) -> list[Machine]:
    """Machines of which a row is missing."""
    job = Job("", sha256, clustering, rules.name, pack, camera, ())
    return [
        machine
        for machine in group
        if any(job.key(machine, culling) not in table.rows for culling in ("on", "off"))
    ]


def run_jobs(
    jobs: Sequence[Job],
    table: SweepTable,
    executor: Executor,
    shown: Callable[[Iterable[Done]], Iterable[Done]] = iter,
) -> int:
    """Runs the jobs, adds their rows as they come; how many rows were new.

    Raises InputError where a worker is lost for good: rows that were done are kept. What is left
    then ends with the executor.
    """
    new = 0
    with held_interrupt():
        futures = [executor.submit(run_job, job) for job in jobs]
    try:
        for future in shown(as_completed(futures)):
            new += table.add(future.result())
    except BrokenProcessPool as error:
        kept = f"; {len(table.rows)} rows are kept in {table.path}" if table.rows else ""
        raise InputError(
            f"a worker process was killed (memory?){kept or ' before any row was done'}: give the "
            "same command again, with fewer --workers or more memory."
        ) from error
    return new


@contextmanager
def local_cores(workers: int | None = None) -> Iterator[Executor]:
    """A process a core of this machine, started anew so that no thread is copied.

    All are ended where what they are used for fails or is stopped.
    """
    number = workers or len(os.sched_getaffinity(0))
    others = active_children()
    executor = ProcessPoolExecutor(number, mp_context=get_context("spawn"))
    try:
        yield executor
    except BaseException:
        for process in active_children():  # or the end of their jobs would be awaited
            if process not in others:
                process.terminate()
        raise
    finally:
        executor.shutdown()


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Workers of the Dask scheduler at that address; a job of one that is lost goes to another.

    Raises InputError where `distributed` is not installed or no scheduler answers.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed.comm import connect
    except ImportError as error:
        raise InputError(
            "--scheduler needs the package distributed: install splatsieve[cluster]."
        ) from error

    async def knock() -> None:
        """Connects once, before there is a client: one that failed waits for its own thread."""
        await (await connect(address, timeout=10)).close()

    try:
        asyncio.run(knock())
        client = Client(address, timeout=10)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address[:80]!r}: start one with `dask scheduler` and "
            "give its address."
        ) from error
    with client:
        try:
            yield client.get_executor(pure=False)
        except KilledWorker as error:
            raise InputError(
                "a job killed one Dask worker after another (memory?): rows that were done are "
                "kept; give the workers more memory, and the same command again."
            ) from error
