"""The PageReader that runs a transformer: GOT-OCR2, or another page-to-Markdown model of ``adapters``.

Many threads may read at once and share one model of this process. Pages that the model cannot read, or where it loops,
are read by the fallback, and their ``engine`` says so: ``rapidocr (got: repetition)``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.contracts import PageImage, PageReader
from pipeline.engines.got.card import is_out_of_memory
from pipeline.engines.got.checkpoint import fingerprint_of
from pipeline.engines.got.guards import Finish, RepetitionGuard, is_scaffold_text
from pipeline.engines.got.slots import Counters, Options, Reading, SlotBatcher
from pipeline.engines.got.upright_page import Look, UprightPage, as_given
from pipeline.text_quality import why_garbled
from stores.errors import IngotError, PageError, StoppingError, UnavailableError
from stores.models import Block, PageText

if TYPE_CHECKING:
    import numpy as np

    from pipeline.engines.got.adapters import Family
    from pipeline.engines.got.checkpoint import Loaded
    from pipeline.engines.got.static_batches import StaticBatcher

log = logging.getLogger("ingot.got")

ENGINE = "got"
VERSION = "1"  # raise it with every change of output
CPU_SLOTS, STATIC_BATCH = 4, 16
GPU_VISION_BATCH = 8
WARM_UP_TOKENS = 16
LONGEST_TURN_S = {"cuda": 120.0, "cpu": 900.0}  # a few tokens of all pages; a card that hangs never returns
_engines: dict[tuple[str, int, int], Engine] = {}  # of this process: however many readers there are, one copy each
_loading = threading.Lock()
_WHY = {Finish.REPETITION: "repetition", Finish.LENGTH: "token limit"}


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model and its batcher."""

    loaded: Loaded
    family: Family
    batcher: SlotBatcher | StaticBatcher

    def submit(self, picture: np.ndarray) -> Any:
        """Queue an image, uint8 (height, width, 3) in RGB; the future holds its reading."""
        if isinstance(self.batcher, SlotBatcher):
            return self.batcher.submit(self.batcher.reader.prepare(picture))
        from PIL import Image

        return self.batcher.submit(Image.fromarray(picture))

    def run_once(self) -> None:
        """Read an empty image: the first reading takes longer."""
        import numpy as np

        picture = np.full((64, 64, 3), 255, np.uint8)
        if isinstance(self.batcher, SlotBatcher):
            self.batcher.submit(self.batcher.reader.prepare(picture), WARM_UP_TOKENS).result()
        else:
            self.submit(picture).result()
        self.batcher.counters = Counters()


class TransformerReader:
    """A PageReader on a GPU, or slowly on the CPU. The first page with ink loads the weights, once per process.

    ``slots`` 0: as many as the GPU's memory holds. ``fallback`` reads the pages that the model cannot. ``look`` finds
    lines, which give boxes and turn pages upright; without it pages have no boxes.
    """

    batch_pages = 4  # small steps: the pages of one document fill several slots

    def __init__(
        self,
        model: str,
        *,
        slots: int = 0,
        max_tokens: int = 4096,
        fallback: PageReader | None = None,
        look: Look | None = None,
    ) -> None:
        self._key = (model, slots, max_tokens)
        self._fallback, self._look = fallback, look or as_given
        self._cores = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._watched = self._ended = False
        self.broken = False
        then = f":{fallback.fingerprint}" if fallback else ""
        self.fingerprint = (
            f"{ENGINE}:{VERSION}:{fingerprint_of(model)}:{max_tokens}:{'lines' if look else 'flat'}{then}"
        )

    @property
    def counters(self) -> Counters:
        """The totals of the batcher in this process."""
        engine = _engines.get(self._key)
        return engine.batcher.counters if engine else Counters()

    @property
    def remark(self) -> str:
        """A warning for the log, such as a slow device; empty where there is none or nothing is loaded yet."""
        engine = _engines.get(self._key)
        return engine.loaded.device.remark if engine else ""

    def warm_up(self) -> None:
        """Load the model and run it once; raises as ``read`` does.

        From now on a GPU that hangs ends this process.
        """
        self._watched = True
        try:
            self._loaded().run_once()
        except IngotError:
            raise
        except Exception as error:
            raise UnavailableError(_why_no_start(self._key[0], error), code="gpu_failed") from error

    def close(self, within_s: float | None = None) -> None:
        """Finish the queued pages and release the model; see ``SharedModel``."""
        self._ended = within_s is not None
        with _loading:
            engine = _engines.pop(self._key, None)
        if engine:
            engine.batcher.close(within_s)

    def read(self, image: PageImage) -> PageText:
        """Read a page image. ``engine`` of the result names the reader, and the reason where it is not the model.

        Raises PageError where the image cannot be opened or read, UnavailableError without packages, weights or GPU,
        InputError for a model of another kind.
        """
        from pipeline.engines.ocr.ink import is_blank
        from pipeline.engines.ocr.rapidocr_reader import load_pixels

        picture = load_pixels(image.path)
        if is_blank(picture):
            return PageText(markdown="", blocks=(), engine=ENGINE)
        engine = self._loaded()
        with self._core():
            page = self._look(picture, image)
        try:
            reading = engine.submit(_rgb(page.pixels)).result()
        except IngotError:
            raise
        except Exception as error:
            self.broken = self.broken or "CUDA error" in str(error)
            return self._read_otherwise(image, engine, _why_failed(error, image), None, error)
        markdown = engine.family.markdown(engine.family.decode(engine.loaded.processor, reading.tokens)).strip()
        mine = PageText(markdown=markdown, blocks=_blocks(markdown, page), engine=engine.family.name)
        why = _why_doubtful(reading, markdown)
        return self._read_otherwise(image, engine, why, mine) if why else mine

    def _read_otherwise(
        self, image: PageImage, engine: Engine, why: str, mine: PageText | None, error: Exception | None = None
    ) -> PageText:
        """Read by the fallback; keep the model's text where there is no fallback or it finds nothing."""
        name = engine.family.name
        log.info("page %d: %s gave up (%s)", image.number, name, why)
        other = self._fallen_back(image)
        if other is not None and (other.markdown or mine is None or not mine.markdown):
            return replace(other, engine=f"{other.engine} ({name}: {why})")
        if mine is None:
            raise PageError(f"page {image.number} cannot be read by {name} ({why})") from error
        return replace(mine, engine=f"{name} ({why})", confidence=0.0)

    def _fallen_back(self, image: PageImage) -> PageText | None:
        if self._fallback is None:
            return None
        with self._core():
            return self._fallback.read(image)

    @contextlib.contextmanager
    def _core(self) -> Iterator[None]:
        """Limit CPU work to one thread per core: more are not faster, and each takes memory."""
        with self._cores:
            if self._ended:
                raise StoppingError()
            yield

    def _loaded(self) -> Engine:
        with _loading:
            if self._ended:
                raise StoppingError()
            if self._key not in _engines:
                _engines[self._key] = _load_engine(*self._key, watched=self._watched)
            return _engines[self._key]


