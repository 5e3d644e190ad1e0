"""`python -m splatsieve`, for machines where the package is not installed."""

from splatsieve.entry import main

main()
