"""Providers do: the families side by side, what runs a check, and the only door to the network."""
