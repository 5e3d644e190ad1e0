"""Items spread over processes, a core each: what all share is sent once, results come in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import TypeVar

import numba

from golden.errors import InputError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

# Gaussians times views from which processes pay for their start, about 3 s of work each.
WORTH_PROCESSES = 15_000_000


def workers_for(gaussians: int, views: int, frames_a_view: int = 1) -> int:
    """Processes for that many views of that many Gaussians: one a core of this machine, or 1.

    Parameters
    ----------
    frames_a_view : on other machines from the same counts; three take as long as a view's counts.
    """
    if gaussians * views * (2 + frames_a_view) < 3 * WORTH_PROCESSES:
        return 1
    return min(len(os.sched_getaffinity(0)), views)


def spread_over(
    function: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    workers: int,
) -> Iterator[Result]:
    """function(shared, item) of every item, in order; item i is done by worker i mod `workers`.

    With one worker all is done here. Otherwise each process is started anew, so that no thread is
    copied, and its kernels run on one core.

    Parameters
    ----------
    function : of a module, so that it can be named to another process.

    Raises what the function raises, and InputError where a process is killed.
    """
    if workers == 1:
        yield from (function(shared, item) for item in items)
        return
    context = get_context("spawn")
    ends: list[Connection] = []
    processes = []
    try:
        for worker in range(workers):
            here, there = context.Pipe(duplex=False)
            work = (function, shared, items[worker::workers], there)
            process = context.Process(target=_work, args=work, daemon=True)
            with held_interrupt():
                process.start()
            there.close()  # so that its end is seen where the process dies
            ends.append(here)
            processes.append(process)
        for number in range(len(items)):
            yield _received(ends[number % workers])
    finally:
        for process in processes:
            process.terminate()
            process.join()


@contextmanager
def held_interrupt() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C; this one sees it afterwards."""
    # Python starts its tracker with the first process, and lets Ctrl-C through when it has.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _received(end: Connection) -> Result:  # type: ignore[type-var]
    try:
        result, error = end.recv()
    except EOFError as lost:
        raise InputError(
            "a worker process was killed (memory?): give the command fewer views or more memory."
        ) from lost
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _work(
    function: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    end: Connection,
) -> None:
    """The life of a worker."""
    numba.set_num_threads(1)
    for item in items:
        try:
            end.send((function(shared, item), None))
        except Exception as error:
            end.send((None, error))
            return
