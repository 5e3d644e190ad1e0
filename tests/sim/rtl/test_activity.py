"""Activity of the stages' nets: what is counted, what is written and what synth reads of it."""

from __future__ import annotations

import json

import pytest

from golden.errors import InputError
from golden.params import Parameters
from hw.synth.activity import parse_activity
from sim.rtl.activity import WHOLE, Activity, stage_activity, write_activity
from tests.cli.calls import call, refuse

FRAME = {"pack": "a/b.pack", "view": "one.png", "size_px": "96x64"}


def net(name: str, toggles: int) -> str:
    return f"({name} (T0 9) (T1 1) (TZ 0) (TX 0) (TB 0) (TC {toggles}))\n"


def instance(name: str, nets: list[str], *inner: str) -> str:
    return f"(INSTANCE {name}\n(NET\n{''.join(nets)})\n{''.join(inner)})\n"


SAIF = "(SAIFILE\n" + instance(
    "TOP",
    [net("aclk", 50)],
    instance(
        WHOLE,
        [net("own", 3)],
        instance(
            "cluster_cull",
            [net("still", 0), net("a\\[0\\]", 4)],
            instance("inner", [net("b", 6), net("always_one", 1)]),
        ),
        instance("cluster_reader", [net("c", 5)]),
        instance("gaussian_fetch", [net("d", 7)]),
        instance("reader", [net("e", 8)]),
    ),
)


def test_each_net_counts_for_its_stage_and_the_whole():
    found = stage_activity(iter(SAIF.splitlines(keepends=True)), Parameters(), 10)
    assert found["cluster_cull"] == Activity(net_bits=5, moving_bits=3, transitions=15, cycles=10)
    assert found["cluster_cull"].per_cycle == 15 / (3 * 10)
    assert found["gaussian_fetch"] == Activity(1, 1, 7, 10)
    assert found["gaussian_project"].per_cycle == 0
    assert found[WHOLE] == Activity(net_bits=8, moving_bits=6, transitions=33, cycles=10)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "activity.json"
    write_activity(path, {"cluster_cull": Activity(5, 3, 15, 100)}, FRAME)
    activity = parse_activity(str(path))
    assert activity.of("cull") == activity.of("cluster_cull") == 0.05
    assert activity.frame == "view one.png of b.pack, 96x64 px"
    with pytest.raises(InputError, match="the activity of tile_bin was not measured"):
        activity.of("tile_bin")


def test_a_number_is_of_every_unit():
    assert parse_activity("0.25").of("tile_bin") == 0.25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no activity"),
        ("{}", "holds no activity"),
        ("[1]", "holds no activity"),
        (json.dumps({"format": "splatsieve activity", "frame": FRAME, "stages": 3}), "holds no"),
        (
            json.dumps({"format": "other", "frame": FRAME, "stages": {"color": {"activity": 0.1}}}),
            "holds no activity",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, text, message):
    path = tmp_path / "activity.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        parse_activity(str(path))


def test_a_number_outside_is_refused():
    with pytest.raises(InputError, match="outside 0 to 2"):
        parse_activity("3")


def test_the_model_has_no_nets(tmp_path):
    refuse("take it of --engine rtl", "frame", "none.pack", "--activity", tmp_path / "a.json")


@pytest.mark.slow  # a build of its own
def test_a_frame_of_the_rtl(tmp_path):
    pack, path = tmp_path / "default.pack", tmp_path / "activity.json"
    call("pack", "default", "-o", pack)
    words = ["--size", "96x64", "--engine", "rtl", "--activity", path, "--json"]
    result = json.loads(call("frame", pack, *words))
    assert result["mismatches"] == 0
    stages = json.loads(path.read_text())["stages"]
    assert stages[WHOLE]["cycles"] >= 0.09 * result["cycles"]
    for stage in ("cluster_cull", "gaussian_fetch", "gaussian_project"):
        assert 0 < stages[stage]["activity"] < 1
        assert stages[stage]["net_bits"] > 5_000
