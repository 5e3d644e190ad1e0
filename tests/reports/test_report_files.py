"""The files of a report: what they hold, and how a folder takes them."""

import json

import numpy as np
import pytest
from PIL import Image

from golden.errors import InputError
from reports.folder import staged_folder
from reports.writer import FIGURES, REPORT_FILES, write_report
from tests.reports.report_cases import HEIGHT_PX, WIDTH_PX


def test_files_of_a_report(document, measured, tmp_path):
    names = write_report(document, measured.pictures.image, tmp_path, measured.above)
    assert sorted(names) == sorted(REPORT_FILES) == sorted(p.name for p in tmp_path.iterdir())
    assert json.loads((tmp_path / "report.json").read_text()) == document
    for name in FIGURES:
        with Image.open(tmp_path / name) as picture:
            assert picture.format == "PNG"
            if name == "view.png":
                assert picture.size == (WIDTH_PX, HEIGHT_PX)
            else:
                assert min(picture.size) >= 500
                assert len(np.unique(np.asarray(picture.convert("L")))) > 20
    text = (tmp_path / "report.md").read_text()
    for name in FIGURES:
        assert f"]({name})" in text
    assert "splatsieve report default -o r" in text
    assert "OTHER NUMBERS" not in text
    assert "10.7" in text.split("## The paper's claims beside ours")[1].split("## Culling")[0]
    for section in (
        "Culling",
        "Cycles",
        "Speed-up over a GPU",
        "Counts",
        "Glossary",
        "Accounting",
        "Cost of the cluster test",
        "Found over tests",
        "Projection",
    ):
        assert f"## {section}\n" in text
    for line in (line for line in text.splitlines() if line.startswith("|")):
        assert line.endswith("|")


def test_every_table_row_has_as_many_cells_as_its_head(written):
    for block in (written / "report.md").read_text().split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1, (
                block
            )


def test_staged_files_move_together_and_old_ones_of_theirs_go(tmp_path):
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    for name in ("old.png", "report.md", "mine.txt"):
        (folder / name).write_text("old")
    with staged_folder(folder, ("old.png", "report.md")) as stage:
        assert stage.parent == folder.parent
        (stage / "report.md").write_text("new")
        assert (folder / "report.md").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "report.md"]
    assert (folder / "report.md").read_text() == "new"
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, there):
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
        (folder / "report.md").write_text("old")

    def fail():
        with staged_folder(folder, ("report.md",)) as stage:
            (stage / "report.md").write_text("new")
            raise InputError("no.")

    with pytest.raises(InputError, match=r"no\."):
        fail()
    assert list(tmp_path.iterdir()) == ([folder] if there else [])
    if there:
        assert (folder / "report.md").read_text() == "old"


def test_a_file_is_no_folder_to_write_into(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InputError, match="is a file"), staged_folder(path):
        pass
    with pytest.raises(InputError, match="cannot be written"), staged_folder(path / "below"):
        pass