def _load_engine(model: str, slots: int, max_tokens: int, *, watched: bool) -> Engine:
    from pipeline.engines.got import checkpoint
    from pipeline.engines.got.adapters import family_of
    from pipeline.engines.got.got_model import GotModel
    from pipeline.engines.got.static_batches import StaticBatcher

    checkpoint.require_packages()
    family = family_of(checkpoint.model_type_of(model), model)
    loaded = checkpoint.load(model, checkpoint.choose_device())
    guard = _guards_of(family, loaded)
    on_gpu = loaded.device.name == "cuda"
    longest_s = LONGEST_TURN_S[loaded.device.name] if watched else 0.0
    if not family.slots:
        batches = Options(slots=slots or STATIC_BATCH, max_tokens=max_tokens, guard=guard, longest_turn_s=longest_s)
        return Engine(loaded, family, StaticBatcher(loaded, family, batches))
    reader = GotModel(loaded)
    options = Options(
        slots=slots or _slots_of(reader, max_tokens),
        max_tokens=max_tokens,
        vision_batch=GPU_VISION_BATCH if on_gpu else 1,
        guard=guard,
        ahead=on_gpu,
        graphs=on_gpu,
        longest_turn_s=longest_s,
    )
    log.info("%s reads pages on %s in %s, %d slots", model, loaded.device.name, loaded.device.precision, options.slots)
    return Engine(loaded, family, SlotBatcher(reader, options))


def _slots_of(reader: Any, max_tokens: int) -> int:
    import torch

    from pipeline.engines.got.slot_cache import bytes_per_token, slots_that_fit

    if reader.device.type != "cuda":
        return CPU_SLOTS
    free, _ = torch.cuda.mem_get_info()
    token_bytes = bytes_per_token(reader.text_config, reader.dtype.itemsize)
    return slots_that_fit(free, reader.prompt_tokens, max_tokens, token_bytes)


def _guards_of(family: Family, loaded: Loaded) -> Any:
    """Make the factory of page guards; the text of each unit of tokens is decoded once."""

    @lru_cache(maxsize=4096)
    def is_scaffold(tokens: tuple[int, ...]) -> bool:
        return is_scaffold_text(family.decode(loaded.processor, tokens))

    return lambda: RepetitionGuard(lambda tokens: is_scaffold(tuple(tokens)))


def _why_doubtful(reading: Reading, markdown: str) -> str:
    """Why the model's text is not trusted; "" where it is."""
    if reading.finish in _WHY:
        return _WHY[reading.finish]
    if not markdown:
        return "empty"
    return why_garbled(markdown, markdown.count("\ufffd") / len(markdown))


def _why_failed(error: Exception, image: PageImage) -> str:
    """The reason of a failure as half a sentence; raises UnavailableError where the GPU itself has failed."""
    if is_out_of_memory(error):
        return "out of memory"
    if "CUDA error" in str(error):
        raise UnavailableError(
            f"the GPU failed over page {image.number} ({str(error).splitlines()[0][:120]}): restart this worker",
            code="gpu_failed",
        ) from error
    log.error("page %d: the model failed", image.number, exc_info=error)
    return f"failed with {type(error).__name__}"


def _why_no_start(model: str, error: Exception) -> str:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
    then = "see `ingot doctor`, or set INGOT_OCR_ENGINE=rapidocr"
    return f"the model {model} was loaded and does not run ({reason}): {then}"


def _rgb(picture: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.ascontiguousarray(picture[:, :, ::-1])


def _blocks(markdown: str, page: UprightPage) -> tuple[Block, ...]:
    """The blocks of the page with their boxes as the page was given."""
    from pipeline.engines.got.block_boxes import place

    return tuple(_block_back(block, page) for block in place(markdown, page.lines, page.width_pt, page.height_pt))


def _block_back(block: Block, page: UprightPage) -> Block:
    from pipeline.engines.got.block_boxes import NOWHERE

    if block.box == NOWHERE:
        return block
    lines = tuple(replace(line, box=page.back(line.box)) for line in block.lines)
    return replace(block, box=page.back(block.box), lines=lines)
