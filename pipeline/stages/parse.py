"""Parse: pages with a good text layer become Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.work import Work
from stores.effects import Nothing
from stores.errors import InputError
from stores.models import Fault


def run(work: Work) -> Nothing:
    """Read every unread page of the step from its text layer."""
    reader = work.tools.text_reader()
    for number in work.unread():
        with work.page(number):
            try:
                text = reader.read(work.original, work.claim.password, number)
            except InputError as error:
                work.give_up_page(number, Fault(code=error.code, message=error.message))
                continue
            work.save_page(number, text)
    return Nothing()
