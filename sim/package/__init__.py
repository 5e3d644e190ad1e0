"""The IP core's package: testbenches with their vectors, and digests of every file."""
