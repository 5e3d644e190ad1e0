"""Mutants that no bench can see, each with the reason."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

REASONS = Path(__file__).with_name("reasons.toml")
# equivalent: it computes the same. unreachable: only for inputs that cannot come.
# speed: the same results, later or earlier, or in more hardware.
KINDS = ("equivalent", "unreachable", "speed")


@dataclass(frozen=True)
class Reason:
    """Of a mutant.

    Parameters
    ----------
    file : path within the repository. line, becomes : what stands there, and the mutant's text.
    kind : one of KINDS. why : in a sentence.
    """

    file: str
    line: str
    becomes: str
    kind: str
    why: str

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a reason is one of {', '.join(KINDS)}, not {self.kind!r}.")

    def is_of(self, mutant: Mutant) -> bool:
        """Does it speak of this mutant?"""
        return self.file == mutant.file and (self.line, self.becomes) == mutant.lines()


def reasons(path: Path = REASONS) -> list[Reason]:
    """Those that are written down."""
    return [Reason(**given) for given in tomllib.loads(path.read_text("utf-8")).get("reason", [])]


def reason_of(mutant: Mutant, known: Sequence[Reason]) -> Reason | None:
    """The reason of a mutant, if one is written down."""
    return next((reason for reason in known if reason.is_of(mutant)), None)
