"""Arithmetic blocks and the free-running pipelines that they are made of."""
