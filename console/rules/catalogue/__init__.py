"""The problem catalogue as data, one module per group of problems."""
