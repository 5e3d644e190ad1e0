"""Studies that stand beside the reports; each prints its command into its result."""
