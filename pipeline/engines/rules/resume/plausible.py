"""Whether a text can be the name of a firm, a job or a school at all: where it cannot, silence is better."""

from __future__ import annotations

import re

from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.words import is_place, names_job, names_school

_HAN = re.compile(r"[\u4e00-\u9fff]")
_TASK_IN_CHINESE = re.compile(  # the verbs that tasks begin with, and words that bind a sentence
    r"^(?:采用|隶属|多次|曾|参与|负责|掌握|熟悉|了解|使用|实现|完成|主要|协助|通过|利用|基于|独立|带领|组织|编写|优化|搭建|主导|配合|从事|担任|"
    r"为|对|在|将|把|个)|[的了着].*[\u4e00-\u9fff]{4}|是通过"
)
_SCHOOL_ALONE = re.compile(r"schule|schulen|school|schools|école|high\s?school", re.IGNORECASE)
_REPOSITORY = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*")  # of source code: "alder-labs/kiln"
_MOST_WORDS = 14
_STOP_INSIDE = re.compile(r"[a-zà-ÿ]{4,}\.\s?[A-ZÀ-Þ][a-zà-ÿ]|[。；]")
_ENDS_SENTENCE = re.compile(r"(?:\s[a-zà-ÿ]{2,}|[^\W\d_]\+\+)\.$")


def is_plausible(text: str) -> bool:
    """Whether a text may be a name: no place, no number, no part of a sentence."""
    text = text.strip().lstrip("…·. ")
    if _SCHOOL_ALONE.fullmatch(text) or _REPOSITORY.fullmatch(text):
        return False
    if names_school(text) or has_company_suffix(text):
        return True
    if sum(char.isalpha() for char in text) < 2 or is_place(text):
        return False
    if _HAN.search(text):
        return not _TASK_IN_CHINESE.search(text) and not _STOP_INSIDE.search(text)
    words = re.sub(r"\s*\([^()]*\)", "", text).split() or [text]
    small = words[0][:1].islower() and len(words) > 1 and not any(word[:1].isupper() for word in words[1:])
    begun = bool(re.match(r"(?:of|and|or|to|und|oder|et|ou|de|des|du|with|mit|avec|in|im|zu|le|la|les|el)\s", text))
    sentence = bool(_STOP_INSIDE.search(text) or _ENDS_SENTENCE.search(text)) or len(words) > _MOST_WORDS
    return names_job(text) or not (small or begun or sentence)
