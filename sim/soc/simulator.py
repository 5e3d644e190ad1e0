"""The system of LiteX compiled by Verilator, with its memories in the hands of the caller."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from types import TracebackType

import numpy as np

from sim.rtl.verilated import build_library

SOURCE = Path(__file__).with_name("harness.cpp")
BURST_COLUMNS = 8
# The Verilog of LiteX and VexRiscv is not ours to lint; LiteX writes `<=` where it has no clock.
HEAD = "`verilator_config\nlint_off\n`verilog\n/* verilator lint_off COMBDLY */\n"
MEMORY = re.compile(r"(?m)^reg \[\d+:0\] (?:rom|mem(?:_\d+)?)\[0:\d+\]")
ROM = re.compile(r"(?m)^\s*\$readmemh\(.*\n")
# VexRiscv shows signals to testbenches of its own, which keeps modules apart.
PUBLIC = re.compile(r"/\* *verilator public *\*/")


class Simulator:
    """The system at its reset, program and memory empty.

    Parameters
    ----------
    top : name of LiteX's module. verilog : its source.
    others : sources of the modules in it.
    columns : of a row of the SDRAM, where addresses go up by column, then bank, then row.
    beat_bytes : of a burst of 8 columns, a word of the model's memories.
    """

    def __init__(self, top: str, verilog: str, others: list[str], columns: int, beat_bytes: int):
        marked = MEMORY.sub(lambda found: f"{found[0]} /*verilator public_flat_rw*/", verilog)
        text = HEAD + ROM.sub("", marked) + PUBLIC.sub("", "".join(others))
        header = {"memories.h": _memories(top, marked, columns, beat_bytes)}
        self._library = ctypes.CDLL(str(build_library(top, text, SOURCE, header)))
        self._library.system_new.restype = ctypes.c_void_p
        self._library.system_run.restype = ctypes.c_uint64
        self._library.system_said.restype = ctypes.c_char_p
        self._handle = ctypes.c_void_p(self._library.system_new())

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library.system_delete(self._handle)

    def put_program(self, image: bytes) -> None:
        """Puts bytes into the ROM, from its start."""
        words = _words(image)
        self._library.system_put_rom(
            self._handle, ctypes.c_void_p(words.ctypes.data), ctypes.c_uint64(len(words))
        )

    def put(self, offset: int, data: bytes) -> None:
        """Puts bytes into the SDRAM, from an offset that is a multiple of 4."""
        words = _words(data)
        self._library.system_put(
            self._handle,
            ctypes.c_uint64(offset),
            ctypes.c_void_p(words.ctypes.data),
            ctypes.c_uint64(len(words)),
        )

    def get(self, offset: int, count: int) -> bytes:
        """Bytes of the SDRAM; both are multiples of 4."""
        words = np.zeros(count // 4, np.uint32)
        self._library.system_get(
            self._handle,
            ctypes.c_uint64(offset),
            ctypes.c_void_p(words.ctypes.data),
            ctypes.c_uint64(len(words)),
        )
        return words.tobytes()

    def run(self, limit_cycles: int) -> int:
        """Runs until the program ends its transmission, or to the limit; cycles since the reset."""
        return int(self._library.system_run(self._handle, ctypes.c_uint64(limit_cycles)))

    @property
    def said(self) -> str:
        """What came out of the UART."""
        return bytes(self._library.system_said(self._handle)).decode("ascii", "replace")


def _words(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(data + bytes(-len(data) % 4), np.uint32).copy()


def _memories(top: str, verilog: str, columns: int, beat_bytes: int) -> str:
    """C++ that finds a word in the arrays of the SDRAM's banks, of which each holds whole beats."""
    banks = re.findall(r"(?m)^reg \[\d+:0\] (mem(?:_\d+)?)\[", verilog)
    beats, words = columns // BURST_COLUMNS, beat_bytes // 4
    cases = "".join(
        f"        case {n}: return root.{top}__DOT__{bank}[at][word % {words}];\n"
        for n, bank in enumerate(banks)
    )
    return (
        "static uint32_t& rom_word(Vtop& top, uint64_t word) {\n"
        f"    return top.rootp->{top}__DOT__rom[word];\n}}\n"
        "static uint32_t& sdram_word(Vtop& top, uint64_t word) {\n"
        "    Vtop___024root& root = *top.rootp;\n"
        f"    const uint64_t beat = word / {words};\n"
        f"    const uint64_t at = beat / {beats * len(banks)} * {beats} + beat % {beats};\n"
        f"    switch (beat / {beats} % {len(banks)}) {{\n{cases}    }}\n"
        "    __builtin_unreachable();\n}\n"
    )
