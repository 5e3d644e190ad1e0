"""Scenes, cameras, clusters, the pack, number formats, float reference, integer model."""
