"""`splatsieve soc`: the accelerator in a whole system, with a processor, a bus and memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.board import board_text, write_board_files
from splatsieve.inputs import ChangesOption, JsonOption
from splatsieve.output import show_result

if TYPE_CHECKING:
    from hw.package.presets import Preset
    from sim.soc.run import DrawnFrame, SystemRun


def soc(
    context: typer.Context,
    simulate: Annotated[
        bool, typer.Option("--sim", help="Simulate the system until its program has ended.")
    ] = False,
    board: Annotated[
        str | None,
        typer.Option(
            metavar="ecpix5|genesys2", help="Write the system for a board, for its FPGA's tools."
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            metavar="render|render_edge|base|wide",
            help="The build in it; for a board, also one that does not draw.",
        ),
    ] = "render",
    tools: Annotated[
        str | None,
        typer.Option(
            "--tools",
            metavar="netlist|bitstream",
            help="Run the FPGA's tools on a board's files, up to this step; on an ECP5 only.",
        ),
    ] = None,
    changes: ChangesOption = None,
    size: Annotated[
        str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Size of the pictures, px.")
    ] = "64x64",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder for the pictures, the system's Verilog, the program."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate the accelerator beside a processor that runs the C driver, or build for a board."""
    from golden.camera import parse_size
    from golden.errors import InputError
    from golden.files import make_folder
    from golden.image import write_png
    from hw.package.presets import preset_with
    from sim.soc.run import run_system

    if simulate == (board is not None):
        raise InputError("one thing is to be asked for: give --sim or --board.")
    if board is not None:
        written = write_board_files(board, preset, changes or [], output, tools)
        show_result(context, written, as_json, board_text)
        return
    if tools is not None:
        raise InputError("only a board goes through the FPGA's tools: give --board with --tools.")
    chosen = _drawing(preset_with(preset, changes or []), preset)
    width, height = parse_size(size)
    if width * height > MOST_PIXELS:
        raise InputError(
            f"a picture of {width}x{height} px takes too long to simulate: choose a --size of "
            f"{MOST_PIXELS:,} px at most."
        )
    if output is not None:
        make_folder(output)
    run = run_system(chosen, (width, height))
    if output is not None:
        for name, data in run.files.items():
            path = output / name
            make_folder(path.parent)
            path.write_bytes(data)
        for n, frame in enumerate(run.frames):
            write_png(output / f"picture_{n}.png", frame.picture[..., :3] / 255)
    show_result(context, _result(run, preset, changes or [], size), as_json, _text)
    if not run.agrees:
        raise typer.Exit(1)


MOST_PIXELS = 512 * 512


def _drawing(preset: Preset, name: str) -> Preset:
    """The preset; raises InputError where it draws no picture."""
    from golden.errors import InputError

    if not preset.draws:
        raise InputError(f"preset {name} draws no picture: choose render or render_edge.")
    return preset


def _result(run: SystemRun, preset: str, changes: list[str], size: str) -> dict[str, Any]:
    return {
        "preset": " ".join([preset, *changes]),
        "size_px": size,
        "agrees": run.agrees,
        "driver_error": run.error,
        "interrupts": run.interrupts,
        "cycles": run.cycles,
        "program_bytes": run.firmware_bytes,
        "seconds": round(run.seconds, 1),
        "frames": [_frame(frame) for frame in run.frames],
    }


def _frame(frame: DrawnFrame) -> dict[str, Any]:
    return {
        "view": frame.expected.camera.name,
        "code": frame.code,
        "wrong_bytes": frame.wrong_bytes,
        "picture_bytes": frame.picture.nbytes,
        "checksum": f"{frame.checksum:08x}",
        "camera_cycles": frame.camera_cycles,
        "interrupt_cycles": frame.interrupt_cycles,
        "counters": frame.counters,
    }


def _text(result: dict[str, Any]) -> str:
    lines = [
        f"{result['preset']}, {result['size_px']} px: the program ended after "
        f"{result['cycles']:,} cycles with {result['interrupts']} interrupts and driver error "
        f"{result['driver_error']}",
    ]
    for frame in result["frames"]:
        lines.append(
            f"{frame['view']}: {frame['wrong_bytes']} of {frame['picture_bytes']:,} bytes differ "
            f"from the integer model's; constants {frame['camera_cycles']:,} cycles of the "
            f"processor, start to interrupt {frame['interrupt_cycles']:,}, frame "
            f"{frame['counters']['frame_cycles']:,}"
        )
    lines.append("as the integer model has it" if result["agrees"] else "NOT as the model has it")
    return "\n".join(lines)
