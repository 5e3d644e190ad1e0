"""Stage 1, cluster_cull: balls of groups and clusters against the view."""
