"""Synthesis of the units for FPGAs, place and route on the ECP5, and what it found."""
