"""`splatsieve docs`: makes the generated documents of hw/ anew, for those who work on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def docs(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write into: hw, in a checkout of the project.")
    ],
) -> None:
    """Regenerate the documents of the hardware: registers, interface, worked example."""
    import matplotlib

    from golden.files import make_folder
    from hw.unused import unused_components
    from sim.docs.pages import write_docs
    from sim.docs.worked_example import run_worked_example

    matplotlib.use("agg")
    make_folder(folder)
    with unused_components():  # some are only asked for their ports
        write_docs(run_worked_example(), folder)
