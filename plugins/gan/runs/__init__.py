"""Training runs: the page that trains a GAN, and what can be done with the networks of a run."""
