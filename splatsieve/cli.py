"""The application: one command a file, one clear sentence where the input is bad."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from golden.errors import InputError
from splatsieve import __version__
from splatsieve.commands import (
    cull,
    demo,
    frame,
    pack,
    psnr,
    render,
    report,
    sweep,
    synth,
    trace,
    verilog,
)

app = typer.Typer(
    name="splatsieve",
    help="Culls 3D Gaussians cluster by cluster before projection, in RTL, and says what it gains.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"splatsieve {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


COMMANDS = (
    demo.demo,
    pack.pack,
    cull.cull,
    frame.frame,
    render.render,
    psnr.psnr,
    verilog.verilog,
    synth.synth,
    trace.trace,
    report.report,
    sweep.sweep,
)
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Runs the command line; exit code 2 and one sentence on bad input."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of views and files that it cannot encode
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except InputError as error:
        # A file's name may hold line breaks, the sentence none.
        typer.echo("splatsieve: " + " ".join(str(error).splitlines()), err=True)
        sys.exit(2)
    except MemoryError:
        typer.echo(
            "splatsieve: this needs more memory than there is: choose a smaller --size or scene.",
            err=True,
        )
        sys.exit(2)
