"""report.html, made from the text, the figures and the document of a report.

The page is report.md set as HTML: figures are inlined as data URIs, the document is embedded as
JSON, and style stands in the page. It asks the network for nothing.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.html.style import STYLE
from reports.names import shown

MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
# What the page may load: its own style and inlined images, and nothing else.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Heading:
    """A section of the page. anchor : its id; title : its text."""

    anchor: str
    title: str


def report_page(document: dict[str, Any], markdown: str, folder: Path) -> str:
    """The whole page.

    Parameters
    ----------
    markdown : report.md. folder : holds the figures that it names.

    Raises FileNotFoundError where the text names a figure that is not there.
    """
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    headings = _name_sections(tokens)
    _wrap_tables(tokens)
    _inline_images(tokens, folder)
    renderer = MarkdownIt("commonmark").enable("table")
    body = renderer.renderer.render(tokens, renderer.options, {})
    title = html.escape(f"splatsieve report: {shown(document['scene']['name'])}")
    links = "\n".join(
        f'<li><a href="#{heading.anchor}">{html.escape(heading.title)}</a></li>'
        for heading in headings
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<nav aria-label="sections"><ul>
{links}
</ul></nav>
<main>
{body}</main>
<script type="application/json" id="document">{_embedded(document)}</script>
</body>
</html>
"""


def _embedded(document: dict[str, Any]) -> str:
    """JSON that no HTML parser mistakes for the end of its element."""
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")


def _name_sections(tokens: Sequence[Token]) -> list[Heading]:
    """Gives every section of the second level an id, and lists them."""
    headings = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            words = "".join(c if c.isalnum() else " " for c in inline.content.lower()).split()
            heading = Heading("-".join(words), inline.content)
            token.attrSet("id", heading.anchor)
            headings.append(heading)
    return headings


def _wrap_tables(tokens: list[Token]) -> None:
    """Lets a wide table scroll in itself, with the keyboard too."""
    for place in range(len(tokens) - 1, -1, -1):
        if tokens[place].type == "table_close":
            tokens.insert(place + 1, _block("</div>\n"))
        elif tokens[place].type == "table_open":
            tokens.insert(place, _block('<div class="table" tabindex="0">\n'))


def _block(content: str) -> Token:
    return Token("html_block", "", 0, content=content)


def _inline_images(tokens: Sequence[Token], folder: Path) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                path = folder / str(child.attrGet("src"))
                data = base64.b64encode(path.read_bytes()).decode("ascii")
                child.attrSet("src", f"data:{MEDIA_TYPES[path.suffix]};base64,{data}")
