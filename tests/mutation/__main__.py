"""Changes one place of a component's source at a time, and looks whether a bench sees it."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console
from rich.progress import track

from tests.mutation.bench_run import ROOT, Copy, Verdict
from tests.mutation.benches import Component, components
from tests.mutation.mutants import Mutant, mutants_in, sampled
from tests.mutation.reasons import reasons
from tests.mutation.report import Report


def verdicts(
    component: Component, mutants: Sequence[Mutant], jobs: int, folder: Path
) -> Iterator[Verdict]:
    """Of every mutant, in their order; `jobs` of them at a time, each on a copy of its own.

    Raises ValueError where a bench does not pass without a change.
    """
    free: SimpleQueue[Copy] = SimpleQueue()
    for number in range(jobs):
        (folder / str(number)).mkdir()
        free.put(Copy(folder / str(number)))
    limits_s: dict[str, float] = {}

    def verdict(mutant: Mutant) -> Verdict:
        copy = free.get()
        try:
            return copy.verdict(mutant, component[mutant.file], limits_s)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(jobs) as pool:
        console = Console(stderr=True)
        done = pool.map(verdict, mutants)
        shown = track(done, "mutants", len(mutants), console=console,
                      disable=not console.is_terminal)  # fmt: skip
        yield from shown


def arguments(names: Sequence[str]) -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--component", action="append", choices=names, help="only this one")
    parser.add_argument("--file", action="append", default=[], help="only mutants of this source")
    parser.add_argument("--count", type=int, default=100, help="mutants of each component")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same mutants")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--json", type=Path, help="every mutant and its verdict, for a program")
    given = parser.parse_args()
    if given.count < 1 or given.jobs < 1:
        parser.error("--count and --jobs are 1 or more.")
    return given


def keep(path: Path | None, reports: Sequence[Report]) -> None:
    """Writes what is known so far to a file, where one is named."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        records = [report.record() for report in reports]
        path.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Some lines a component; 1 where fewer than 95% are caught of those that can be."""
    known, all_components = reasons(), components()
    given, reports = arguments([*all_components]), []
    for name in given.component or all_components:
        component = all_components[name]
        files = [file for file in component if not given.file or file in given.file]
        possible = mutants_in(ROOT, files)
        if not possible:
            print(f"{name} has none of these sources: name files of it.", file=sys.stderr)
            return 2
        drawn = sampled(possible, given.count, given.seed)
        found: list[Verdict] = []
        report = Report(name, len(possible), found, known)
        reports.append(report)
        with tempfile.TemporaryDirectory(prefix="mutation") as folder:
            try:
                for verdict in verdicts(component, drawn, given.jobs, Path(folder)):
                    found.append(verdict)
                    keep(given.json, reports)  # a run may take days, and be ended
            except ValueError as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 2
        print("\n".join(report.lines()), flush=True)
    return 0 if all(report.reaches_goal for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
