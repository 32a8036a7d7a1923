"""Paint: the page and the command that paint a photo in the manner of paintings."""
