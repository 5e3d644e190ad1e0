"""What fuzzing found, written anew: each is refused in one sentence that says what is wrong."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.fuzz import corpus
from tests.fuzz.readers import READERS
from tests.fuzz.verdict import Bench
from tests.golden.scene_io.scene_kinds import whole_file

HUGE = 10**400
MANY_DIGITS = "0x" + "f" * 4000  # more than Python writes in decimal
NO_INVERSE = {"applied_transform": [[0, 0, 0, 1]] * 3}


def signalling_rotation() -> bytes:
    """A rotation that is no number of the kind that processors tell of."""
    data = bytearray(whole_file("level0.ksplat"))
    struct.pack_into("<I", data, 4096 + 1024 + 24, 0x7FA00000)
    return bytes(data)


def ply_of(kind: str) -> bytes:
    head = f"ply\nformat ascii 1.0\nelement vertex 1\nproperty {kind} x\nend_header\n"
    return head.encode()


def activity_of(value: object) -> bytes:
    document = json.loads(corpus.activities()[0])
    document["stages"]["color"]["activity"] = value
    return json.dumps(document).encode()


def trace_of(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(corpus.traces()[0])
    change(document)
    return json.dumps(document).encode()


def cell_of(attributes: str, library: str = "") -> bytes:
    return f"library (a) {{ {library} cell (b) {{ {attributes} }} }}".encode()


def memory_of(address: str) -> bytes:
    return cell_of(f"area : 1; memory () {{ address_width : {address}; word_width : 8; }}")


def toml_of(text: bytes, key: str, value: str) -> bytes:
    """The value of one key replaced."""
    lines = text.decode().splitlines()
    return "\n".join(
        f"{key} = {value}" if ln.startswith(f"{key} ") else ln for ln in lines
    ).encode()


def preset(key: str, value: str) -> bytes:
    return toml_of(corpus.configs()[1], key, value)


def cameras_of(changes: dict[str, object]) -> bytes:
    return json.dumps(json.loads(corpus.camera_files()[2]) | changes).encode()


CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a PLY type of many letters": ("ply_text", lambda: ply_of("9" * 5000), "damaged PLY header"),
    "a rotation that signals": ("ksplat", signalling_rotation, "quats of Gaussian 0 is not a fin"),
    "an activity beyond float64": ("activity", lambda: activity_of(HUGE), "holds no activity"),
    "an activity of lists": ("activity", lambda: b"[" * 60_000, "holds no activity"),
    "an area of two points": ("liberty", lambda: cell_of("area : 1.2.3;"), "area is '1.2.3', not"),
    "an area without end": ("liberty", lambda: cell_of("area : 1e999;"), "area is '1e999', not"),
    "a leakage of words": (
        "liberty",
        lambda: cell_of("area : 1; leakage_power () { value : x y; }"),
        "value is 'x y', not a number",
    ),
    "a unit of two points": (
        "liberty",
        lambda: cell_of("area : 1;", 'leakage_power_unit : "1.2.3nW";'),
        "leakage_power_unit is '1.2.3', not a number",
    ),
    "a time of two points": (
        "liberty",
        lambda: cell_of("area : 1;", 'time_unit : "1.2.3ns";'),
        "time_unit is '1.2.3', not a number",
    ),
    "a memory beyond memory": ("liberty", lambda: memory_of("9" * 12), "bits wide where 1 to 32"),
    "a memory of less than a bit": ("liberty", lambda: memory_of("-1"), "'-1' bits wide where"),
    "a carriage return alone": ("sweep", lambda: b"scene\r,x\n", "is no table of this version"),
    "a number of many digits": ("config", lambda: preset("cores", MANY_DIGITS), "cores is 0xff"),
    "a text of many digits": ("config", lambda: preset("name", MANY_DIGITS), "name is 0xff"),
    "a long build": ("config", lambda: preset("build", f'"{"a" * 600}"'), "up to 500 characters"),
    "a build of many digits": (
        "config",
        lambda: preset("build", f'"render_edge lanes={"9" * 400}"'),
        "is no whole number in its range",
    ),
    "a key of two lines": ("dram", lambda: b'"a\\nb" = 1\n', "a b is not known"),
    "a rate of many digits": (
        "gpu",
        lambda: toml_of(corpus.gpus()[0], "fp32_tflops", MANY_DIGITS),
        "fp32_tflops is 0xff",
    ),
    "a key of many letters": ("gpu", lambda: b"a" * 5000 + b" = 1\n", "has unknown members (aaa"),
    "multiprocessors beyond float64": (
        "trace",
        lambda: trace_of(lambda d: d["device"].update(sm_count=HUGE)),
        "device sm_count is 0x",
    ),
    "kernels whose sum overflows": (
        "trace",
        lambda: trace_of(lambda d: d["views"][0]["kernels_us"].update(a=1e308, b=1e308)),
        "is longer than any frame",
    ),
    "a kernel of two lines": (
        "trace",
        lambda: trace_of(lambda d: d["views"][0]["kernels_us"].update({"a\nb": -1})),
        "kernels_us of a b is negative",
    ),
    "a transform without inverse": ("cameras", lambda: cameras_of(NO_INVERSE), "has no inverse"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_found_case(tmp_path, case):
    name, data, words = CASES[case]
    verdict = Bench(READERS[name], tmp_path).verdict(data())
    assert verdict.fault is None, verdict.detail
    assert words in verdict.detail
