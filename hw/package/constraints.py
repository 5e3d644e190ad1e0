"""Timing constraints of a preset, in SDC and XDC: one clock, and no path is an exception."""

from __future__ import annotations

PERIOD_NS = 6.667  # 150 MHz, the rate asked of `base` on an ECP5
_EVERYWHERE = """\
# One clock for all ports. No path is false or takes more cycles, and no clock domain is crossed,
# so that nothing else needs a constraint. The period is yours to change.
create_clock -name aclk -period {period} [get_ports aclk]
"""
_ALONE = """\
# {name} by itself. In a design its clock comes from outside: leave this file out there{more}.
"""


def sdc_text(name: str) -> str:
    """NAME.sdc, for Quartus, nextpnr, OpenSTA and others."""
    return _text(name, "")


def xdc_text(name: str) -> str:
    """NAME_ooc.xdc, for Vivado's runs out of context."""
    return _text(
        name, ",\n# or set its property USED_IN to {synthesis implementation out_of_context}"
    )


def _text(name: str, more: str) -> str:
    return _ALONE.format(name=name, more=more) + _EVERYWHERE.format(period=PERIOD_NS)
