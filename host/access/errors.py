"""What stops the start where a login is asked for."""

from __future__ import annotations


class AccessError(Exception):
    """The settings ask for a login that cannot be offered; a sentence."""
