"""A learned head: what a visitor's run puts on top of a face model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from host import UserError

TINY = 1e-12


@dataclass(frozen=True, eq=False)  # a page keeps it in a State, which asks for its hash
class Head:
    """Linear map and L2 normalisation: encoding x -> (x W + b) / ||x W + b||.

    model: name of the face model whose encodings it was trained on.
    weights: W, float32 (D, d). bias: b, float32 (d,).
    threshold: Euclidean distance that best tells the people apart that it was trained on.
    name: for people.
    """

    model: str
    weights: np.ndarray
    bias: np.ndarray
    threshold: float
    name: str

    def encode(self, encodings: np.ndarray) -> np.ndarray:
        """float32 (N, D) -> (N, d), of length 1. Raises UserError for another D."""
        encodings = np.asarray(encodings, np.float32)
        if encodings.ndim != 2 or encodings.shape[1] != len(self.weights):
            raise UserError("This head was trained on the encodings of another face model.")
        return normalise(encodings @ self.weights + self.bias)


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Rows (N, d) scaled to length 1; a row of zeros stays one."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, TINY)).astype(np.float32)


def principal_directions(encodings: np.ndarray, dimensions: int) -> np.ndarray:
    """The orthonormal directions (D, d) along which encodings (N, D) vary most.

    With d = D this only turns the space, so that all distances stay.
    """
    centred = (encodings - encodings.mean(0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # least variance first
    return vectors[:, ::-1][:, :dimensions].astype(np.float32)
