"""Figures of a report, each made from its document."""
