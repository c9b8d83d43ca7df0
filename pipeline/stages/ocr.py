"""OCR: page images become Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.contracts import PageImage
from pipeline.step_context import StepContext
from stores.effects import Nothing
from stores.models import Page


def run(work: StepContext) -> Nothing:
    """Read every unread page of the step; its image is removed once the text is safe."""
    sizes = {page.number: page for page in work.pages_of(work.unread())}
    for number, page in sizes.items():
        with work.page(number):
            _read(work, page)
        work.page_image(number).unlink(missing_ok=True)
    return Nothing()


def _read(work: StepContext, page: Page) -> None:
    path = work.page_image(page.number)
    if not path.exists():
        _draw_again(work, page.number)
    image = PageImage(
        number=page.number,
        path=path,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        plain=work.plain(page.number),
    )
    work.save_page(page.number, work.resources.page_reader().read(image))


def _draw_again(work: StepContext, number: int) -> None:
    """The image went with an earlier attempt that died between saving and finishing."""
    made = work.resources.documents().render(work.original, work.claim.password, number, work.folder / f"{number}.png")
    work.resources.files.keep(made.path, work.page_image(number))
