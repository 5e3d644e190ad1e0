"""Whether a reader did right by an input: it returned, or said in one sentence what is wrong."""

from __future__ import annotations

import time
import traceback
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError, InputWarning
from tests.fuzz.readers import Reader

MOST_SECONDS = 2.0  # of CPU time for one input
MOST_RATIO = 64  # bytes of memory for each of the input and the good files beside it
SLACK_BYTES = 4 << 20
MOST_CHARACTERS = 2000  # of a sentence, names of the file in it among them


@dataclass(frozen=True)
class Verdict:
    """What a reader made of an input.

    Parameters
    ----------
    fault : what is wrong with that, one phrase; None where it is right.
    place : where it came to an end: "returned", or file and line of the error.
    detail : traceback or messages.
    """

    fault: str | None
    place: str
    detail: str = ""

    @property
    def key(self) -> str:
        """Equal for inputs that show the same fault."""
        return f"{self.fault} at {self.place}"


class Bench:
    """A folder with the good files of a reader, in which input after input is tried.

    Parameters
    ----------
    reader : to try. folder : an empty one.
    """

    def __init__(self, reader: Reader, folder: Path) -> None:
        self.reader, self.path = reader, folder / reader.file
        beside = reader.beside()
        for name, data in beside.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        self._beside_bytes = sum(map(len, beside.values()))
        self.seeds = reader.seeds()
        for seed in self.seeds:  # a first call may import modules and compile kernels
            self.verdict(seed)

    def verdict(self, data: bytes) -> Verdict:
        """Of one input; the file stays where it is, to be found should the process end here."""
        most = MOST_RATIO * (len(data) + self._beside_bytes) + SLACK_BYTES
        places, details = [], []
        for call in self.reader.calls:
            self.path.write_bytes(data)
            found = self._of_call(call, most)
            if found.fault is not None:
                return found
            places.append(found.place)
            details.append(found.detail)
        return Verdict(None, " ".join(places), " ".join(details).strip())

    def _of_call(self, call: Callable[[Path], object], most_bytes: int) -> Verdict:
        # Once started it goes on: each start and stop loses some KB for good.
        tracemalloc.start()
        tracemalloc.reset_peak()
        before, began = tracemalloc.get_traced_memory()[0], time.process_time()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = _outcome(call, self.path)
        seconds = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] - before
        if found.fault is None:
            found = next(filter(None, map(_of_warning, told)), found)
        if found.fault is None and seconds > MOST_SECONDS:
            return Verdict(f"more than {MOST_SECONDS:g} s", found.place, f"{seconds:.1f} s")
        if found.fault is None and peak > most_bytes:
            detail = f"{peak} bytes where {most_bytes} are allowed"
            return Verdict("too much memory", found.place, detail)
        return found


def _outcome(call: Callable[[Path], object], path: Path) -> Verdict:
    try:
        call(path)
    except InputError as error:
        fault = None if is_sentence(str(error)) else "an error is not one sentence"
        return Verdict(fault, _place(error), str(error))
    except Exception as error:  # whatever a reader lets through: that is what is looked for
        fault = f"{type(error).__name__} is raised"
        return Verdict(fault, _place(error), traceback.format_exc(-6))
    return Verdict(None, "returned")


def _of_warning(told: warnings.WarningMessage) -> Verdict | None:
    """The fault of a warning, where it is none of the project's or not one sentence."""
    text, place = str(told.message), f"{Path(told.filename).name}:{told.lineno}"
    if not issubclass(told.category, InputWarning):
        return Verdict(f"{told.category.__name__} is shown", place, text)
    return None if is_sentence(text) else Verdict("a warning is not one sentence", place, text)


def is_sentence(text: str) -> bool:
    """Whether it is one line that ends as a sentence does and is not too long to be read."""
    return text.endswith(".") and text.isprintable() and len(text) <= MOST_CHARACTERS


def _place(error: BaseException) -> str:
    """File and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
