"""What a frame's requests to memory are for, and how quickly the DRAM model serves each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from sim.model.config import ModelConfig
from sim.model.dram import play_requests
from sim.model.dram_config import DramConfig
from sim.model.memory_trace import frame_requests
from sim.model.picture_memory import PictureMemory
from sim.model.requests import Requests, contiguous

FORMAT = "splatsieve memory"


def purposes(requests: Requests, room: PictureMemory) -> dict[str, NDArray[np.bool_]]:
    """Which requests are of each purpose, by name."""
    lists = room.lists
    of_lists = (requests.address >= lists.list_address) & (
        requests.address < lists.list_address + lists.list_bytes
    )
    is_pack = requests.address < lists.list_address
    return {
        "pack, read": is_pack & ~requests.write,
        "lists, written": of_lists & requests.write,
        "lists, read": of_lists & ~requests.write,
        "picture, written": (requests.address >= room.picture_address) & requests.write,
    }


def rate_row(requests: Requests, dram: DramConfig, window: int) -> dict[str, Any]:
    """A stream alone, against as many bytes one after another in the same direction.

    Parameters
    ----------
    window : bursts among which a channel of the memory chooses.
    """
    run = play_requests(requests, dram, window)
    in_a_row = contiguous(0, requests.bytes, bool(requests.write[:1].any()))
    streaming = play_requests(in_a_row, dram, window)
    rates = run.achieved_gb_per_s, streaming.achieved_gb_per_s
    return {
        "bytes": requests.bytes,
        "requests": len(requests.size),
        "gb_per_s": rates[0],
        "streaming_gb_per_s": rates[1],
        "of_streaming": rates[0] / rates[1] if rates[1] else 0.0,
    }


def study(
    pack: Pack,
    cameras: Sequence[Camera],
    rules: Rules,
    config: ModelConfig,
    command: str,
    track: Callable[[Iterable[Camera], str], Iterable[Camera]],
) -> dict[str, Any]:
    """Every view's requests, purpose by purpose, each alone through the memory of a machine.

    Raises InputError where the machine is no build of the RTL.
    """
    dram = config.memory
    views = []
    for camera in track(cameras, "Requests"):
        requests, room = frame_requests(pack, camera, rules, config)
        rows = {}
        for name, kept in purposes(requests, room).items():
            part = Requests(requests.address[kept], requests.size[kept], requests.write[kept])
            rows[name] = rate_row(part, dram, config.reorder_window)
        views.append({"view": camera.name, "purposes": rows})
    return {
        "format": FORMAT,
        "command": command,
        "config": config.name,
        "dram": dram.name,
        "rules": rules.name,
        "views": views,
    }


def markdown(result: dict[str, Any]) -> str:
    """A row a view and purpose."""
    lines = [
        f"{result['config']}, {result['dram']}; `{result['command']}`",
        "",
        "| view | purpose | MB | requests | bytes each | GB/s | of streaming |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for view in result["views"]:
        for name, row in view["purposes"].items():
            each = row["bytes"] / row["requests"] if row["requests"] else 0
            lines.append(
                f"| {view['view']} | {name} | {row['bytes'] / 1e6:.2f} | {row['requests']:,} | "
                f"{each:,.0f} | {row['gb_per_s']:.1f} | {row['of_streaming']:.1%} |"
            )
    return "\n".join(lines)
