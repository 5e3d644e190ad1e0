"""Documents in hw/ that are generated: they are what the source gives today."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image

import hw
from golden.params import Parameters
from hw.docs.block_diagram import BLOCKS, BOX_WIDTH, HEIGHT, WIDTH, blocks_svg, boxes
from hw.docs.interface import with_tables
from hw.host.register_docs import c_header, regs_markdown
from hw.host.register_rdl import system_rdl
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.verilog import accelerator_design, project_design
from sim.docs.pages import HASH_KEY, PAGE, PICTURE, page, picture, steps_hash
from sim.docs.worked_example import LATENCY_CYCLES, run_worked_example
from sim.rtl.design_cache import cached_design

FOLDER = Path(next(iter(hw.__path__)))
README = (FOLDER / "README.md").read_text()
AGAIN = "generated documents are old: run `uv run splatsieve docs hw`"
REGISTERS = {
    "regs.md": regs_markdown,
    "splatsieve_regs.h": c_header,
    "splatsieve_regs.rdl": lambda params: system_rdl(params, "splatsieve"),
}


@pytest.fixture(scope="module")
def example():
    return run_worked_example()


@pytest.mark.parametrize("name", REGISTERS)
def test_register_documents(name):
    expected = REGISTERS[name](Parameters())
    assert (FOLDER / name).read_text() == expected, AGAIN


def test_tables_of_the_readme():
    assert with_tables(README) == README, AGAIN
    with pytest.raises(ValueError, match="0 places"):
        with_tables("# a page")


def test_block_diagram():
    """As committed; each box is a module of the generated hierarchy, each port one of the top."""
    params = Parameters()
    assert (FOLDER / BLOCKS).read_text() == blocks_svg(params), AGAIN
    design = cached_design(accelerator_design, params)
    modules = set(re.findall(r"^module \\splatsieve\.([\w.]+)", design.text, re.MULTILINE))
    ports = [port["name"] for port in design.metadata["ports"]]
    shown = boxes(params)
    # 256 bits are a record: no logic is left of the beats' way to records, and no module.
    modules.add("accelerator.records")
    for box in shown:
        assert box.instance in modules or any(p.startswith(box.instance) for p in ports), box
    # A register in a stream is no box of its own.
    direct = {name for name in modules if name.count(".") <= 1}
    direct -= {"accelerator", "accelerator.splats"}
    assert direct <= {box.instance for box in shown} | {"axi_lite", "registers.slave"}
    width, height = (BOX_WIDTH, HEIGHT)
    assert all(box.x + width <= WIDTH and box.y + box.height <= height for box in shown)


def test_parameters_of_the_readme():
    """Each has its default, and the numbers beside the legal ones are refused."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) to (\d+) \|", README, re.MULTILINE)
    defaults = {field.name: field.default for field in fields(Parameters)}
    assert {name: int(value) for name, value, _, _ in rows} == defaults
    for name, _, low, high in rows:
        for value in (int(low) - 1, int(high) + 1):
            with pytest.raises(ValueError, match=rf"{name} = {value} is outside {low}\.\.{high}"):
                Parameters(**{name: value})


def test_figures_of_the_readme(example):
    params = Parameters()
    cull, first = ClusterCull(params), next(s for s in example.steps if s.row == "m_axis_splat")
    text = " ".join(README.split())
    assert f"`GaussianProject` takes {GaussianProject(params).latency_cycles} cycles" in text
    assert f"`ClusterCull` takes {cull.latency_cycles} from a cluster" in text
    assert f"{cull.request_latency_cycles} from a group" in text
    assert f"{first.cycle - 4 * LATENCY_CYCLES} + 4 L cycles" in text
    products = cached_design(project_design, params).text.count(" * ")
    assert f"| `GaussianProject` | {products} a lane |" in README


def test_every_folder_and_file_beside_it_is_in_the_readme():
    folders = [path.name for path in FOLDER.iterdir() if (path / "__init__.py").is_file()]
    assert {"stages", "frame", "bus", "host", "blocks"} <= set(folders)
    for name in [*(f"{name}/" for name in folders), *(p.name for p in FOLDER.glob("[a-z]*.py"))]:
        assert f"`{name}`" in README, name


def test_page_of_the_worked_example(example):
    assert (FOLDER / PAGE).read_text() == page(example), AGAIN


def test_picture_of_the_worked_example(example):
    with Image.open(FOLDER / PICTURE) as image:
        assert image.text[HASH_KEY] == steps_hash(example.steps), AGAIN
        assert min(image.size) > 500
    shown = [text.get_text() for axes in picture(example).axes for text in axes.texts]
    assert sorted(shown).count("m0") == 3  # read, projected, passed on


def test_the_example_shows_what_it_says(example):
    """Groups and clusters that are not seen stop there, and the steps add up to the counters."""
    at = {}
    for step in example.steps:
        at.setdefault((step.row, step.label), []).append(step.cycle)
    rows = {row: sum(len(c) for (r, _), c in at.items() if r == row) for row, _ in at}
    counters = example.counters
    assert rows["m_axi_r"] == counters["bus_beats"]
    assert rows["m_axi_ar"] == counters["bus_bursts"]
    assert rows["group test"] == counters["groups_tested"] == 3
    assert rows["cluster test"] == counters["clusters_tested"] == 4
    assert rows["fetch"] == counters["clusters_visible"] == 3
    assert rows["member"] == counters["members"] == 8
    assert rows["m_axis_splat"] == counters["splats"] == len(example.splats) == 7
    assert counters["dropped_opacity"] == 1
    assert (example.splats == example.frame.splats).all()
    for path in (("m_axi_r", "m0"), ("member", "m0"), ("m_axis_splat", "m0")):
        assert path in at
    for never in (("m_axi_r", "c4"), ("m_axi_r", "m3"), ("m_axis_splat", "m6")):
        assert never not in at
    order = [at[row, "m0"][0] for row in ("m_axi_r", "member", "m_axis_splat")]
    assert order == sorted(order)
    assert example.steps[-1].row == "irq"
