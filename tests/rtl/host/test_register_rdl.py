"""The SystemRDL of the register map, read by a compiler of other authors: it says the same."""

import pytest
from systemrdl import RDLCompileError, RDLCompiler
from systemrdl.rdltypes import AccessType, OnWriteType

from golden.params import Parameters
from hw.host.register_map import WORD_BITS, register_map
from hw.host.register_rdl import system_rdl
from hw.host.status import STATUS_MEANINGS
from hw.package.presets import PRESETS

CASES = {name: preset.params for name, preset in PRESETS.items() if preset.has_registers}
CASES["narrow"] = Parameters(center_bits=12, radius_bits=12, address_bits=32, data_bits=64)
SOFTWARE = {"ro": AccessType.r, "rw": AccessType.rw, "wo": AccessType.w, "w1c": AccessType.rw}


def compiled(text, folder):
    path = folder / "registers.rdl"
    path.write_text(text)
    compiler = RDLCompiler()
    compiler.compile_file(str(path))
    return compiler.elaborate(top_def_name="registers").top


@pytest.mark.parametrize("params", CASES.values(), ids=CASES)
def test_it_says_what_the_map_says(params, tmp_path):
    found = list(compiled(system_rdl(params, "registers"), tmp_path).registers())
    assert len(found) == len(register_map(params))
    for node, register in zip(found, register_map(params), strict=True):
        assert (node.inst_name, node.absolute_address) == (register.name, register.offset)
        assert node.get_property("regwidth") == WORD_BITS
        assert node.get_property("desc") == register.description
        if not register.fields:
            assert [field.inst_name for field in node.fields()] == ["none"]
            continue
        for found_field, field in zip(node.fields(), register.fields, strict=True):
            check_field(found_field, register, field)


def check_field(node, register, field):
    assert (node.inst_name, node.low, node.width) == (field.name, field.first_bit, field.bits)
    assert node.get_property("desc") == field.description
    assert node.get_property("reset") == (field.value or 0)
    assert node.is_hw_writable == (field.value is None and register.access in ("ro", "w1c"))
    access = node.get_property("sw")
    assert access == (AccessType.r if field.value is not None else SOFTWARE[register.access])
    assert (node.get_property("onwrite") == OnWriteType.woclr) == (register.access == "w1c")
    numbers = [node.get_property(n, default=None) for n in ("intwidth", "fracwidth", "is_signed")]
    if field.notation:
        fraction = int(field.notation.split(".")[1])
        assert numbers == [field.bits - fraction, fraction, field.signed or None]
    else:
        assert numbers == [None, None, None]
    codes = node.get_property("encode")
    assert (codes is not None) == (field.name == "code")
    if codes is not None:
        named = {member.name: (member.value, member.rdl_desc) for member in codes}
        assert named == {code.name: (code, text) for code, text in STATUS_MEANINGS.items()}


def test_the_compiler_refuses_what_overlaps(tmp_path, capfd):
    text = system_rdl(Parameters(), "registers")
    spoilt = text.replace("} VERSION @ 0x004;", "} VERSION @ 0x000;")
    assert spoilt != text
    with pytest.raises(RDLCompileError):
        compiled(spoilt, tmp_path)
    assert "overlap" in capfd.readouterr().err
