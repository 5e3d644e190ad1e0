"""Figures that others published, with their sources; no report computes with them."""
