"""A preset as an IP-XACT component (IEEE 1685-2014): ports, buses, registers, files."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hw.host.register_map import WINDOW_BITS, WORD_BITS, Field, Register, register_map
from hw.host.status import STATUS_MEANINGS
from hw.package.buses import (
    AXI,
    AXI_LITE,
    AXI_READ,
    CLOCK,
    INTERRUPT,
    RESET,
    STREAM,
    Bus,
    buses_of,
)
from hw.package.fusesoc import plain_version
from hw.package.presets import Preset
from hw.verilog import Design

IPXACT = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014"
SCHEMA = f"{IPXACT} http://www.accellera.org/XMLSchema/IPXACT/1685-2014/index.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
AMBA, SIGNAL = ("amba.com", "AMBA4"), ("xilinx.com", "signal")
# Kind of bus -> vendor, library, name and version of its definition.
DEFINITIONS = {
    AXI: (*AMBA, "AXI4", "r0p0_0"),
    AXI_READ: (*AMBA, "AXI4_RO", "r0p0_0"),
    AXI_LITE: (*AMBA, "AXI4-Lite", "r0p0_0"),
    STREAM: (*AMBA, "AXI4Stream", "r0p0_1"),
    **{kind: (*SIGNAL, kind, "1.0") for kind in (CLOCK, RESET, INTERRUPT)},
}
ACCESS = {
    "ro": ("read-only", None),
    "rw": ("read-write", None),
    "wo": ("write-only", None),
    "w1c": ("read-write", "oneToClear"),
}
MEMORY, REGISTERS, RTL = "memory", "registers", "rtl"


def component_text(preset: Preset, design: Design, files: Iterable[str]) -> str:
    """The component; the bus definitions that it names are those of AMBA, and of Vivado for clock,
    resets and interrupt.

    Parameters
    ----------
    files : of the package, by path; those of which a kind is known are listed.
    """
    ElementTree.register_namespace("ipxact", IPXACT)
    root = Element(_tag("component"), {f"{{{INSTANCE}}}schemaLocation": SCHEMA})
    _texts(root, vendor="splatsieve", library="ip", name=design.name, version=plain_version())
    ports: list[dict] = design.metadata["ports"]  # type: ignore[assignment]
    buses = SubElement(root, _tag("busInterfaces"))
    for bus in buses_of(str(port["name"]) for port in ports):
        _bus(buses, bus)
    if preset.has_registers:
        space = _named(SubElement(root, _tag("addressSpaces")), "addressSpace", MEMORY)
        _texts(space, range=f"'h{1 << preset.params.address_bits:x}", width=preset.params.data_bits)
        _memory_map(SubElement(root, _tag("memoryMaps")), register_map(preset.params))
    _model(root, design.name, ports)
    _file_sets(root, files)
    _texts(root, description=preset.what)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _tag(name: str) -> str:
    return f"{{{IPXACT}}}{name}"


def _texts(parent: Element, **texts: object) -> None:
    for name, text in texts.items():
        SubElement(parent, _tag(name)).text = str(text)


def _named(parent: Element, kind: str, name: str, description: str = "") -> Element:
    element = SubElement(parent, _tag(kind))
    _texts(element, name=name)
    if description:
        _texts(element, description=description)
    return element


def _bus(parent: Element, bus: Bus) -> None:
    interface = _named(parent, "busInterface", bus.name)
    _typed(interface, DEFINITIONS[bus.kind], bus.signals)
    mode = SubElement(interface, _tag("master" if bus.is_master else "slave"))
    if bus.kind in (AXI, AXI_READ):
        SubElement(mode, _tag("addressSpaceRef"), {"addressSpaceRef": MEMORY})
    elif bus.kind == AXI_LITE:
        SubElement(mode, _tag("memoryMapRef"), {"memoryMapRef": REGISTERS})
    if bus.parameters:
        parameters = SubElement(interface, _tag("parameters"))
        for name, value in bus.parameters.items():
            identity = f"{bus.name}.{name}"
            _texts(
                SubElement(parameters, _tag("parameter"), {"parameterId": identity}),
                name=name,
                value=value,
            )


def _typed(interface: Element, bus: tuple[str, ...], logical: dict[str, str]) -> None:
    """The bus type, and which port is which of its signals."""
    keys = ("vendor", "library", "name", "version")
    SubElement(interface, _tag("busType"), dict(zip(keys, bus, strict=True)))
    kinds = SubElement(interface, _tag("abstractionTypes"))
    kind = SubElement(kinds, _tag("abstractionType"))
    reference = dict(zip(keys, (bus[0], bus[1], f"{bus[2]}_rtl", bus[3]), strict=True))
    SubElement(kind, _tag("abstractionRef"), reference)
    maps = SubElement(kind, _tag("portMaps"))
    for physical, name in logical.items():
        pair = SubElement(maps, _tag("portMap"))
        _texts(SubElement(pair, _tag("logicalPort")), name=name)
        _texts(SubElement(pair, _tag("physicalPort")), name=physical)


def _memory_map(parent: Element, registers: tuple[Register, ...]) -> None:
    memory_map = _named(parent, "memoryMap", REGISTERS)
    block = _named(memory_map, "addressBlock", "window")
    _texts(block, baseAddress=0, range=1 << WINDOW_BITS, width=WORD_BITS, usage="register")
    for register in registers:
        element = _named(block, "register", register.name, register.description)
        _texts(element, addressOffset=f"'h{register.offset:x}", size=WORD_BITS)
        fields = register.fields or (Field("none", 0, WORD_BITS, False, "", "no bits here", 0),)
        for field in fields:
            _field(element, register, field)
    _texts(memory_map, addressUnitBits=8)


def _field(parent: Element, register: Register, field: Field) -> None:
    element = _named(parent, "field", field.name, field.description)
    access, written = ACCESS["ro" if field.value is not None else register.access]
    _texts(element, bitOffset=field.first_bit)
    reset = SubElement(SubElement(element, _tag("resets")), _tag("reset"))
    _texts(reset, value=f"'h{field.value or 0:x}")
    is_volatile = field.value is None and register.access in ("ro", "w1c")
    _texts(element, bitWidth=field.bits, volatile=str(is_volatile).lower(), access=access)
    if (register.name, field.name) == ("STATUS", "code"):
        codes = SubElement(element, _tag("enumeratedValues"))
        for code, text in STATUS_MEANINGS.items():
            value = _named(codes, "enumeratedValue", code.name, text)
            _texts(value, value=int(code))
    if written:
        _texts(element, modifiedWriteValue=written)


def _model(root: Element, name: str, ports: list[dict]) -> None:
    model = SubElement(root, _tag("model"))
    view = _named(SubElement(model, _tag("views")), "view", RTL)
    _texts(view, envIdentifier=":*Synthesis:", componentInstantiationRef=RTL)
    instantiations = SubElement(model, _tag("instantiations"))
    instantiation = _named(instantiations, "componentInstantiation", RTL)
    _texts(instantiation, language="verilog", moduleName=name)
    reference = SubElement(instantiation, _tag("fileSetRef"))
    _texts(reference, localName=RTL)
    elements = SubElement(model, _tag("ports"))
    for port in ports:
        element = _named(elements, "port", str(port["name"]), str(port["purpose"]))
        wire = SubElement(element, _tag("wire"))
        _texts(wire, direction="in" if port["direction"] == "input" else "out")
        if port["bits"] > 1:
            vector = SubElement(SubElement(wire, _tag("vectors")), _tag("vector"))
            _texts(vector, left=port["bits"] - 1, right=0)


def _file_sets(root: Element, files: Iterable[str]) -> None:
    """Verilog, testbench, driver and register descriptions."""
    sets: dict[str, list[tuple[str, str, str]]] = {}
    kinds = {".v": "verilogSource", ".c": "cSource", ".h": "cSource"}
    users = {".vlt": "verilatorConfig", ".rdl": "systemRdl", ".hex": "memoryImage", ".md": "page"}
    users |= {".sdc": "timingConstraints", ".xdc": "timingConstraints"}
    for path in files:
        end = path[path.rindex(".") :]
        name = RTL if "/" not in path and end == ".v" else "more"
        if "_tb/" in path:
            name = "bench"
        elif path.startswith("driver/") or end == ".h":
            name = "driver"
        if end in kinds or end in users:
            sets.setdefault(name, []).append((path, kinds.get(end, ""), users.get(end, "")))
    parent = SubElement(root, _tag("fileSets"))
    for name, members in sets.items():
        element = _named(parent, "fileSet", name)
        for path, kind, user in members:
            file = SubElement(element, _tag("file"))
            _texts(file, name=path)
            attributes = {"user": user} if user else {}
            SubElement(file, _tag("fileType"), attributes).text = kind or "user"
