"""`splatsieve soc`: the accelerator in a whole system, with a processor, a bus and memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import ChangesOption, JsonOption
from splatsieve.output import show_result

if TYPE_CHECKING:
    from hw.package.presets import Preset
    from sim.soc.run import DrawnFrame, SystemRun


def soc(
    context: typer.Context,
    simulate: Annotated[
        bool, typer.Option("--sim", help="Simulate the system, until its program has ended.")
    ] = False,
    board: Annotated[
        str | None,
        typer.Option(
            metavar="ecpix5|genesys2", help="Write the system of a board, for its FPGA's tools."
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="render|render_edge", help="The build that draws in it.")
    ] = "render",
    changes: ChangesOption = None,
    size: Annotated[
        str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Of the pictures, px.")
    ] = "64x64",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder for the pictures, the system's Verilog, the program."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The accelerator beside a processor: simulated, drawing by the driver in C, or for a board."""
    from golden.camera import parse_size
    from golden.errors import InputError
    from golden.files import make_folder
    from golden.image import write_png
    from sim.soc.run import run_system
    from splatsieve.builds import preset_with

    if simulate == (board is not None):
        raise InputError("one thing is to be asked for: give --sim or --board.")
    if board is not None:
        _write_board(board, preset, changes or [], output)
        return
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


def _write_board(name: str, preset: str, changes: list[str], output: Path | None) -> None:
    from golden.errors import InputError
    from golden.files import make_folder
    from hw.soc.packages import BOARD, check_packages, quiet
    from sim.rtl.design_cache import cached_design
    from splatsieve.builds import preset_with

    check_packages(BOARD)
    with quiet():
        from hw.soc.boards import BOARDS, write_board
    if name not in BOARDS:
        raise InputError(f"board {name!r} is not known: choose {', '.join(BOARDS)}.")
    if output is None:
        raise InputError("a board's files need a folder: give -o.")
    board = BOARDS[name]
    own = [f"{key}={value}" for key, value in board.parameters.items()]
    build = _drawing(preset_with(preset, [*own, *changes]), preset)
    make_folder(output)
    with quiet():
        write_board(board, cached_design(build.make, build.params), build.params, output)
    for path in sorted(path for path in output.rglob("*") if path.is_file()):
        typer.echo(f"{path}, {path.stat().st_size:,} bytes")
    typer.echo(f"{board.what}: the FPGA's tools take over at build_board.sh")


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
