"""What a user of the tool is meant to see: the one error, and the one warning."""

from __future__ import annotations

import warnings


class InputError(ValueError):
    """Input that cannot be used.

    The message is one sentence: what is wrong, where, and what to do. The command line prints
    it as it stands and exits with code 2; nothing else is printed and no file is left behind.
    """


class InputWarning(UserWarning):
    """Input that is used, but hardly as it was meant.

    The message is one sentence, as an error's. The command line prints it on stderr and lists it
    under `warnings` in its JSON; the figures still come.
    """


def warn(sentence: str) -> None:
    """Gives an InputWarning."""
    warnings.warn(InputWarning(sentence), stacklevel=3)
