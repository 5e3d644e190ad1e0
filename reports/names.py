"""Names that users chose, of scenes, views, files and configurations, as each output needs them.

JSON holds them as they are. A name may hold anything that a file's name can: markup, $, quotes,
line breaks, bytes that are no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MARKUP = re.compile(r"[\\`*{}\[\]<>#!~&$]")
# An underscore within a word means nothing to Markdown.
UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
LIST_MARK = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=])(?=\s|$)")


def shown(name: str) -> str:
    """The name with escapes such as \\n for what cannot be printed on a line."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in name
    )


def markdown_text(name: str) -> str:
    """The name in a line of Markdown; | is left to tables."""
    text = MARKUP.sub(r"\\\g<0>", shown(name))
    text = UNDERSCORE.sub(r"\\_", text)
    return LIST_MARK.sub(lambda m: f"{m[1] or ''}\\{m[2] or m[3]}", text)


def figure_text(name: str) -> str:
    """The name in a figure: matplotlib sets what stands between two $ as mathematics, and leaves
    labels that begin with _ out of legends."""
    text = shown(name).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def code_span(text: str) -> str:
    """Text as `code` within a line of Markdown."""
    text = shown(text)
    fence = _fence(text, 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}"


def code_block(text: str) -> str:
    """Text as a block of code in Markdown, its line breaks kept."""
    fence = _fence(text, 3)
    lines = "\n".join(shown(line) for line in text.split("\n"))
    return f"{fence}\n{lines}\n{fence}"


def with_names(document: dict[str, Any], write: Callable[[str], str]) -> dict[str, Any]:
    """A report's document in which every name that a user chose is written by `write`."""
    config, gpu = document["configuration"], document["gpu"] or {}
    names = {
        document["scene"]["name"],
        *document["views"],
        *(config[key] for key in ("name", "description")),
        config["memory"]["name"],
        *(gpu[key] for key in ("file", "device", "driver") if key in gpu),
        *(one[key] for one in document["gpu_variants"] for key in ("file", "device")),
        *document.get("warnings", ()),
    }
    changed = {name: write(name) for name in names if isinstance(name, str)}
    result: dict[str, Any] = _replaced(document, changed)
    return result


def _replaced(value: Any, changed: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, changed) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, changed) for item in value]
    return changed.get(value, value) if isinstance(value, str) else value


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
