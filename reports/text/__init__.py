"""A report in words and tables, made from its document alone."""
