"""What is measured by hand with `make bench`: ratios to a floor taken in the same run, never absolute figures."""
