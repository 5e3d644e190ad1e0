"""The IP core's package: presets, testbenches with their vectors, lint waivers, FuseSoC files."""
