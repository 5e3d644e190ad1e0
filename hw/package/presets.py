"""The presets of `splatsieve verilog`: one table that command, documents and tests read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from golden.params import Parameters
from hw.verilog import Design, accelerator_design, cull_design, project_design, wide_design


@dataclass(frozen=True)
class Preset:
    """A top and its parameters.

    Parameters
    ----------
    what : one phrase.
    make : function of hw.verilog that generates it.
    bench : template in sim/package/tb/ of its testbench, without .v.
    params : of the hardware.
    """

    what: str
    make: Callable[[Parameters], Design]
    bench: str
    params: Parameters = field(default_factory=Parameters)

    @property
    def has_registers(self) -> bool:
        """Whether a host sets it up through registers."""
        return self.bench == "accelerator"


PRESETS = {
    "base": Preset("the accelerator, default parameters", accelerator_design, "accelerator"),
    "cull": Preset("the cluster stage alone", cull_design, "cluster_cull"),
    "project": Preset("the projection alone", project_design, "gaussian_project"),
    "wide": Preset(
        "the accelerator, 512 bits and 2 lanes",
        wide_design,
        "accelerator",
        Parameters(data_bits=512, lanes=2),
    ),
}
