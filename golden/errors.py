"""The one error that a user of the tool is meant to see."""


class InputError(ValueError):
    """Input that cannot be used.

    The message is one sentence: what is wrong, where, and what to do. The command line prints
    it as it stands and exits with code 2; nothing else is printed and no file is left behind.
    """
