"""Registers: described once, in hardware, in documents."""
