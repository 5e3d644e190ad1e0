"""The command line: parses arguments, calls golden, hw, sim and reports, prints."""

from importlib.metadata import version

__version__ = version("splatsieve")
