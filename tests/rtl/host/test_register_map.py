"""The register map and what is made of it: no overlaps, nothing left out, a C header."""

import re
import subprocess
from dataclasses import fields

import pytest

from golden.pack import VERSION as PACK_VERSION
from golden.params import Parameters
from hw.host.register_docs import c_header, regs_markdown
from hw.host.register_map import (
    CONFIGURATION,
    WINDOW_BITS,
    WORD_BITS,
    constant_register,
    counter_register,
    frame_counters,
    register_map,
    shared_formats,
)
from hw.host.status import STATUS_MEANINGS, StatusCode
from hw.stages.rows import CLUSTER_CULL, GAUSSIAN_PROJECT, stages_of
from sim.rtl.toolchain import compiler

CASES = {
    "default": Parameters(),
    "narrow": Parameters(center_bits=12, radius_bits=12, address_bits=32, data_bits=64),
    "wide": Parameters(address_bits=64, data_bits=512, lanes=8, burst_beats=256),
    "options": Parameters(antialiased=1, padded_splats=1),
    "fine": Parameters(rotation_fraction_bits=20, normal_fraction_bits=20),
}
each_case = pytest.mark.parametrize("params", CASES.values(), ids=list(CASES))


@each_case
def test_offsets_are_words_of_the_window_in_order(params):
    offsets = [register.offset for register in register_map(params)]
    assert offsets == sorted(set(offsets))
    assert all(offset % 4 == 0 and 0 <= offset < 1 << WINDOW_BITS for offset in offsets)


@each_case
def test_names_are_unique_and_macros_too(params):
    names = [register.name for register in register_map(params)]
    assert len(names) == len(set(names))
    macros = re.findall(r"#define (\w+)", c_header(params))
    assert len(macros) == len(set(macros))


@each_case
def test_fields_do_not_overlap(params):
    for register in register_map(params):
        used = 0
        for field in register.fields:
            assert field.bits > 0, register.name
            assert field.first_bit + field.bits <= WORD_BITS, register.name
            assert not used & field.mask, register.name
            assert field.first_bit >= used.bit_length(), f"{register.name} is out of order"
            used |= field.mask


@each_case
def test_every_constant_has_a_register_of_its_format(params):
    registers = {register.name: register for register in register_map(params)}
    cull, project = (stage.formats(params) for stage in (CLUSTER_CULL, GAUSSIAN_PROJECT))
    both = cull.keys() & project.keys()
    assert both == {f"rotation_{i}{j}" for i in range(3) for j in range(3)}
    for name in both:
        assert cull[name] == project[name]
    for stage in stages_of(params):
        layout = stage.constants_layout(params) if stage.formats else ()
        for name, placed in layout:
            register = registers[constant_register(name)]
            (field,) = register.fields
            assert (register.access, field.first_bit, field.bits) == ("rw", 0, placed.width)
            assert field.notation == str(shared_formats(params)[name])
            assert field.notation.startswith("s" if field.signed else "u")


@each_case
def test_every_counter_has_a_register(params):
    registers = {register.name: register for register in register_map(params)}
    for name in ("frames", *frame_counters(params)):
        register = registers[counter_register(name)]
        assert (register.access, register.fields[0].mask) == ("ro", 0xFFFFFFFF)


@each_case
def test_configuration_says_all_that_shapes_the_hardware(params):
    named = [parameter for widths in CONFIGURATION.values() for parameter in widths]
    assert sorted(named) == sorted(f.name for f in fields(Parameters))
    registers = {register.name: register for register in register_map(params)}
    for name, widths in CONFIGURATION.items():
        for parameter in widths:
            field = registers[name].field(parameter)
            assert field.value == getattr(params, parameter) < 1 << field.bits


