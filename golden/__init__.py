"""Scenes, cameras, clustering, the pack, number formats, the float reference and the integer model."""
