"""Stages 1 to 3 clocked together: the RTL's own control, without data."""
