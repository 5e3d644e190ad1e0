"""Synthesis of the units for FPGAs and in a library's gates, place and route, what it found."""
