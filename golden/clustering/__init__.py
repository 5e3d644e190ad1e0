"""Clusters of Gaussians: K-means, Morton runs, smallest enclosing balls."""
