"""Components: their sources, and the benches that should see a change of each, cheapest first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# File -> benches, each the words for a run of pytest.
Component = Mapping[str, tuple[str, ...]]

ROOT = Path(__file__).resolve().parents[2]
GOLDEN, RTL = "tests/golden", "tests/rtl"
# Float64 references and what only they use: not what the hardware is compared with.
FLOATS = ("reference.py", "ewa.py", "visibility.py", "counts.py", "counts_kernel.py")
FRAMES = (f"{RTL}/accelerator/test_accelerator_rtl.py", f"{RTL}/accelerator/test_picture_rtl.py")
ROWS = ("hw/stages/rows.py", "hw/stages/stage.py")  # what a stage is to those around it
LISTS = (
    f"{RTL}/tile_bin/test_lists_rtl.py -k two_lanes",
    f"{RTL}/tile_bin/test_lists_rtl.py -k one_lane",
    f"{RTL}/tile_bin/test_lists_cycles.py",
)


def proof(*names: str) -> str:
    """The proofs of control blocks, by the names of their harnesses."""
    tests = ("test_no_input_violates_it", "test_what_it_speaks_of_occurs")
    targets = [f"{RTL}/formal/test_proofs.py::{test}[{name}]" for name in names for test in tests]
    return " ".join(targets)


def block(name: str) -> str:
    """The bench of an arithmetic block."""
    return f"{RTL}/blocks/test_{name}.py"


READS, WRITES = f"{RTL}/bus/test_read_master.py", f"{RTL}/bus/test_write_master.py"
FETCHES = f"{RTL}/gaussian_fetch/test_fetch_blocks.py"


def _parts(folder: str, usual: tuple[str, ...], **own: tuple[str, ...]) -> Component:
    """The files of a folder, each with its own benches before the usual ones."""
    names = sorted(path.stem for path in (ROOT / folder).glob("*.py"))
    unknown = set(own) - set(names)
    if unknown:
        raise ValueError(f"{folder} has no {', '.join(sorted(unknown))}.")
    return {
        f"{folder}/{name}.py": (*own.get(name, ()), *usual)
        for name in names
        if name != "__init__" and f"{name}.py" not in FLOATS
    }


def _hardware() -> dict[str, Component]:
    project, tiles = f"{RTL}/gaussian_project", f"{RTL}/tile_bin/test_encode_rtl.py"
    whole = tuple(f"{project}/test_gaussian_project_{end}.py" for end in ("rtl", "bench"))
    shape, sort = f"{project}/test_screen_shape.py", (proof("merge_by_key", "merge_by_arrival"),)
    pipelines = tuple(block(name) for name in ("pipeline", "multiply", "shift", "weighted_sum"))
    return {
        "blocks": _parts(
            "hw/blocks",
            (),
            count_memory=(proof("count_memory", "late_count_memory"), LISTS[0]),
            delay=(block("pipeline"),),
            dot_product=(block("dot_product"),),
            **dict.fromkeys(
                ("held_block", "held_pipeline", "held_values", "turn_steps"),
                (block("held_pipeline"), f"{RTL}/color/test_color_blocks.py"),
            ),
            logarithm=(tiles,),
            lut_ram=(proof("read_queue"), READS),
            multiply=(block("multiply"), block("pipeline")),
            normalize=(block("normalize"),),
            pipeline=pipelines,
            pair_register=(proof("pair_register"), READS),
            shift=(block("shift"),),
            shift_product=(block("shift_product"),),
            shift_cut=(block("shift_cut"),),
            skid_buffer=(proof("skid_buffer"), tiles),
            stream_register=(proof("stream_register"), READS),
            table_function=(block("table_function"),),
            turn_pipeline=(block("turn_pipeline"),),
            weighted_sum=(block("weighted_sum"),),
        ),
        "bus": _parts(
            "hw/bus",
            (),
            axi=(proof("read_master"), READS, WRITES),
            axi_lite=(proof("axi_lite_slave"), f"{RTL}/host/test_registers.py"),
            burst_splitter=(proof("burst_splitter"), READS),
            flat_axi=(f"{RTL}/gaussian_fetch/test_gaussian_fetch_bench.py", *FRAMES),
            read_answers=(proof("read_master", "core_reset"), READS),
            read_master=(proof("read_master", "core_reset"), READS),
            read_queue=(proof("read_queue"), READS),
            record_stream=(proof("record_stream"), FETCHES),
            window_check=(proof("write_client"), WRITES),
            write_answers=(proof("write_answers"), WRITES),
            write_client=(proof("write_client"), WRITES),
            write_master=(proof("write_master"), WRITES),
            write_queue=(proof("write_client"), WRITES),
            write_sender=(proof("write_sender"), WRITES),
            write_splitter=(proof("write_client"), WRITES),
        ),
        "frame": {
            **_parts("hw/frame", FRAMES, splat_packer=(proof("splat_packer"), FETCHES)),
            **dict.fromkeys(ROWS, (f"{RTL}/host/test_register_map.py", *FRAMES)),
        },
        "host": _parts("hw/host", (f"{RTL}/host", f"{RTL}/package/test_generated_docs.py")),
        "cluster_cull": _parts(
            "hw/stages/cluster_cull",
            (f"{RTL}/cluster_cull", FRAMES[0]),
            cluster_reader=(proof("cluster_reader"),),
        ),
        "gaussian_fetch": _parts(
            "hw/stages/gaussian_fetch",
            (FETCHES, f"{RTL}/gaussian_fetch", FRAMES[0]),
            run_merger=(proof("run_merger"),),
        ),
        "gaussian_project": _parts(
            "hw/stages/gaussian_project",
            whole,
            conic=(shape, f"{project}/test_light.py"),
            cover=(f"{project}/test_cover.py",),
            depth_code=(f"{project}/test_depth_code.py",),
            footprint=(shape,),
            light=(f"{project}/test_light.py",),
            place=(f"{project}/test_place.py",),
            position=(f"{project}/test_cover.py",),
            screen_shape=(shape,),
        ),
        "color": _parts(
            "hw/stages/color", (f"{RTL}/color/test_color_blocks.py", f"{RTL}/color", FRAMES[1])
        ),
        "tile_bin": _parts(
            "hw/stages/tile_bin",
            LISTS,
            band_walker=(proof("band_walker"),),
            bin_expander=(proof("bin_expander"),),
            page_table=(proof("page_table"),),
            part_queue=(proof("part_queue", "lazy_part_queue"),),
            **dict.fromkeys(
                ("encode", "center", "splat_shape", "rectangle", "entry_spans"), (tiles,)
            ),
        ),
        "depth_sort": _parts(
            "hw/stages/depth_sort",
            LISTS,
            list_reader=(proof("list_reader"),),
            merge_pair=sort,
        ),
        "rasterize": _parts(
            "hw/stages/rasterize",
            (f"{RTL}/rasterize", FRAMES[1]),
            **dict.fromkeys(
                ("entry_parts", "entry_setup", "entry_turns", "scale_turn"),
                (f"{RTL}/rasterize/test_entry_setup.py",),
            ),
            live_memory=(f"{RTL}/rasterize/test_live_memory.py",),
            live_map=(f"{RTL}/rasterize/test_live_memory.py",),
        ),
    }


def _models() -> dict[str, Component]:
    """Integer models: by their bounds against float64, then by the RTL, which is unchanged."""
    made, color = f"{GOLDEN}/gaussian_project", f"{GOLDEN}/color"
    rtl = {
        "cluster_cull": f"{RTL}/cluster_cull/test_cluster_cull_rtl.py",
        "gaussian_fetch": f"{RTL}/gaussian_fetch/test_gaussian_fetch_bench.py",
        "gaussian_project": f"{RTL}/gaussian_project/test_gaussian_project_rtl.py",
        "color": f"{RTL}/color/test_color_rtl.py",
        "tile_bin": LISTS[0],
        "depth_sort": LISTS[0],
        "rasterize": f"{RTL}/rasterize/test_rasterize_rtl.py",
    }
    first = {
        "gaussian_project": (
            f"{made}/test_numbers.py {made}/test_integer.py {made}/test_light.py",
        ),
        "color": (f"{color}/test_integer.py {color}/test_direction.py",),
        "tile_bin": (f"{GOLDEN}/tile_bin/test_entry.py {GOLDEN}/tile_bin/test_constants.py",),
    }
    models = {
        f"model_{name}": _parts(
            f"golden/stages/{name}", (*first.get(name, ()), f"{GOLDEN}/{name}", bench)
        )
        for name, bench in rtl.items()
    }
    return {"model_numbers": _parts("golden/numbers", (f"{GOLDEN}/numbers",)), **models}


def components() -> dict[str, Component]:
    """All components by name."""
    return _hardware() | _models()
