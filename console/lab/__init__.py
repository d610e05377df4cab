"""The practice lab: stand-ins for mail providers on loopback, and the demo that runs the console beside them.

The console never imports this package; it reaches the stand-ins as it reaches the real providers, by their addresses.
"""
