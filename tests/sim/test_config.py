"""The accelerator's configuration: presets, files, refusals, and the machine made wider."""

from dataclasses import asdict

import pytest

from golden.errors import InputError
from sim.config import (
    PRESETS,
    RATES,
    at_bandwidth,
    bandwidth_ratio,
    load_config,
    preset_names,
)

BASE = (PRESETS / "base.toml").read_text()


def changed(key: str, line: str) -> str:
    """The text of the preset with the line of one key replaced."""
    lines = BASE.splitlines()
    (index,) = [i for i, text in enumerate(lines) if text.startswith(f"{key} =")]
    return "\n".join([*lines[:index], line, *lines[index + 1 :]])


def test_base_is_one_lane_of_lpddr4_at_1_ghz():
    config = load_config("base")
    assert (config.name, config.clock_mhz, config.memory_gb_per_s) == ("base", 1000, 51.2)
    assert config.cluster_tests_per_cycle == config.project_lanes == config.color_lanes == 1
    assert config.memory_bytes_per_cycle == pytest.approx(51.2)
    assert config.time_ms(2_000_000) == 2.0


def test_every_preset_loads_and_is_named_after_its_file():
    assert "base" in preset_names()
    for name in preset_names():
        assert load_config(name).name == name


def test_a_file_loads_like_a_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(changed("clock_mhz", "clock_mhz = 512.5"))
    assert asdict(load_config(str(path))) == asdict(load_config("base")) | {"clock_mhz": 512.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("clock_mhz = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        ("name = 'a'\nname = 'b'", "is not TOML"),
        (BASE + "\nlanes = 4", "lanes is not known"),
        (BASE + "\n[rates]\nx = 1", "rates is not known"),
        (changed("sort_passes", ""), "sort_passes is missing"),
        (changed("name", ""), "name is missing"),
        (changed("name", "name = 7"), "name is 7 where text is needed"),
        (changed("name", "name = ''"), "name is not one line of text"),
        (changed("name", "name = 'a\\n'").replace("'a\\n'", '"a\\n"'), "name is not one line"),
        (changed("clock_mhz", "clock_mhz = '1 GHz'"), "clock_mhz is '1 GHz' where a number"),
        (changed("clock_mhz", "clock_mhz = true"), "clock_mhz is True where a number"),
        (changed("clock_mhz", "clock_mhz = 0"), "clock_mhz is 0 where a number from"),
        (changed("clock_mhz", "clock_mhz = -1.0"), "clock_mhz is -1.0 where a number from"),
        (changed("clock_mhz", "clock_mhz = nan"), "clock_mhz is nan where a number from"),
        (changed("clock_mhz", "clock_mhz = inf"), "clock_mhz is inf where a number from"),
        (changed("memory_gb_per_s", "memory_gb_per_s = 1e-300"), "memory_gb_per_s is 1e-300"),
        (changed("project_lanes", "project_lanes = 1.5"), "project_lanes is 1.5 where a whole"),
        (changed("project_lanes", "project_lanes = false"), "project_lanes is False where a whole"),
        (changed("project_lanes", "project_lanes = 0"), "project_lanes is 0 where a number from"),
        (changed("color_lanes", f"color_lanes = 1{'0' * 400}"), "color_lanes is 1000"),
        (changed("color_lanes", "color_lanes = [1]"), "color_lanes is [1] where a whole"),
        (changed("color_lanes", "color_lanes = {a = 1}"), "color_lanes is {'a': 1} where a whole"),
    ],
)
def test_refusals_are_one_sentence_with_the_file(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as refused:
        load_config(str(path))
    sentence = str(refused.value)
    assert message in sentence
    assert str(path) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400


@pytest.mark.parametrize("name", ["nothing", "", "base.json", "configs/base"])
def test_unknown_names_are_refused_with_the_presets(name):
    with pytest.raises(InputError, match=r"is not known: choose .*base.* or give a \.toml file"):
        load_config(name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_config(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("gb_per_s", "ratio"),
    [(51.2, 1), (51.3, 2), (25.6, 1), (102.4, 2), (512.0, 10), (4916.7, 97)],
)
def test_another_memory_widens_every_rate_by_the_rounded_up_ratio(gb_per_s, ratio):
    base = load_config("base")
    wide = at_bandwidth(base, gb_per_s)
    assert bandwidth_ratio(base, gb_per_s) == ratio
    for rate in RATES:
        assert getattr(wide, rate) == ratio * getattr(base, rate)
    assert (wide.clock_mhz, wide.sort_passes) == (base.clock_mhz, base.sort_passes)
    assert wide.memory_gb_per_s == gb_per_s
    assert f"x{ratio}" in wide.name
