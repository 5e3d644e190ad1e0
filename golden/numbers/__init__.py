"""Fixed-point formats, integer operations and tables that model and hardware share."""
