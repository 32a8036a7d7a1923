"""The Spacefile as a Hugging Face Space: what is wrong with it, and a folder that runs there."""

from host.space.card import SpaceError, on_cpu, read
from host.space.check import problems, warnings
from host.space.export import export

__all__ = ["SpaceError", "export", "on_cpu", "problems", "read", "warnings"]
