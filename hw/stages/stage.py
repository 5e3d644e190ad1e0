"""What a stage is to the rest of the accelerator: the row from which all else about it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from amaranth.lib import data, wiring

from golden.numbers.fixed import Fixed
from golden.params import Parameters
from hw.layouts import constants_layout

Component = Callable[[Parameters], wiring.Component]


@dataclass(frozen=True)
class Counter:
    """A counter that is kept at the end of a frame and has a register.

    Parameters
    ----------
    member : its name in the stage's component.
    text : one phrase, for the documents.
    """

    member: str
    text: str


@dataclass(frozen=True)
class Link:
    """A stream between two parts.

    Parameters
    ----------
    sink : part and stream that takes, as `gaussian_fetch.i`.
    source : part and stream that gives.
    held : nothing passes while a frame is broken off.
    """

    sink: str
    source: str
    held: bool = False


@dataclass(frozen=True)
class MemoryClient:
    """A part that reads a table of the pack, or lists.

    Its part has the streams `requests` and `slots`, the inputs `table_record` (where the table
    begins) and `frame`. Where it is bounded, it has the input `table_count`, the table's records,
    and the output `outside`, a bit a frame: a run was not within the table.

    Parameters
    ----------
    part : that reads.
    table : of hw.frame.header_check.TABLES; empty where it reads what the frame itself wrote.
    queue_beats : depth of its queue in the read master, by the parameters.
    bounded : it checks its runs; otherwise they follow from what was checked before.
    """

    part: str
    table: str
    queue_beats: Callable[[Parameters], int]
    bounded: bool = True


@dataclass(frozen=True)
class Stage:
    """A row of hw.stages.rows.STAGES.

    Parameters
    ----------
    name : of the stage; its component is the part of that name.
    phase : of hw.frame.phases.PHASES, in which it works on a frame.
    parts : components by name, each reset with its phase; each has the output `busy`.
    busy : what the stage's busy means, one phrase.
    formats : frame constant -> number format, by the parameters; the component's `constants`.
    counters : register name -> counter of the component.
    links : streams into its parts.
    clients : of the read master.
    served : parts whose input `served` is the frame that may leave the stage.
    output : stream that leaves the accelerator where no later stage takes it.
    """

    name: str
    phase: str
    parts: Mapping[str, Component]
    busy: str
    formats: Callable[[Parameters], dict[str, Fixed]] | None = None
    counters: Mapping[str, Counter] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    clients: tuple[MemoryClient, ...] = ()
    served: tuple[str, ...] = ()
    output: str = ""

    @property
    def constants(self) -> str:
        """Name of its frame constants wherever they are a port."""
        return f"{self.name}_constants"

    def constants_layout(self, params: Parameters) -> data.StructLayout:
        """Shape of its frame constants; raises ValueError where it has none."""
        if self.formats is None:
            raise ValueError(f"{self.name} has no frame constants.")
        return constants_layout(self.formats(params))
