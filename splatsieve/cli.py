"""The application: one command a file, one clear sentence where the input is bad."""

from __future__ import annotations

import errno
import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from golden.errors import InputError, one_line
from splatsieve import __version__
from splatsieve.commands import (
    bench,
    calibrate,
    convert,
    cull,
    demo,
    docs,
    frame,
    info,
    model,
    pack,
    psnr,
    render,
    report,
    soc,
    sweep,
    synth,
    trace,
    verilog,
)
from splatsieve.output import told_warnings

app = typer.Typer(
    name="splatsieve",
    help="An open hardware renderer for 3D Gaussian splatting: pack, cull, draw, measure.",
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
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    context.obj = context.with_resource(told_warnings())


COMMANDS = (
    demo.demo,
    info.info,
    convert.convert,
    pack.pack,
    cull.cull,
    frame.frame,
    render.render,
    psnr.psnr,
    verilog.verilog,
    synth.synth,
    soc.soc,
    trace.trace,
    report.report,
    sweep.sweep,
    model.model,
    calibrate.calibrate,
    docs.docs,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(bench.bench)
NAMES = (*(command.__name__ for command in COMMANDS), "bench")


def main() -> None:
    """Runs the command line; exit code 2 and one sentence on bad input.

    Without any argument it prints the help.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of views and files that it cannot encode
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] or ["--help"]
    try:
        code = app(arguments, prog_name="splatsieve", standalone_mode=False)
    except typer.TyperException as error:
        _refuse(_usage_sentence(error, arguments))
    except InputError as error:
        _refuse(str(error))
    except MemoryError:
        _refuse("this needs more memory than there is: choose a smaller --size or scene.")
    except OSError as error:
        _refuse(_system_sentence(error))
    sys.exit(code or 0)


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"splatsieve: {one_line(sentence)}", err=True)
    sys.exit(2)


def _usage_sentence(error: typer.TyperException, arguments: list[str]) -> str:
    """Of an option, a value or a command that is wrong or missing."""
    words = ["splatsieve", *(word for word in arguments[:1] if word in NAMES)]
    what = error.format_message().rstrip(".?").replace(". Did you mean", ", did you mean")
    return f"{what[:1].lower()}{what[1:]}: see `{' '.join(words)} --help`."


def _system_sentence(error: OSError) -> str:
    """Of what no command foresees: a full disk behind standard output, no process left to start."""
    if error.filename is not None:
        return f"{error.filename} cannot be used ({error.strerror}): check it and its disk."
    if error.errno == errno.ENOENT:
        return "the current folder is no longer there: change to one that is."
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF):
        return f"the output cannot be written ({error.strerror}): make room or send it elsewhere."
    return f"the system refuses a step ({error.strerror or error}): give it room and try again."
