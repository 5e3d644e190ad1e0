"""What the verdicts of a component's mutants come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.mutation.bench_run import Verdict
from tests.mutation.reasons import Reason, reason_of

GOAL = 0.95


@dataclass(frozen=True)
class Report:
    """Of a component.

    Parameters
    ----------
    name : of it. possible : mutants of its sources. verdicts : of those that were drawn.
    known : reasons why a mutant cannot be caught.
    """

    name: str
    possible: int
    verdicts: Sequence[Verdict]
    known: Sequence[Reason]

    def count(self, *words: str) -> int:
        """How many mutants ended so."""
        return sum(verdict.outcome.word in words for verdict in self.verdicts)

    @property
    def caught(self) -> int:
        """Mutants that some bench did not pass."""
        return sum(verdict.is_caught for verdict in self.verdicts)

    @property
    def survivors(self) -> list[tuple[Verdict, Reason | None]]:
        """Mutants that every bench passed, and why, where that is written down."""
        return [(v, reason_of(v.mutant, self.known)) for v in self.verdicts if not v.is_caught]

    @property
    def explained(self) -> int:
        """Survivors with a reason."""
        return sum(reason is not None for _, reason in self.survivors)

    @property
    def reaches_goal(self) -> bool:
        """Are at least 95% caught of the mutants that have no reason not to be?"""
        return self.caught >= GOAL * (len(self.verdicts) - self.explained)

    def lines(self) -> list[str]:
        """For a reader: the counts, then every survivor."""
        drawn, broken = len(self.verdicts), self.count("broken")
        found = [
            f"{self.name}: {drawn} of {self.possible} mutants, {self.caught} caught "
            f"({_share(self.caught, drawn)}), {broken} of them at once; "
            f"{self.explained} survivors explained, {drawn - self.caught - self.explained} not",
            f"    caught by a check or hung: {self.caught - broken} of {drawn - broken} "
            f"({_share(self.caught - broken, drawn - broken)}); caught of those that can be: "
            f"{self.caught} of {drawn - self.explained} "
            f"({_share(self.caught, drawn - self.explained)})",
        ]
        for verdict, reason in self.survivors:
            mutant = verdict.mutant
            found.append(f"    survived: {mutant.file}:{mutant.line}:{mutant.column}")
            found += [f"        {line}" for line in mutant.lines()]
            if reason is not None:
                found.append(f"        {reason.kind}: {reason.why}")
        return found

    def record(self) -> dict[str, Any]:
        """The same for a program: every mutant with its verdict."""
        return {
            "component": self.name,
            "possible": self.possible,
            "drawn": len(self.verdicts),
            "caught": self.caught,
            "broken": self.count("broken"),
            "hung": self.count("hung"),
            "explained": self.explained,
            "mutants": [self._row(verdict) for verdict in self.verdicts],
        }

    def _row(self, verdict: Verdict) -> dict[str, Any]:
        mutant, outcome = verdict.mutant, verdict.outcome
        line, becomes = mutant.lines()
        return {
            **{"file": mutant.file, "line": mutant.line, "column": mutant.column},
            **{"kind": mutant.kind, "text": line, "becomes": becomes},
            **{"outcome": outcome.word, "bench": verdict.bench, "detail": outcome.detail},
            "seconds": round(outcome.seconds, 1),
        }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "none"
