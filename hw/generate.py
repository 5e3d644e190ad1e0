"""Verilog and RTLIL of a component, as every build of the project has them."""

from __future__ import annotations

from typing import Any

from amaranth.back import rtlil, verilog
from amaranth.hdl import Elaboratable

from golden.collector import collector_paused


def verilog_text(top: Elaboratable, name: str, ports: Any = None) -> str:
    """Verilog-2005 of a component: without Amaranth's own attributes and places in the source.

    Parameters
    ----------
    top : component, or module whose `ports` are given.
    name : of the top module.
    ports : of a module that has no signature.
    """
    with collector_paused():
        return str(
            verilog.convert(top, name, ports=ports, strip_internal_attrs=True, emit_src=False)
        )


def rtlil_text(top: Elaboratable, name: str, ports: Any = None) -> str:
    """RTLIL of a component, for Yosys; parameters as of verilog_text."""
    with collector_paused():
        return str(rtlil.convert(top, name, ports=ports, emit_src=False))
