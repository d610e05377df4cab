"""The servers and programs that tests talk to: real ones first, scripted ones where no real one shows the case."""
