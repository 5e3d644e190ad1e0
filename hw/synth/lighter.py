"""Verilog of a unit made lighter for mapping: equal modules once, no zeros to begin with."""

from __future__ import annotations

import re

_MODULE = re.compile(r"^module (\S+) ?\(.*?^endmodule$", re.MULTILINE | re.DOTALL)
_INITIAL = re.compile(
    r"^  initial begin\n((?:    \S+ ?\[\d+\] = \d+'h0+;\n)+)  end\n", re.MULTILINE
)
_WRITTEN = r"^[^=\n]*{name} ?\[[^\n]*\] <= "


def without_first_zeros(text: str) -> str:
    """Verilog whose memories begin with any value where they would begin with zeros.

    Yosys takes minutes for the words of large memories, and silicon does not have them. Tables,
    which nothing writes, stay.
    """
    return _MODULE.sub(lambda module: _without_zeros(module[0]), text)


def with_shared_modules(text: str) -> str:
    """Verilog in which modules that differ in their names alone are one.

    Amaranth writes a module for every instance. Instances of equal ones, and of those that become
    equal by it, take the first of them; the unit is the same, gate for gate.

    Parameters
    ----------
    text : as Amaranth writes it, a name of a module ending at a space.
    """
    modules = {found[1]: found[0] for found in _MODULE.finditer(text)}
    while True:
        first: dict[str, str] = {}
        others: dict[str, str] = {}
        for name, body in modules.items():
            key = body.replace(f"module {name}", "module", 1)
            if first.setdefault(key, name) != name:
                others[name] = first[key]
        if not others:
            return "\n".join(modules.values()) + "\n"
        modules = {
            name: _renamed(body, others) for name, body in modules.items() if name not in others
        }


def _renamed(body: str, others: dict[str, str]) -> str:
    """A module whose instances are of the modules that stay."""
    return re.sub(
        r"^(  )(\S+)(?=\s+\S+\s*\()",
        lambda found: found[1] + others.get(found[2], found[2]),
        body,
        flags=re.MULTILINE,
    )


def _without_zeros(module: str) -> str:
    """A module without the zeros of memories that it writes."""

    def kept(block: re.Match[str]) -> str:
        name = re.escape(block[1].split("[")[0].strip())
        return "" if re.search(_WRITTEN.format(name=name), module, re.MULTILINE) else block[0]

    return _INITIAL.sub(kept, module)
