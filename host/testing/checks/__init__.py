"""The checks, a few related ones in each module."""
