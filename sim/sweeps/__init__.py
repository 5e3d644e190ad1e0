"""The cycle model over scenes, views and configurations, into one table."""
