"""What a user of the tool is meant to see: the one error, and the one warning."""

from __future__ import annotations

import re
import warnings


def one_line(text: str) -> str:
    """Text without line breaks and other characters that do not print, which names may hold."""
    return re.sub("\n+", " ", "".join(c if c.isprintable() else "\n" for c in text))


def shown(value: object) -> str:
    """The begin of a value out of a file, as a message repeats it."""
    if isinstance(value, dict | list):
        return "a list or a table"
    # Python does not write all digits of a number that has thousands of them.
    return hex(value)[:40] if isinstance(value, int) and abs(value) >> 64 else repr(value)[:60]


class InputError(ValueError):
    """Input that cannot be used.

    The message is one sentence: what is wrong, where, and what to do. The command line prints
    it as it stands and exits with code 2; nothing else is printed and no file is left behind.
    Names and values out of a file cannot break the line.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(one_line(sentence))


class InputWarning(UserWarning):
    """Input that is used, but hardly as it was meant.

    The message is one sentence, as an error's. The command line prints it on stderr and lists it
    under `warnings` in its JSON; the figures still come.
    """


def warn(sentence: str) -> None:
    """Gives an InputWarning."""
    warnings.warn(InputWarning(one_line(sentence)), stacklevel=3)
