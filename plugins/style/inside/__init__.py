"""Inside the network: what its layers see, what they keep and what they forget."""
