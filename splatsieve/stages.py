"""Engines and stages as the commands name them."""

from __future__ import annotations

from typing import Annotated

import typer

EngineOption = Annotated[
    str,
    typer.Option(help="float: reference. integer: bit-exact model. rtl: the hardware itself."),
]
StageOption = Annotated[
    str,
    typer.Option(
        help="Stage that decides. cluster: clusters alone. gaussian: the projection after it. "
        "color: the same splats, with their colours."
    ),
]
DrawnStageOption = Annotated[
    str,
    typer.Option(
        help="cluster or gaussian: what that stage left, drawn in float64. color: the same with "
        "the stage's own colours. picture: what the whole renderer draws."
    ),
]
