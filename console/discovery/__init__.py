"""From an address to what is known about it."""
