"""The IP core's package: testbenches, lint, FuseSoC file, C header, manifest."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from amaranth.hdl import Shape

import hw
from golden.params import Parameters
from hw.accelerator_top import AcceleratorTop
from hw.docs.interface import INTERFACE, interface_markdown
from hw.docs.timing_diagram import TIMING, WAVES, timing_svg
from hw.package.constraints import PERIOD_NS, sdc_text, xdc_text
from hw.package.ports import purpose
from hw.package.presets import PRESETS
from hw.synth.results import load
from sim.package.files import package_files
from sim.package.manifest import committed_digests, preset_digests
from sim.rtl.design_cache import cached_design
from sim.rtl.toolchain import tool_environment

FOLDER = Path(next(iter(hw.__path__)))
AGAIN = "run `uv run splatsieve docs hw`"
# 20 s and more to generate.
SLOW_WIDE = pytest.param("wide", marks=pytest.mark.slow)
SLOW_DRAWING = [
    pytest.param(name, marks=pytest.mark.slow) for name, preset in PRESETS.items() if preset.draws
]
SIMULATORS = ["verilator", "icarus"]


def design_of(preset):
    return cached_design(PRESETS[preset].make, PRESETS[preset].params)


def write_package(preset, folder):
    design = design_of(preset)
    for path, text in package_files(PRESETS[preset], design).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    return design.name


def run(command, folder):
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def build_bench(simulator, name, folder):
    """Compiles a testbench; the command that runs it."""
    sources = [f"../{name}.v", "testbench.v"]
    if simulator == "icarus":
        if shutil.which("iverilog") is None:
            pytest.skip("iverilog is not on PATH; Verilator runs the same testbench")
        built = run(["iverilog", "-Wall", "-g2005", "-o", "testbench", *sources], folder)
        assert built.stdout + built.stderr == ""
        return ["vvp", "testbench"]
    flags = ["--binary", "--timing", "--top-module", "testbench", "-Wno-fatal", "-Wno-lint"]
    # A frame of a small pack: g++'s time counts, not the simulator's. Verilator itself optimises:
    # with its -O0 `base` becomes 1,103 C++ files.
    flags += ["-Wno-style", "--output-split", "0"]
    flags += ["-MAKEFLAGS", "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"]
    built = run(["verilator", *flags, "--Mdir", "obj", *sources], folder)
    assert built.returncode == 0, built.stderr[-2000:]
    return ["./obj/Vtestbench"]


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_testbench_passes_and_can_fail(simulator, tmp_path):
    """The cluster stage: quick to compile."""
    check_bench("cull", "visible.hex", simulator, tmp_path)


@pytest.mark.parametrize(
    ("preset", "simulator"),
    [
        ("base", "icarus"),
        ("project", "icarus"),
        *(
            pytest.param(preset, simulator, marks=pytest.mark.slow)
            for preset, simulator in (
                ("base", "verilator"),
                ("project", "verilator"),
                ("wide", "icarus"),
            )
        ),
    ],
)
def test_testbench_of_other_presets(preset, simulator, tmp_path):
    check_bench(preset, "splats.hex", simulator, tmp_path)


@pytest.mark.slow
def test_testbench_of_parameters_of_ones_own(monkeypatch, tmp_path):
    params = Parameters(data_bits=128, lanes=2, burst_beats=16, antialiased=1, padded_splats=1)
    own = replace(PRESETS["base"], params=params)
    monkeypatch.setitem(PRESETS, "own", own)
    check_bench("own", "splats.hex", "verilator", tmp_path)


@pytest.mark.slow
def test_testbench_that_draws(tmp_path):
    """Every beat of a picture."""
    check_bench("render", "picture.hex", "verilator", tmp_path)


def check_bench(preset, expected, simulator, folder):
    name = write_package(preset, folder)
    bench = folder / f"{name}_tb"
    command = build_bench(simulator, name, bench)
    good = run(command, bench)
    assert good.returncode == 0
    assert re.search(r"^PASS: [1-9]\d* ", good.stdout, re.MULTILINE), good.stdout
    text = (bench / expected).read_text()
    (bench / expected).write_text(text[:-2] + ("0" if text[-2] != "0" else "1") + "\n")
    bad = run(command, bench)
    assert bad.returncode != 0
    assert "FAIL: 1 errors" in bad.stdout


def test_fusesoc_lints_and_simulates(tmp_path):
    cores = tmp_path / "cores"
    cores.mkdir()
    name = write_package("cull", cores)
    fusesoc = [str(Path(sys.executable).with_name("fusesoc")), "--cores-root", str(cores), "run"]
    targets = ["lint"] + ["sim"] * (shutil.which("iverilog") is not None)
    for target in targets:
        result = run([*fusesoc, f"--target={target}", f"splatsieve:ip:{name}"], tmp_path)
        assert result.returncode == 0, result.stderr[-2000:]
    if "sim" in targets:
        assert "PASS" in result.stdout


@pytest.mark.parametrize("compiler", [["g++", "-x", "c++"], ["gcc", "-std=c99", "-x", "c"]])
def test_c_header_compiles(compiler, tmp_path):
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"no {compiler[0]}")
    header = FOLDER / "splatsieve_regs.h"
    (tmp_path / "main.c").write_text(
        f'#include "{header}"\nint main(void) {{ return (int)SPLATSIEVE_REG_IDENTITY; }}\n'
    )
    flags = ["-Wall", "-Wextra", "-Werror", "-o", "main", "main.c"]
    assert run([*compiler, *flags], tmp_path).stderr == ""
    assert run(["./main"], tmp_path).returncode == 0


@pytest.mark.parametrize("preset", ["cull", "project", "base", SLOW_WIDE, *SLOW_DRAWING])
def test_manifest(preset):
    assert preset_digests(preset, design_of(preset)) == committed_digests(preset), AGAIN


def test_same_bytes_with_any_hash_seed(tmp_path):
    """Two processes with empty caches and other orders of Python's sets."""
    texts = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        environment = os.environ | {"PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(folder / "c")}
        command = [sys.executable, "-m", "splatsieve", "verilog", "--preset", "cull"]
        subprocess.run([*command, "-o", str(folder / "v")], env=environment, check=True)
        files = sorted(path for path in (folder / "v").rglob("*") if path.is_file())
        texts.append([(path.relative_to(folder), path.read_bytes()) for path in files])
    assert [(str(p), t) for p, t in texts[0]] == [(str(p), t) for p, t in texts[1]]
    assert len(texts[0]) == 12


def test_interface_page_and_timing():
    page = (FOLDER / INTERFACE).read_text()
    designs = {name: design_of(name) for name in ("base", "cull", "project")}
    expected = interface_markdown(designs)
    assert page == expected, AGAIN
    assert (FOLDER / TIMING).read_text() == timing_svg(), AGAIN


@pytest.mark.parametrize("preset", ["base", *SLOW_DRAWING])
def test_what_is_said_of_the_memory_port(preset):
    """Each constant is the one in the Verilog."""
    rows = [line.strip("| ").split(" | ") for line in interface_lines() if line.startswith("| `")]
    said = {
        signal.strip("` "): value
        for name, value, *_ in rows
        for signal in name.split(",")
        if re.fullmatch(r" ?`(a[rw]|[rb])(id|size|burst|cache|prot|ready)`", signal)
    }
    text = design_of(preset).text
    size = (PRESETS[preset].params.data_bits // 8).bit_length() - 1
    assert len(said) == 12
    for signal, value in said.items():
        if re.search(rf"output (\[\S+ )?m_axi_{signal};", text):
            found = re.search(rf"assign m_axi_{signal} = \d+'[hd](\w+);", text).group(1)
            assert int(found, 16) == (size if value == "log2(`data_bits`/8)" else int(value))
        else:
            assert signal[0] in "awb", signal
            assert not PRESETS[preset].draws, signal


def test_what_is_said_of_wide_ports():
    """`wide` takes long to generate, so the page derives its widths: here they are checked."""
    params = PRESETS["wide"].params
    ports = AcceleratorTop(params).signature.members
    paragraphs = "\n".join(interface_lines()).split("\n\n")
    sentence = next(" ".join(p.split()) for p in paragraphs if p.startswith("Preset `wide`"))
    said = {name: int(bits) for name, bits in re.findall(r"`(\w+)` of (\d+) bits", sentence)}
    base = AcceleratorTop(Parameters()).signature.members
    widths = {name: Shape.cast(member.shape).width for name, member in ports.items()}
    assert said == {
        name: width for name, width in widths.items() if width != Shape.cast(base[name].shape).width
    }


def interface_lines():
    return (FOLDER / INTERFACE).read_text().splitlines()


def test_timing_diagram_names_ports_and_keeps_the_rules_of_handshakes():
    ports = {port["name"] for port in design_of("base").metadata["ports"]}
    groups = [group for group in WAVES["signal"] if isinstance(group, list)]
    assert [group[0] for group in groups] == ["s_axil", "m_axi", "m_axis_splat"]
    for prefix, *waves in groups:
        levels = {}
        for wave in waves:
            for name in wave["name"].split(", "):
                assert f"{prefix}_{name}" in ports
                levels[name] = waveform(wave["wave"])
        for name in [name for name in levels if name.endswith("valid")]:
            ready = levels[name.replace("valid", "ready")]
            for cycle, (now, then) in enumerate(pairwise(levels[name])):
                # Once offered, an item stays until it is taken.
                assert now != "1" or then == "1" or ready[cycle] == "1", (prefix, name, cycle)


def waveform(text):
    """Level in each cycle; a dot keeps the one before."""
    levels = []
    for symbol in text:
        levels.append(levels[-1] if symbol == "." else symbol)
    return levels


def test_unknown_ports_have_no_purpose():
    with pytest.raises(KeyError, match="mystery"):
        purpose("mystery")


def test_parameters_of_each_preset():
    assert PRESETS["base"].params == Parameters()
    assert PRESETS["wide"].params == Parameters(data_bits=512, lanes=2)


def test_the_clock_of_the_constraints():
    """Is a port of every preset, and slower than `base` with any seed on an ECP5."""
    reached = [
        run.fmax_mhz
        for result in load()
        if (result.unit, result.device) == ("base", "ecp5")
        for run in result.placed
    ]
    assert min(reached) > 1000 / PERIOD_NS
    for text in (sdc_text("x"), xdc_text("x")):
        commands = [line for line in text.splitlines() if not line.startswith("#")]
        assert commands == [f"create_clock -name aclk -period {PERIOD_NS} [get_ports aclk]"]
    ports = {port["name"]: port["direction"] for port in design_of("base").metadata["ports"]}
    assert ports["aclk"] == "input"
