"""The worked script runs, and says what the models say."""

from __future__ import annotations

import re

from golden.image import read_image
from sim.scene_to_cycles import main


def test_it_draws_and_counts(tmp_path, capsys):
    main(tmp_path / "view.png")
    assert read_image(tmp_path / "view.png").shape == (120, 160, 3)
    text = capsys.readouterr().out
    assert float(re.search(r"([\d.]+) dB", text)[1]) > 50
    assert int(re.search(r"([\d,]+) cycles", text)[1].replace(",", "")) > 160 * 120 / 64
