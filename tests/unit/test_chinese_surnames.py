"""Names of persons in Chinese, told from the headings that stand where they could."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.chinese_surnames import may_be_person
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["resume"]


@pytest.mark.parametrize("name", ["林晓薇", "欧阳明", "王 芳", "买买提·艾力", "司马相云"])
def test_names_of_persons(name: str) -> None:
    assert may_be_person(name)


@pytest.mark.parametrize("text", ["社群", "学号", "委托书", "工作及领导经验", "学习历程", "联络方式"])
def test_headings_are_no_persons(text: str) -> None:
    assert not may_be_person(text)


@pytest.mark.parametrize(("line", "name"), [("林晓薇", "林晓薇"), ("林晓薇 Grace Lin", "林晓薇")])
def test_the_name_of_a_cv_is_no_heading_of_it(line: str, name: str) -> None:
    page = printed_page(f"# 社群\nGithub: alder\n\n{line}\nlin@example.com\n\n# 技能\nPython")
    assert ResumeRules().extract(SCHEMA, [page], "cv.pdf").fields["name"] == name
