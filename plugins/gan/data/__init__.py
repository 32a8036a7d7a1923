"""Pictures to train a GAN on: published sets, and a visitor's own."""
