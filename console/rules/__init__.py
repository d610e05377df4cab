"""Rules judge: pure decisions, standard library only, no input or output."""
