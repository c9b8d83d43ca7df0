"""Web pages are read without the menus and banners of their site."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.formats.web import read_web

ARTICLE = "<h1>Mills</h1><p>Grain came from the north in heavy sacks, and timber was floated along the river.</p>"
MENU = "<nav><a href='/'>Home</a> <a href='/shop'>Shop</a></nav>"


def read(tmp_path: Path, body: str) -> tuple[list[str], tuple[str, ...]]:
    path = tmp_path / "page.html"
    path.write_text(f"<html><head><title>Mills</title></head><body>{body}</body></html>")
    content = read_web(path)
    return [element.text for section in content.sections for element in section.elements], tuple(content.unread)


def test_what_stands_beside_the_main_part_is_left_out_and_counted(tmp_path: Path) -> None:
    body = f"<header>Mill Times {MENU}</header><div><aside>Most read</aside><main>{ARTICLE}</main></div><footer>Imprint"
    texts, unread = read(tmp_path, f"{body}</footer>")
    assert texts[0] == "Mills" and len(texts) == 2
    assert unread == ("1 menu", "3 parts beside the main one")


def test_without_a_main_part_only_menus_and_banners_go(tmp_path: Path) -> None:
    texts, unread = read(
        tmp_path, f"{MENU}<div role='banner'>Mill Times</div>{ARTICLE}<aside>See also: weirs</aside><p>Ends</p>"
    )
    assert texts[0] == "Mills" and texts[2:] == ["See also: weirs", "Ends"]
    assert unread == ("1 menu", "1 banner")


def test_a_main_part_that_says_little_is_not_all_of_the_page(tmp_path: Path) -> None:
    texts, unread = read(tmp_path, f"<main>Search</main>{ARTICLE}")
    assert texts[0] == "Search" and len(texts) == 3 and unread == ()


@pytest.mark.parametrize(
    "body", [MENU, f"<div role='navigation'>{ARTICLE}</div>", f"<div role='banner'>{ARTICLE}</div>"]
)
def test_a_page_that_is_a_menu_or_a_banner_is_read(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, body)[0]


def test_menus_within_menus_and_deep_pages_end(tmp_path: Path) -> None:
    deep = "<div>" * 600 + "deep" + "</div>" * 600
    texts, unread = read(tmp_path, f"<nav>one{MENU}</nav>{ARTICLE}{deep}")
    assert texts[0] == "Mills" and texts[-1] == "deep" and unread[0] == "1 menu"
