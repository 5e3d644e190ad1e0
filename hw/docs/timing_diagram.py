"""Timing of the memory port, the register port and the splats, as WaveDrom (timing.svg)."""

from __future__ import annotations

import json

TIMING = "timing.svg"
# WaveJSON: handshakes at valid and ready; what is not told is the reader's to vary.
WAVES = {
    "head": {"text": "a register write, a burst of 4 beats, and the end of a frame", "tick": 0},
    "signal": [
        {"name": "aclk", "wave": "p.................."},
        {},
        [
            "s_axil",
            {"name": "awvalid, wvalid", "wave": "01.0..............."},
            {"name": "awready, wready", "wave": "0.10..............."},
            {"name": "awaddr, wdata", "wave": "x3.x...............", "data": ["CONTROL = 1"]},
            {"name": "bvalid", "wave": "0...10............."},
            {"name": "bready", "wave": "01...0............."},
        ],
        {},
        [
            "m_axi",
            {"name": "arvalid", "wave": "0.....1.0.........."},
            {"name": "arready", "wave": "0......10.........."},
            {"name": "araddr, arlen", "wave": "x.....4.x..........", "data": ["A, 3"]},
            {"name": "rvalid", "wave": "0.........1.01.0..."},
            {"name": "rready", "wave": "1.................."},
            {"name": "rdata", "wave": "x.........55x55x...", "data": ["0", "1", "2", "3"]},
            {"name": "rlast", "wave": "0.............10..."},
        ],
        {},
        [
            "m_axis_splat",
            {"name": "tvalid", "wave": "0.............1...0"},
            {"name": "tready", "wave": "1..............01.."},
            {"name": "tdata, tkeep", "wave": "x.............66.7x", "data": ["s0", "s1", "s2"]},
            {"name": "tlast", "wave": "0................10"},
        ],
    ],
}


def timing_svg() -> str:
    """The diagram, rendered."""
    import wavedrom  # a development dependency: only who makes the documents needs it

    return str(wavedrom.render(json.dumps(WAVES)).tostring()) + "\n"
