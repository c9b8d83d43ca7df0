"""The inference runtime of the embedders: a graph and its weights, run on onnxruntime.

The only module of the embedders that knows the runtime, so that another one can take its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class OnnxModel:
    """A graph without weights, and the weights that it names; the arrays must not change while the model is used."""

    def __init__(self, graph: bytes, weights: Mapping[str, np.ndarray[Any, Any]], threads: int) -> None:
        import onnxruntime

        self._weights = dict(weights)  # the session reads the arrays for as long as it lives
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch for ever
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_external_initializers(
            list(self._weights), [onnxruntime.OrtValue.ortvalue_from_numpy(values) for values in self._weights.values()]
        )
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Mapping[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        """Return the graph's first output."""
        output: np.ndarray[Any, Any] = self._session.run(None, dict(inputs))[0]
        return output