@each_case
def test_the_pack_address_has_every_bit_of_the_bus(params):
    registers = {register.name: register for register in register_map(params)}
    for name, lowest in (("PACK_ADDRESS", 12), ("PACK_BYTES", 0)):
        low, high = (registers[f"{name}_{half}"].fields for half in ("LOW", "HIGH"))
        mask = low[0].mask | sum(field.mask for field in high) << WORD_BITS
        assert mask == (1 << params.address_bits) - (1 << lowest)


def test_identity_spells_the_magic():
    (field,) = register_map(Parameters())[0].fields
    assert field.value == 0x53504C54


@pytest.mark.parametrize(
    ("word", "value"), [(0, 0), (1, 1), (0x1FFFF, 131071), (0x20000, -131072), (0xFFFFFFFF, -1)]
)
def test_field_of_a_word_extends_its_sign(word, value):
    registers = {register.name: register for register in register_map(Parameters())}
    assert registers["FRAME_ROTATION_00"].fields[0].of(word) == value


def test_field_of_a_word_takes_its_bits():
    status = {register.name: register for register in register_map(Parameters())}["STATUS"]
    assert status.field("code").of(0xABCD00A5) == 10
    assert status.field("frames").of(0xABCD00A5) == 0xABCD
    with pytest.raises(KeyError):
        status.field("nothing")


def test_every_code_has_a_meaning():
    assert list(STATUS_MEANINGS) == list(StatusCode)
    assert [int(code) for code in StatusCode] == list(range(18))


@each_case
def test_page_names_everything(params):
    page = regs_markdown(params)
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in page.splitlines() if line.startswith("| 0x")}) == 1
    for register in register_map(params):
        row = next(row for row in rows if f"`{register.name}`" in row)
        assert row[0] == f"0x{register.offset:03x}"
        assert register.description in page
        for field in register.fields:
            assert f"`{field.name}`" in page
            assert field.description in page
            assert field.notation in page
    for code, meaning in STATUS_MEANINGS.items():
        assert f"| {int(code)} | `{code.name}` | {meaning} |" in page
    assert page.endswith("|\n")
    assert max(map(len, page.splitlines())) <= 140


@each_case
@pytest.mark.parametrize("suffix", [".c", ".cpp"])
def test_header_compiles_and_says_the_same(params, suffix, tmp_path):
    (tmp_path / "splatsieve_regs.h").write_text(c_header(params))
    claims = []
    for register in register_map(params):
        prefix = f"SPLATSIEVE_{register.name}"
        claims.append(f"SPLATSIEVE_REG_{register.name} == {register.offset}")
        for field in register.fields:
            name = f"{prefix}_{field.name.upper()}"
            claims += [f"{name}_SHIFT == {field.first_bit}", f"{name}_MASK == {field.mask}u"]
            if field.value is not None and register.name != "IDENTITY":
                claims.append(f"{name}_VALUE == {field.value}")
    claims += [f"SPLATSIEVE_CODE_{code.name} == {int(code)}" for code in StatusCode]
    claims += [
        "SPLATSIEVE_IDENTITY_MAGIC == 0x53504C54",
        f"SPLATSIEVE_VERSION_PACK_VALUE == {PACK_VERSION}",
        "SPLATSIEVE_FRAME_ROTATION_00_VALUE_SIGNED == 1",
        f"SPLATSIEVE_FRAME_ROTATION_00_VALUE_FRACTION_BITS == {params.rotation_fraction_bits}",
    ]
    # Twice, as headers are; arrays of negative length where a claim is wrong.
    text = '#include "splatsieve_regs.h"\n#include "splatsieve_regs.h"\n'
    text += "".join(f"typedef char c{n}[({c}) ? 1 : -1];\n" for n, c in enumerate(claims))
    source = tmp_path / f"try{suffix}"
    source.write_text(text)
    language = "c" if suffix == ".c" else "c++"
    flags = ["-Wall", "-Werror", "-Wno-unused-local-typedefs", "-x", language, "-c"]
    command = [compiler(), *flags, str(source), "-o", str(tmp_path / "try.o")]
    subprocess.run(command, check=True, capture_output=True, text=True)
