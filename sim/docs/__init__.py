"""Documents of the hardware that need the RTL to run: the worked example and its page."""
