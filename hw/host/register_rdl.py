"""The register map as SystemRDL 2.0, for tools that make drivers, models and pages of one."""

from __future__ import annotations

import json

from golden.params import Parameters
from hw.host.register_map import WORD_BITS, Field, Register, register_map
from hw.host.status import STATUS_MEANINGS

# Of a field, by the access of its register: what software does, what hardware does.
ACCESS = {
    "ro": "sw = r; hw = w;",
    "rw": "sw = rw; hw = r;",
    "wo": "sw = w; hw = r; singlepulse;",
    "w1c": "sw = rw; onwrite = woclr; hw = w; hwset;",
}
CONSTANT = "sw = r; hw = na;"
# A register must have a field.
NO_FIELDS = f"    field {{ {CONSTANT} }} none[{WORD_BITS - 1}:0] = 0;"
# The names that PeakRDL knows for numbers with a sign and a binary point.
PROPERTIES = (
    "property is_signed { type = boolean; component = field; };",
    "property intwidth { type = longint unsigned; component = field; };",
    "property fracwidth { type = longint unsigned; component = field; };",
)


def system_rdl(params: Parameters, name: str) -> str:
    """One addrmap with every register and field of those parameters.

    Parameters
    ----------
    name : of the addrmap, the module's.
    """
    lines = [
        "// Registers of splatsieve, generated from hw/host/register_map.py.",
        *PROPERTIES,
        "",
        "enum status_code {",
        *(
            f"  {code.name} = {int(code)} {{ desc = {_quoted(text)}; }};"
            for code, text in STATUS_MEANINGS.items()
        ),
        "};",
        "",
        f"addrmap {name} {{",
        '  name = "splatsieve";',
        '  desc = "AXI4-Lite, a window of 4 KiB; an access outside the map answers SLVERR.";',
        f"  default regwidth = {WORD_BITS};",
        f"  default accesswidth = {WORD_BITS};",
    ]
    for register in register_map(params):
        lines += _register(register)
    return "\n".join([*lines, "};", ""])


def _register(register: Register) -> list[str]:
    fields = [_field(register, field) for field in register.fields] or [NO_FIELDS]
    return [
        "  reg {",
        f"    desc = {_quoted(register.description)};",
        *fields,
        f"  }} {register.name} @ 0x{register.offset:03x};",
    ]


def _field(register: Register, field: Field) -> str:
    last = field.first_bit + field.bits - 1
    access = ACCESS[register.access] if field.value is None else CONSTANT
    parts = [f"desc = {_quoted(field.description)};", access]
    if field.notation:
        fraction = int(field.notation.split(".")[1])
        parts += [f"intwidth = {field.bits - fraction}; fracwidth = {fraction};"]
        parts += ["is_signed = true;"] * field.signed
    if (register.name, field.name) == ("STATUS", "code"):
        parts.append("encode = status_code;")
    reset = field.value or 0
    place = f"{field.name}[{last}:{field.first_bit}] = {field.bits}'h{reset:x}"
    return f"    field {{ {' '.join(parts)} }} {place};"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
