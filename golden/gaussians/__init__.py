"""What no view changes: covariance of a Gaussian, and how far it can reach."""
