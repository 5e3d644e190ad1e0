"""Multiplications and bytes of a frame, counted by hand from the equations."""
