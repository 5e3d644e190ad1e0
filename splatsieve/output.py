"""What commands print: warnings as they come, results as text or as JSON that all readers take."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from golden.errors import InputWarning, one_line


@contextmanager
def told_warnings() -> Iterator[list[str]]:
    """Prints each InputWarning of the block on stderr, once; yields the list of those printed."""
    told: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", InputWarning)
        others = warnings.showwarning

        def tell(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, InputWarning):
                others(message, category, *where, **more)
            elif (sentence := one_line(str(message))) not in told:
                told.append(sentence)
                typer.echo(f"splatsieve: warning: {sentence}", err=True)

        warnings.showwarning = tell
        yield told


def show_result(
    context: typer.Context,
    result: Mapping[str, Any],
    as_json: bool,
    text: Callable[[dict[str, Any]], str],
) -> None:
    """Prints a result, as JSON with the list `warnings` of the context behind it, or as text."""
    if as_json:
        typer.echo(json_text({**result, "warnings": list(context.obj or ())}))
    else:
        typer.echo(text(dict(result)))


def json_text(result: object) -> str:
    """JSON of a result; null for a number that is not finite, such as the PSNR of equal pictures.

    JSON has no infinity; Python's own writer makes one up, which other readers refuse.
    """
    return json.dumps(_finite(result), indent=1, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
