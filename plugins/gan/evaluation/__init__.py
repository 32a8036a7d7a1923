"""How good a generator is: distances, coverage, copying and usefulness, each beside the same figure
of real pictures against real pictures."""
