"""The stages that views are run through, as commands name them."""

from __future__ import annotations

from typing import Literal, get_args

from golden.errors import InputError

# Whose decision, or values, are looked at: each with all stages before it.
Stage = Literal["cluster", "gaussian", "color"]
DrawnStage = Stage | Literal["picture"]


def stage_named(name: str) -> Stage:
    """The stage of that name; raises InputError."""
    for stage in get_args(Stage):
        if stage == name:
            return stage  # type: ignore[no-any-return]
    if name == "picture":
        raise InputError("stage picture counts no Gaussians: choose cluster, gaussian or color.")
    raise InputError(f"stage {name!r} is not known: choose cluster, gaussian or color.")


def drawn_stage_named(name: str) -> DrawnStage:
    """The stage of that name, of those that a picture is drawn of; raises InputError."""
    known: tuple[DrawnStage, ...] = (*get_args(Stage), "picture")
    for stage in known:
        if stage == name:
            return stage
    raise InputError(f"stage {name!r} is not known: choose {', '.join(known[:-1])} or {known[-1]}.")
