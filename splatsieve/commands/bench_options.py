"""What the commands of `splatsieve bench` share: their options, and how a result is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from golden.rules import Rules

# The views that were held out of the training of the usual scenes.
TEST_VIEWS = "::8"
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", help="JSON file to write.")]


def given_words(options: dict[str, str | None]) -> list[str]:
    """Words of the options that have a value, as they are typed."""
    return [word for name, value in options.items() if value is not None for word in (name, value)]


def rules_in(text: str) -> list[Rules]:
    """The rule sets between commas, each once; raises InputError."""
    from golden.rules import rules_named

    return [rules_named(name) for name in dict.fromkeys(text.split(","))]


def write_result(result: dict[str, Any], output: Path | None) -> None:
    """A study as JSON, where a file is named."""
    from golden.files import write_text

    if output is not None:
        write_text(output, json.dumps(result, indent=1) + "\n")
