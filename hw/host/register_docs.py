"""The register map as a page of text and as a C header."""

from __future__ import annotations

from golden.params import Parameters
from hw.host.register_map import (
    IDENTITY,
    Field,
    Register,
    register_map,
)
from hw.host.status import STATUS_MEANINGS
from hw.host.view_macros import view_macros

PREFIX = "SPLATSIEVE"
ACCESS = {
    "ro": "read only",
    "rw": "read and write",
    "wo": "write only, reads 0",
    "w1c": "a one written clears the bit",
}


def regs_markdown(params: Parameters) -> str:
    """Every register and field of those parameters, and the status codes, as Markdown."""
    registers = register_map(params)
    lines = [
        "# Registers",
        "",
        f"AXI4-Lite, 32 bits, a window of 4 KiB, {len(registers)} registers. Byte strobes count;",
        "bits outside the fields read 0 and ignore writes, as read-only registers do. Any other",
        "address answers SLVERR. A format s26.4 is signed with 26 integer bits, the sign included,",
        "and 4 of fraction; signed fields are read with their sign extended.",
        "",
        "| Offset | Register | Access | Bits | Field | Format | Value | Meaning |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for register in registers:
        lines += _rows(register)
    lines += ["", *(f"- {short}: {text}" for short, text in ACCESS.items())]
    lines += ["", "## Codes of STATUS", "", "| Code | Name | Meaning |", "| --- | --- | --- |"]
    lines += [f"| {int(c)} | `{c.name}` | {text} |" for c, text in STATUS_MEANINGS.items()]
    return "\n".join(lines) + "\n"


def c_header(params: Parameters) -> str:
    """Offsets, masks and formats as macros, for C and C++.

    SPLATSIEVE_REG_NAME is an offset in bytes; SPLATSIEVE_NAME_FIELD_SHIFT and _MASK place a field
    (the mask is in place); _SIGNED and _FRACTION_BITS say how a number is meant; _VALUE is what a
    constant field reads for these parameters. hw/driver needs nothing else.
    """
    lines = [
        "/* Registers of splatsieve, generated from hw/host/register_map.py. */",
        f"#ifndef {PREFIX}_REGS_H",
        f"#define {PREFIX}_REGS_H",
        "",
        f"#define {PREFIX}_IDENTITY_MAGIC {_hex(IDENTITY)}",
        *(
            f"#define {PREFIX}_CODE_{code.name} {int(code)}u /* {text} */"
            for code, text in STATUS_MEANINGS.items()
        ),
    ]
    lines += ["", *_groups(params)]
    lines += ["", "/* Numbers of which a driver makes the frame constants of a camera. */"]
    lines += view_macros(params, PREFIX)
    for register in register_map(params):
        lines += ["", f"/* {register.description} ({register.access}) */"]
        lines.append(f"#define {PREFIX}_REG_{register.name} 0x{register.offset:03x}u")
        for field in register.fields:
            lines += _macros(f"{PREFIX}_{register.name}_{field.name.upper()}", field)
    return "\n".join([*lines, "", f"#endif /* {PREFIX}_REGS_H */", ""])


def _groups(params: Parameters) -> list[str]:
    """What a driver walks through: which build this is, frame constants, counters."""
    build, frame, counters = [], [], []
    for register in register_map(params):
        known = [f for f in register.fields if f.value is not None and f.name != "hardware_minor"]
        if known:
            mask = sum(field.mask for field in known)
            value = sum(int(field.value or 0) << field.first_bit for field in known)
            build.append(f"{{0x{register.offset:03x}u, {_hex(mask)}, {_hex(value)}}}")
        frame += [register.offset] * register.name.startswith("FRAME_")
        counters += [register.offset] * register.name.startswith("COUNTER_")
    return [
        "/* Offset, mask and value of each word that tells builds apart. */",
        f"#define {PREFIX}_BUILD {{{', '.join(build)}}}",
        f"#define {PREFIX}_FRAME_FIRST 0x{frame[0]:03x}u",
        f"#define {PREFIX}_FRAME_WORDS {len(frame)}u",
        f"#define {PREFIX}_COUNTER_FIRST 0x{counters[0]:03x}u",
        f"#define {PREFIX}_COUNTERS {len(counters)}u",
    ]


def _rows(register: Register) -> list[str]:
    """A table row a field; offset, name and access only in the first."""
    start = [f"0x{register.offset:03x}", f"`{register.name}`", register.access]
    if not register.fields:
        return [_row(*start, "", "", "", "", register.description)]
    rows = []
    for field in register.fields:
        last = field.first_bit + field.bits - 1
        bits = f"{last}:{field.first_bit}" if field.bits > 1 else str(last)
        value = "" if field.value is None else _shown(field.value)
        text = f"{register.description}: {field.description}" if start[0] else field.description
        rows.append(_row(*start, bits, f"`{field.name}`", field.notation, value, text))
        start = [""] * len(start)
    return rows


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _shown(value: int) -> str:
    return _hex(value).rstrip("u") if value > 0xFFFF else str(value)


def _hex(value: int) -> str:
    return f"0x{value:08x}u"


def _macros(name: str, field: Field) -> list[str]:
    values = {"SHIFT": f"{field.first_bit}u", "MASK": _hex(field.mask)}
    if field.notation:
        values["SIGNED"] = str(int(field.signed))
        values["FRACTION_BITS"] = field.notation.split(".")[1]
    if field.value is not None and field.value != IDENTITY:
        values["VALUE"] = f"{field.value}u"
    return [f"#define {name}_{part} {value}" for part, value in values.items()]
