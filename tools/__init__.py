"""What the Makefile runs: build steps that need nothing but Python's standard library."""
