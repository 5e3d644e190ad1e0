"""Components that are pipelines whose items come some cycles apart."""

from __future__ import annotations

from functools import cached_property

from amaranth.hdl import Module
from amaranth.lib.wiring import In

from hw.blocks.held_pipeline import HeldPipeline
from hw.blocks.pipeline import Block, Timed


class HeldBlock(Block):
    """A Block that is built as a HeldPipeline; it has the member start : In(1), see `start_member`.

    Attributes
    ----------
    cycles : that items are apart, 1 or more; set before the first use.
    """

    cycles: int

    @property
    def takes_start(self) -> bool:
        """Whether it is told where its items start."""
        return "start" in self.signature.members

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(HeldPipeline(m, getattr(self, "start", None), self.cycles))


class InlineBlock(Block):
    """A Block that is described in `steps`; see HeldPipeline.inline."""

    def steps(self, p: HeldPipeline, **inputs: Timed) -> dict[str, Timed]:
        """Adds the logic to a pipeline; the outputs by name, of inputs by name."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes.")

    def build(self, p: HeldPipeline) -> int:
        """Its steps between the block's own members."""
        names = [
            name for name, member in self.signature.members.items() if member.flow.name == "In"
        ]
        inputs = {name: p.input(getattr(self, name)) for name in names if name != "constants"}
        results = self.steps(p, **inputs)
        return p.finish(*((getattr(self, name), timed) for name, timed in results.items()))

    def add_to(self, m: Module) -> None:
        """Its logic is in a module that a pipeline around it has made."""
        self.__dict__["_built"] = m, 0

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(HeldPipeline(m, None, 1))


def start_member(cycles: int) -> dict[str, In]:
    """The member `start` of a HeldBlock whose items come some cycles apart; none where not."""
    return {"start": In(1)} if cycles > 1 else {}
