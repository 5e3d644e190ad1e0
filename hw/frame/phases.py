"""The phases of a frame: what works on it together, and is reset together.

Frames follow one another phase by phase; two are under way at most. The younger one enters the
front once the older one has left it, and the phases behind it, all at once, at the older one's
turn: where that begins to be drawn, or, in a build that draws nothing beside them, where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from golden.params import Parameters

# Of a frame: its front begins; it begins with no other under way; the older one makes way for it.
Event = Literal["begin", "alone", "turn"]


@dataclass(frozen=True)
class Phase:
    """A part of the course of a frame.

    Parameters
    ----------
    name : lower case; hw.stages.stage.Stage names it.
    text : what happens in it.
    resets : events at which its parts begin anew; they do so too where a frame is broken off.
    """

    name: str
    text: str
    resets: tuple[Event, ...]


PHASES = (
    Phase("cull", "header, groups and clusters are read and tested", ("begin",)),
    # Holds members of both frames, in order: it goes on from one to the next.
    Phase("fetch", "Gaussians of visible clusters are read", ("alone",)),
    Phase("project", "members are projected, and what comes of them is taken", ("alone", "turn")),
)
LIST = Phase("list", "splats are put into the lists of their bins", ("alone", "turn"))
# Clears its memories behind a reset, longer than the next frame can wait.
RENDER = Phase("render", "lists are put in order and drawn", ("alone",))
FRONT, *BEHIND = (phase.name for phase in PHASES)


def phases_of(params: Parameters) -> tuple[Phase, ...]:
    """The phases of a frame in a build of these parameters."""
    return (*PHASES, LIST, RENDER) if params.raster_lanes else PHASES


def draws_beside(params: Parameters) -> bool:
    """Whether a frame is drawn beside the streaming of the next one."""
    return params.raster_lanes > 0 and params.list_memories > 1
