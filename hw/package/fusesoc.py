"""The FuseSoC description of a preset (CAPI2): lint and simulation without Python."""

from __future__ import annotations

import json
from importlib.metadata import version

from hw.package.presets import Preset


def core_text(preset: Preset, name: str, folder: str, vectors: list[str]) -> str:
    """NAME.core, with targets lint, sim (Icarus) and sim_verilator; see hw/verilog.md.

    Parameters
    ----------
    name : of the module.
    folder : of the testbench, beside the .core file.
    vectors : the files that it reads.
    """
    files = [f"      - {folder}/testbench.v"]
    files += [f"      - {folder}/{file}: {{file_type: user, copyto: {file}}}" for file in vectors]
    return _TEXT.format(
        name=name,
        version=plain_version(),
        what=json.dumps(preset.what),
        bench="\n".join(files),
    )


def plain_version() -> str:
    """Version of splatsieve as FuseSoC takes it: numbers only."""
    numbers = version("splatsieve").split("+")[0].split(".")
    return ".".join(part for part in numbers if part.isdigit())


_TEXT = """CAPI=2:
name: splatsieve:ip:{name}:{version}
description: {what}

filesets:
  rtl:
    files:
      - {name}.v
    file_type: verilogSource-2005
  waiver:
    files:
      - "tool_verilator ? ({name}.vlt)": {{file_type: vlt}}
  bench:
    files:
{bench}
    file_type: verilogSource-2005

targets:
  default: &default
    filesets: [rtl]
    toplevel: {name}

  lint:
    <<: *default
    filesets: [waiver, rtl]
    default_tool: verilator
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall]

  sim:
    <<: *default
    filesets: [rtl, bench]
    toplevel: testbench
    default_tool: icarus
    tools:
      icarus:
        iverilog_options: [-g2005]

  sim_verilator:
    <<: *default
    filesets: [rtl, bench]
    toplevel: testbench
    default_tool: verilator
    tools:
      verilator:
        mode: binary
        verilator_options: [--timing, -Wno-fatal, -Wno-lint, -Wno-style]
"""
