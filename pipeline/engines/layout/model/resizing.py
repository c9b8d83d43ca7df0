"""Pictures in the size that a model takes: the same pixels as PyMuPDF's ``resize_image``, from a third of the work."""

from __future__ import annotations

from typing import Any

import numpy as np


def resized(picture: Any, size: tuple[int, int]) -> Any:
    """A picture, uint8 (height, width) or (height, width, colours), in another ``size``: width, height.

    Each new pixel is a mean of four, with weights that all colours share; colours that are equal, as in grey pictures,
    are made once. Products and sums come in PyMuPDF's order, so that every pixel is rounded as there.
    """
    columns, rows = _places(picture.shape[1], size[0]), _places(picture.shape[0], size[1])
    right, below = columns[2][None, :], rows[2][:, None]
    weights = [(1 - right) * (1 - below), right * (1 - below), (1 - right) * below, right * below]
    if picture.ndim == 2:
        return _mixed(picture, columns, rows, weights)
    colours = [np.ascontiguousarray(picture[:, :, at]) for at in range(picture.shape[2])]
    made: list[Any] = []
    for at, colour in enumerate(colours):
        same = next((made[other] for other in range(at) if np.array_equal(colours[other], colour)), None)
        made.append(_mixed(colour, columns, rows, weights) if same is None else same)
    return np.stack(made, axis=2)


def _places(length: int, new_length: int) -> tuple[Any, Any, Any]:
    """For each new pixel of a row the two old ones that it lies between, and its distance from the first."""
    places = (np.arange(new_length) + 0.5) * (length / new_length) - 0.5
    first = np.floor(places).astype(int)
    second = np.clip(first + 1, 0, length - 1)
    return np.clip(first, 0, length - 1), second, places - first


def _mixed(colour: Any, columns: tuple[Any, Any, Any], rows: tuple[Any, Any, Any], weights: list[Any]) -> Any:
    upper, lower = colour.take(rows[0], axis=0), colour.take(rows[1], axis=0)
    corners = [line.take(column, axis=1) for line in (upper, lower) for column in columns[:2]]
    mixed = weights[0] * corners[0]
    part = np.empty_like(mixed)
    for weight, corner in zip(weights[1:], corners[1:], strict=True):
        np.multiply(weight, corner, out=part)
        mixed += part
    return np.clip(mixed, 0, 255, out=mixed).astype(colour.dtype)
