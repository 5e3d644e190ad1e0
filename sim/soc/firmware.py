"""The bare-metal program of the system, compiled by the Clang of the package `ziglang`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import hw
from golden.cache_folder import cache_folder
from golden.errors import InputError

HERE = Path(__file__).with_name("firmware")
DRIVER = Path(next(iter(hw.__path__))) / "driver"
REGIONS = "generated/regions.ld"
TARGET = ("-target", "riscv32-freestanding", "-mcpu=generic_rv32+m+zicsr", "-mabi=ilp32")
FLAGS = (
    *("-O2", "-std=gnu99", "-ffreestanding", "-fbuiltin", "-ffunction-sections", "-fno-pic"),
    *("-nostdlib", "-ffp-contract=off", "-D__riscv32__", "-Dhidden="),
)
# Of musl's mathematics, which the package has as source, what the driver calls.
MATH = (
    *("frexp", "hypot", "ldexp", "scalbn", "nearbyint", "rint", "pow", "pow_data", "exp_data"),
    *("log2", "log2_data", "__math_oflow", "__math_uflow", "__math_xflow", "__math_invalid"),
    "__math_divzero",
)


def build_firmware(folder: Path, headers: dict[str, str]) -> bytes:
    """The program as it lies in the system's ROM.

    Parameters
    ----------
    folder : to build in.
    headers : text by path below it: of LiteX, of the registers, of the job; memories under REGIONS.

    Raises InputError where the compiler fails.
    """
    for name, text in headers.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    program, script = folder / "firmware.elf", folder / "link.ld"
    script.write_text(headers[REGIONS] + (HERE / "sections.ld").read_text())
    litex, zig = _package("litex") / "soc", _package("ziglang") / "lib" / "libc"
    processor, musl = litex / "cores" / "cpu" / "vexriscv", zig / "musl"
    includes = [folder, DRIVER, processor, litex / "software" / "include"]
    system = [zig / "include" / "riscv-linux-musl", zig / "include" / "generic-musl"]
    system += [musl / "include", musl / "src" / "internal", musl / "arch" / "riscv32"]
    system += [musl / "arch" / "generic"]
    sources = [processor / "crt0.S", HERE / "main.c", *sorted(DRIVER.glob("*.c"))]
    sources += [musl / "src" / "math" / f"{name}.c" for name in MATH]
    sources += [musl / "src" / "fenv" / "fenv.c"]
    command = [sys.executable, "-m", "ziglang"]
    options = [f"-I{path}" for path in includes]
    options += [part for path in system for part in ("-isystem", str(path))]
    options += ["-Wl,--gc-sections", f"-Wl,-T,{script}", "-o", str(program)]
    kept = str((cache_folder() or folder) / "zig")
    environment = {"ZIG_GLOBAL_CACHE_DIR": kept, "ZIG_LOCAL_CACHE_DIR": kept}
    image = program.with_suffix(".bin")
    for arguments in (
        ["cc", *TARGET, *FLAGS, *options, *map(str, sources)],
        ["objcopy", "-O", "binary", str(program), str(image)],
    ):
        _run([*command, *arguments], environment)
    return image.read_bytes()


def _run(command: list[str], environment: dict[str, str]) -> None:
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment
    )
    if result.returncode != 0:
        errors = [line for line in result.stderr.splitlines() if "error:" in line] or ["no output"]
        raise InputError(
            f"the firmware cannot be compiled ({errors[0].strip()}): check that the package "
            "`ziglang` is whole and that there is space on the disk."
        )


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise InputError(f"{name} is not installed: run it as `uv run --extra soc splatsieve soc`.")
    return Path(spec.origin).parent
