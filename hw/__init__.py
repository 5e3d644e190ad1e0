"""Amaranth components, one file a stage, and Verilog generation."""
