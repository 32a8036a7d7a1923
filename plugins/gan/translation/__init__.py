"""Translating one picture into another: enlarging, colouring, and drawing from edges."""
