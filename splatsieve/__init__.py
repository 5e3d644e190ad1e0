"""The command line: parses arguments, calls golden, hw, sim and reports, prints."""

__version__ = "0.1.0"
