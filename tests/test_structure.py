"""The shape of the project: imports go down only, in no circle; each stage lies where it should."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# From the lowest up: a layer imports from itself and from those before it.
LAYERS = ("golden", "hw", "sim", "reports", "splatsieve")
STAGES = (
    *("cluster_cull", "gaussian_fetch", "gaussian_project"),
    *("color", "tile_bin", "depth_sort", "rasterize"),
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, modules: set[str]) -> set[str]:
    """Modules of the project that a file imports, within functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute."
            names = {f"{node.module}.{name.name}" for name in node.names}
            # `from package import module` is of the module.
            found |= {name if name in modules else str(node.module) for name in names}
    return found & modules


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Module -> modules of the project that it imports."""
    paths = {module_name(p): p for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))}
    names = set(paths)
    return {name: imported(path, names) - {name} for name, path in paths.items()}


def layer_of(module: str) -> int:
    return LAYERS.index(module.split(".")[0])


def upward(graph: dict[str, set[str]]) -> list[str]:
    return [
        f"{name} imports {other}"
        for name, others in graph.items()
        for other in others
        if layer_of(other) > layer_of(name)
    ]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of modules, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def folders(graph: dict[str, set[str]], layer: str) -> dict[str, set[str]]:
    """The wings of a layer: folder below it -> folders below it that it imports from."""
    wings = {name.split(".")[1] for name in graph if re.match(rf"{layer}\.\w+\.\w+", name)}
    wing_graph: dict[str, set[str]] = {wing: set() for wing in wings}
    for name, others in graph.items():
        for other in others:
            pair = [m.split(".")[1] for m in (name, other) if m.startswith(f"{layer}.")]
            if len(pair) == 2 and pair[0] != pair[1] and wings >= set(pair):
                wing_graph[pair[0]].add(pair[1])
    return wing_graph


def test_the_project_has_modules_and_imports(graph):
    assert len(graph) > 200
    assert sum(map(len, graph.values())) > 500


def test_nothing_is_imported_from_a_layer_above(graph):
    assert upward(graph) == []


def test_no_modules_import_each_other_in_a_circle(graph):
    assert circle(graph) == []


@pytest.mark.parametrize("layer", ["sim", "reports"])
def test_the_wings_of_a_layer_are_in_order(graph, layer):
    assert circle(folders(graph, layer)) == []


def test_a_circle_and_an_upward_import_are_seen(graph):
    broken = {name: set(others) for name, others in graph.items()}
    broken["golden.params"].add("hw.accelerator")
    assert upward(broken) == ["golden.params imports hw.accelerator"]
    assert {"golden.params", "hw.accelerator"} <= set(circle(broken))


def test_the_hardware_imports_no_model_and_no_clustering(graph):
    for name, others in graph.items():
        if name.startswith("hw."):
            forbidden = [
                other
                for other in others
                if other.startswith("golden.clustering") or other.endswith((".integer", ".view"))
            ]
            assert forbidden == [], name


def test_the_cycle_model_imports_no_simulation(graph):
    for name, others in graph.items():
        if name.startswith("sim.model"):
            assert not [other for other in others if other.startswith("sim.rtl")], name


def paths_by_stage() -> dict[str, list[str]]:
    """Stage -> the paths in its rows of the table of hw/README.md."""
    page = (ROOT / "hw" / "README.md").read_text(encoding="utf-8")
    table = page.split("<!-- stages -->")[1].split("<!-- end -->")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    paths: dict[str, list[str]] = {}
    for row in rows:
        found = re.findall(r"`([\w/]+\.py)`", " ".join(row[1:]))
        paths.setdefault(row[0].strip("`"), []).extend(found)
    return paths


def test_each_stage_has_its_row_of_paths():
    assert tuple(paths_by_stage()) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_what_the_table_names_is_there_and_what_is_there_is_named(stage):
    paths = paths_by_stage()[stage]
    for path in paths:
        assert (ROOT / path).is_file(), path
        assert stage in path, path
    usual = (
        f"golden/stages/{stage}/reference.py",
        f"golden/stages/{stage}/integer.py",
        f"hw/stages/{stage}/{stage}.py",
        f"hw/stages/{stage}/row.py",
        f"sim/model/stages/{stage}.py",
        f"tests/rtl/{stage}/bench_{stage}.py",
    )
    for path in usual:
        assert (path in paths) == (ROOT / path).is_file(), path


def test_no_stage_lies_elsewhere():
    for folder in ("golden/stages", "hw/stages", "sim/model/stages"):
        found = {p.name for p in (ROOT / folder).iterdir() if p.is_dir() and p.name[0] != "_"}
        assert found <= set(STAGES), folder
