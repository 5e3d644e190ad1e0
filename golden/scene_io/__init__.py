"""Scene files: readers chosen by content and name, and a PLY writer."""
