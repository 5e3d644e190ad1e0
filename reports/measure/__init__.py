"""What a report measures, a part a file, into one document."""
