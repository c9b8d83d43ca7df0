"""Open model files for inference on the CPU: one thread each, and as little memory kept as the model allows.

Models run on onnxruntime. Those that bear bfloat16 run on OpenVINO where its package is installed (the extra
``openvino``) and the processor multiplies in bfloat16. Measured with the OCR models on processors with AVX512_BF16 and
AMX: 1.5 to 1.8 times fewer CPU seconds, and 130 to 320 MB more in a process. In float32 OpenVINO gains nothing over
onnxruntime; graphs whose inputs have a new shape with every page lose; and in bfloat16 the layout models find other
boxes on one page of fifteen. So all else stays where it is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

log = logging.getLogger(__name__)

_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = frozenset({"avx512_bf16", "amx_bf16"})
_ONE_THREAD = {  # several processes share the processor, so none may choose its core
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,
    "INFERENCE_PRECISION_HINT": "bf16",
}
_CODE_OF_A_SIZE = 40  # pieces, at most, for a model of some hundred operations


class Tensor(Protocol):
    """An input or output of a model. ``shape`` has no number where the length is free."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Sequence[Any]: ...


class Model(Protocol):
    """A model that is ready to run: the part of onnxruntime's ``InferenceSession`` that is used."""

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any]) -> Sequence[Any]:
        """Arrays of the named outputs, of all in order without names. Inputs are arrays by name."""

    def get_inputs(self) -> Sequence[Tensor]: ...

    def get_outputs(self) -> Sequence[Tensor]: ...

    def get_modelmeta(self) -> Any:
        """An object whose ``custom_metadata_map`` holds what the makers of the model wrote into it."""


def open_model(
    path: Path,
    *,
    keeps_memory: bool = False,
    bfloat16_sizes: int = 0,
    rewrite: Callable[[bytes], bytes] | None = None,
) -> Model:
    """Open an ONNX file. Raises what the runtime raises where the file is damaged.

    ``keeps_memory``: keep the memory of the largest run for the next one; for models whose inputs differ little in
    size. ``bfloat16_sizes``: not 0 where the model finds the same if numbers have 8 significant bits instead of 24;
    OpenVINO may then read the file as it is, and keeps its code for so many sizes of the input: it makes it for each
    anew, and a process that kept all of it would grow with every page. ``rewrite``: what is done to the file's bytes
    before they are used.
    """
    core = _openvino() if bfloat16_sizes else None
    if core is not None:
        try:
            return _OpenVinoModel(core, path, bfloat16_sizes)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            log.warning("OpenVINO cannot open %s, so onnxruntime runs it (%s)", path.name, reason)
    return _onnxruntime_model(path, rewrite, keeps_memory=keeps_memory)


def _onnxruntime_model(path: Path, rewrite: Callable[[bytes], bytes] | None, *, keeps_memory: bool) -> Model:
    import onnxruntime

    from pipeline.engines.onnx_graphs import faster  # with numpy, which commands that run no model do without

    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = keeps_memory
    options.enable_mem_pattern = False  # one plan of all memory at once takes 60 MB more of the layout's image part
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    source = path.read_bytes()
    quicker = faster(rewrite(source) if rewrite else source)
    file = quicker if quicker != source else str(path)
    exactly = {"arena_extend_strategy": "kSameAsRequested"}  # what is kept grows by what is needed, not by doubling
    processor = ("CPUExecutionProvider", exactly)
    model: Model = onnxruntime.InferenceSession(file, sess_options=options, providers=[processor])
    return model


@cache
def _openvino() -> Any:
    """OpenVINO's core, None where it is not installed or the processor has no bfloat16."""
    try:
        import openvino
    except ImportError:
        return None
    return openvino.Core() if _multiplies_bfloat16(_CPUINFO) else None


def _multiplies_bfloat16(cpuinfo: Path) -> bool:
    """Whether Linux tells of instructions for it.

    OpenVINO also says that it has bfloat16 where it imitates these instructions, four times slower than float32.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(not _INSTRUCTIONS.isdisjoint(line.split()) for line in lines if line.startswith("flags"))


class _Named(NamedTuple):
    name: str
    shape: Sequence[Any]


class _Metadata(NamedTuple):
    custom_metadata_map: Mapping[str, str]


class _OpenVinoModel:
    """A model on OpenVINO, in bfloat16."""

    def __init__(self, core: Any, path: Path, sizes: int) -> None:
        source = core.read_model(str(path))
        kept = {"CPU_RUNTIME_CACHE_CAPACITY": sizes * _CODE_OF_A_SIZE}
        compiled = core.compile_model(source, "CPU", {**_ONE_THREAD, **kept})
        self.threads: int = compiled.get_property("INFERENCE_NUM_THREADS")
        self._request = compiled.create_infer_request()
        self._running = threading.Lock()  # a request has one set of inputs: threads that share a model take turns
        self._inputs = [_Named(port.any_name, _shape(port)) for port in compiled.inputs]
        self._outputs = [_Named(port.any_name, _shape(port)) for port in compiled.outputs]
        self._written = _written(source.get_rt_info())

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any]) -> Sequence[Any]:
        names = output_names or [output.name for output in self._outputs]
        with self._running:
            arrays = self._request.infer(dict(input_feed), share_inputs=True)
            return [arrays[name] for name in names]

    def get_inputs(self) -> Sequence[Tensor]:
        return self._inputs

    def get_outputs(self) -> Sequence[Tensor]:
        return self._outputs

    def get_modelmeta(self) -> _Metadata:
        return _Metadata(self._written)


def _written(known: Any) -> dict[str, str]:
    """What the makers of the model wrote into it. ``known`` is OpenVINO's map, which has no ``get``."""
    if "framework" not in known:
        return {}
    written = known["framework"]
    return {key: written[key].value for key in written}


def _shape(port: Any) -> list[int | None]:
    return [length.get_length() if length.is_static else None for length in port.get_partial_shape()]
