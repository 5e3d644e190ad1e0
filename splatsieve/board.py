"""The system of a board for `splatsieve soc --board`: its files, and what tools made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hw.soc.build import Build


def write_board_files(
    name: str, preset: str, changes: list[str], output: Path | None, tools: str | None
) -> dict[str, Any]:
    """Writes the files, runs the tools where asked; the result to be shown.

    Parameters
    ----------
    name : of the board.
    output : folder.
    tools : how far the FPGA's tools go, not at all where None.

    Raises InputError where something is not known or missing, or a tool fails.
    """
    from golden.errors import InputError
    from golden.files import make_folder
    from hw.package.presets import preset_with
    from hw.soc.build import BITSTREAM, NETLIST, build_board
    from hw.soc.packages import BOARD, check_packages, quiet
    from sim.rtl.design_cache import cached_design

    check_packages(BOARD)
    with quiet():
        from hw.soc.boards import BOARDS, write_board
    if name not in BOARDS:
        raise InputError(f"board {name!r} is not known: choose {', '.join(BOARDS)}.")
    if tools not in (None, NETLIST, BITSTREAM):
        raise InputError(f"--tools {tools} is not known: choose {NETLIST} or {BITSTREAM}.")
    if output is None:
        raise InputError("a board's files need a folder: give -o.")
    board = BOARDS[name]
    own = [f"{key}={value}" for key, value in board.parameters.items()]
    build = preset_with(preset, [*own, *changes])
    if not build.has_registers:
        raise InputError(f"preset {preset} is a stage alone: choose base, wide or render.")
    make_folder(output)
    with quiet():
        write_board(board, cached_design(build.make, build.params), build.params, output)
    files = sorted(path for path in output.rglob("*") if path.is_file())
    result: dict[str, Any] = {
        "board": name,
        "what": board.what,
        "preset": " ".join([preset, *own, *changes]),
        "files": {str(path): path.stat().st_size for path in files},
    }
    return result | (_built(build_board(output, tools)) if tools else {})


def _built(build: Build) -> dict[str, Any]:
    return {
        "resources": build.resources,
        "clocks": [vars(clock) for clock in build.clocks],
        "used": {kind: list(numbers) for kind, numbers in build.used.items()},
        "seconds": {name: round(value, 1) for name, value in build.seconds.items()},
    }


def board_text(result: dict[str, Any]) -> str:
    """The result in lines."""
    lines = [f"{path}, {size:,} bytes" for path, size in result["files"].items()]
    if "resources" not in result:
        return "\n".join(
            [*lines, f"{result['what']}: the FPGA's tools take over at build_board.sh"]
        )
    lines.append(f"{result['what']}, {result['preset']}:")
    lines.append(", ".join(f"{name} {number:,}" for name, number in result["resources"].items()))
    lines += [f"{kind} {used:,} of {most:,}" for kind, (used, most) in result["used"].items()]
    lines += [
        f"clock {clock['name']}: {clock['reached_mhz']:.1f} MHz of {clock['asked_mhz']:.1f}"
        for clock in result["clocks"]
    ]
    lines.append(", ".join(f"{name} {value:.0f} s" for name, value in result["seconds"].items()))
    return "\n".join(lines)
