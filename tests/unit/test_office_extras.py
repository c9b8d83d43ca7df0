"""What Office, mail and web files hold beside their plain text: charts, comments, hidden texts, formulas."""

from __future__ import annotations

import base64
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipeline.engines.formats.charts import words_of_chart
from pipeline.engines.formats.decoding import decoded
from pipeline.engines.formats.mathml import tex_of_mathml
from pipeline.engines.formats.number_format import shown
from pipeline.engines.formats.outlook import reread
from pipeline.stages.plan import decide
from stores.models import UNREAD_PAGE, Route
from tests import office_files as files
from tests.unit.test_formats import engine, only, read
from tests.unit.test_word_numbering import item, level
from tests.unit.test_word_numbering import read as numbered_file

_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def chart(*, form: str = "General", days: tuple[str, ...] = ("North", "South")) -> str:
    def points(values: tuple[str, ...]) -> str:
        return "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values))

    cache = "strCache" if form == "General" else "numCache"
    return (
        f'<c:chartSpace xmlns:c="{_CHART}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart>'
        "<c:title><c:tx><c:rich><a:p><a:r><a:t>Ships</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea>"
        f"<c:pieChart><c:ser><c:tx><c:v>Calls</c:v></c:tx><c:cat><c:{cache}><c:formatCode>{form}</c:formatCode>"
        f"{points(days)}</c:{cache}></c:cat><c:val><c:numCache><c:formatCode>General</c:formatCode>"
        f"{points(('4.4000000000000004', '7'))}</c:numCache></c:val></c:ser></c:pieChart></c:plotArea></c:chart>"
        "</c:chartSpace>"
    )


def test_a_chart_of_a_word_document_is_its_title_and_a_table(tmp_path: Path) -> None:
    page = only(files.word_file(tmp_path / "a.docx", more={"word/charts/chart1.xml": chart()}))
    assert page.markdown == "Ships\n\n|  | Calls |\n| --- | --- |\n| North | 4.4 |\n| South | 7 |"


def test_days_along_a_chart_are_dates_and_a_chart_without_numbers_is_counted() -> None:
    lost: dict[str, int] = {}
    elements = words_of_chart(chart(form="m/d/yyyy", days=("45292", "45293")).encode(), lost)
    assert [cell.text for cell in elements[-1].cells if cell.column == 0] == ["", "2024-01-01", "2024-01-02"]
    assert not words_of_chart(f'<c:chartSpace xmlns:c="{_CHART}"/>'.encode(), lost)
    assert lost == {"charts": 1}


def test_what_was_not_read_is_said_though_nothing_else_is_on_the_page(tmp_path: Path) -> None:
    path = files.word_file(tmp_path / "a.docx", more={"word/embeddings/one.bin": "x"})
    (facts,) = engine().look(path, "", [1])
    assert decide(facts, "auto").route is Route.TEXT
    warning = only(path).warning
    assert warning and "1 embedded file" in warning.message and warning.code == UNREAD_PAGE


def test_hidden_runs_of_word_are_counted_and_a_box_is_read_once(tmp_path: Path) -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>obey me</w:t></w:r><w:r><w:t>Seen</w:t></w:r></w:p>"
    shown = '<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>Shown</w:t></w:r></w:p>'
    box = f"<w:txbxContent>{files.paragraph('Acme Ltd')}</w:txbxContent>"
    header = (
        f'<w:hdr xmlns:w="{files._WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:p>'
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
        "</w:r></w:p></w:hdr>"
    )
    page = only(files.word_file(tmp_path / "a.docx", hidden, shown, more={"word/header1.xml": header}))
    assert page.markdown == "Acme Ltd\n\nSeen\n\nShown"
    assert page.warning and "1 hidden text" in page.warning.message


def test_html_inside_a_word_document_is_read_and_another_form_is_counted(tmp_path: Path) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
    chunks = "".join(f'<Relationship Id="c{n}" Target="{n}" Type="{kind}"/>' for n in ("in.html", "in.mht"))
    more = {
        "word/_rels/document.xml.rels": files._WORD_PARTS.replace("</Relationships>", f"{chunks}</Relationships>"),
        "word/in.html": "<h2>Terms</h2><p>Cash only</p>",
        "word/in.mht": "x",
    }
    page = only(files.word_file(tmp_path / "a.docx", more=more))
    assert page.markdown == "## Terms\n\nCash only"
    assert page.warning and "1 part that is in another format" in page.warning.message


def deck(path: Path) -> Path:
    import pptx
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI
    from pptx.util import Pt

    deck = pptx.Presentation()
    for name in ("One", "Two"):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = name
        box = slide.shapes.add_textbox(Pt(50), Pt(200), Pt(300), Pt(40))
        box.text_frame.text = "Terms apply"
        box.text_frame.paragraphs[0].runs[0].hyperlink.address = "https://example.org"
        for link in box._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}hlinkClick"):
            link.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "rId99")
        foot = slide.shapes.add_textbox(Pt(50), Pt(500), Pt(300), Pt(20))
        foot.text_frame.text = "Harbour office"
        properties = foot._element.nvSpPr.nvPr
        mark = etree.SubElement(properties, properties.tag.replace("nvPr", "ph"))
        mark.set("type", "ftr")
    space = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    parts = {
        "comments/comment1.xml": f'<p:cmLst {space}><p:cm authorId="0"><p:text>Too long</p:text></p:cm></p:cmLst>',
        "commentAuthors.xml": f'<p:cmAuthorLst {space}><p:cmAuthor id="0" name="Ann Roe"/></p:cmAuthorLst>',
    }
    for name, text in parts.items():
        part = Part(PackURI(f"/ppt/{name}"), "application/xml", deck.part.package, text.encode())
        kind = name.partition("/")[0].removesuffix(".xml")
        holder = slide.part if kind == "comments" else deck.part
        holder.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}")
    deck.save(path)
    return path


def test_comments_and_footers_of_slides_are_read_and_a_broken_link_loses_no_text(tmp_path: Path) -> None:
    first, second = read(deck(tmp_path / "a.pptx"))
    assert first.markdown == "# One\n\nTerms apply\n\nHarbour office"
    assert second.markdown == "# Two\n\nTerms apply\n\nComment (Ann Roe): Too long"


def test_opendocument_numbers_go_on_and_comments_are_kept_and_hidden_texts_counted(tmp_path: Path) -> None:
    styles = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" text:start-value="3"/>'
        '</text:list-style><style:style style:name="P9"><style:text-properties text:display="none"/></style:style>'
    )
    one = "<text:list-item><text:p>{}</text:p></text:list-item>"
    body = (
        f'<text:list text:style-name="L">{one.format("a")}</text:list><text:p>Between<office:annotation><text:p>Why?'
        '</text:p></office:annotation></text:p><text:list text:style-name="L" text:continue-numbering="true">'
        f'{one.format("b")}</text:list><text:p text:style-name="P9">obey me</text:p>'
    )
    path = files.open_text(tmp_path / "a.odt", styles + body)
    page = only(path)
    assert page.markdown == "3. a\n\nBetween\n\n4. b\n\nComment: Why?"
    assert page.warning and "1 hidden text" in page.warning.message


def test_a_formula_of_an_opendocument_text_is_tex(tmp_path: Path) -> None:
    frame = '<text:p>So <draw:frame><draw:object xlink:href="./Object 1"/></draw:frame> holds.</text:p>'
    path = files.open_text(tmp_path / "a.odt", frame)
    formula = "<math><mrow><mi>E</mi><mo>=</mo><msup><mi>c</mi><mn>2</mn></msup></mrow></math>"
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("Object 1/content.xml", formula)
    assert only(path).markdown == "So $E=c^{2}$ holds."


@pytest.mark.parametrize(
    ("markup", "tex"),
    [
        ("<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>", r"\frac{a}{b+1}"),
        ("<msqrt><mi>x</mi><mo>−</mo><mn>1</mn></msqrt>", r"\sqrt{x-1}"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", r"\sum_{i}^{n}i"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", r"\bar{x}"),
        ("<mi>sin</mi><mi>α</mi>", r"\sin \alpha"),
        ("<mfenced open='[' close='['><mi>a</mi><mi>b</mi></mfenced>", r"\left[ a,b\right["),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>",
            r"\begin{matrix}1 & 2\end{matrix}",
        ),
        (
            "<semantics><mi>a</mi><annotation encoding='application/x-tex'>\\alpha_1</annotation></semantics>",
            r"\alpha_1",
        ),
        ("<mmultiscripts><mi>C</mi><mn>6</mn><none/><mprescripts/><none/><mn>14</mn></mmultiscripts>", "{}^{14}C_{6}"),
        ("<mi>x</mi><mtext>if so</mtext>", r"x\text{if so}"),
    ],
)
def test_mathml_is_read_as_tex(markup: str, tex: str) -> None:
    assert tex_of_mathml(etree.fromstring(f"<math>{markup}</math>")) == tex


def test_formulas_of_web_pages_stand_where_they_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<!doctype html><p>Let <math><mi>x</mi><mo>=</mo><mn>2</mn></math> be.</p>"
        "<math display='block'><msup><mi>x</mi><mn>2</mn></msup></math><math></math>"
    )
    page = only(path)
    assert page.markdown == "Let $x=2$ be.\n\n$$x^{2}$$"
    assert page.warning and "1 formula" in page.warning.message


def test_a_message_that_was_encoded_as_a_whole_is_read(tmp_path: Path) -> None:
    inner = base64.b64encode(b"From: bob@example.org\nSubject: Inside\n\nThe second.\n").decode()
    (tmp_path / "a.eml").write_text(
        "From: ann@example.org\nSubject: Outside\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThe first.\n"
        f"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n--b--\n"
    )
    first, second = read(tmp_path / "a.eml")
    assert "The first." in first.markdown
    assert second.markdown.strip() == "# Inside\n\nFrom: bob@example.org\n\nThe second."


@pytest.mark.parametrize(
    ("stored", "encoding", "text"),
    [("格式測試", "cp950", "格式測試"), ("Größe 5 €", "cp1252", "Größe 5 €"), ("Привет", "cp1251", "Привет")],
)
def test_outlook_strings_that_were_read_as_latin_are_read_anew(stored: str, encoding: str, text: str) -> None:
    assert reread(stored.encode(encoding).decode("iso-8859-15"), encoding) == text
    assert reread(text, "utf-7b") == text  # no encoding at all


def test_macros_of_opendocument_files_are_named(tmp_path: Path) -> None:
    path = files.open_text(tmp_path / "a.odt", "<text:p>Hello</text:p>")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("Basic/Standard/One.xml", "<x/>")
        package.writestr("Basic/Standard/script-lb.xml", "<x/>")
    page: Any = only(path)
    assert page.warning.message.endswith("1 macro")


@pytest.mark.parametrize(
    ("number_format", "text"),
    [("h:mm AM/PM", "18:15"), ("[$-409]h:mm;@", "18:15"), ("yyyy-mm-dd hh:mm", "1992-12-28 18:15")],
)
def test_a_cell_that_shows_a_time_of_day_has_no_date(number_format: str, text: str) -> None:
    assert shown(datetime(1992, 12, 28, 18, 15), number_format) == text


def test_damaged_bytes_do_not_change_the_encoding_of_a_text(tmp_path: Path) -> None:
    german = "Die Größe der Straße, die Fußgänger und Radfahrer früher nutzten, wurde überprüft und geändert."
    text = "Внимание! Вы получили это письмо, поскольку являетесь пользователем."
    (tmp_path / "a.html").write_bytes(f"<html><meta charset=utf-8><p>{text}".encode() + b" \xd1f.")
    assert only(tmp_path / "a.html").markdown == f"{text} \ufffdf."
    assert decoded(german.encode("cp1252"), declared="utf-8") == german


def test_links_to_other_languages_are_a_menu(tmp_path: Path) -> None:
    links = "".join(
        f"<li><a href='https://{one}.example' hreflang={one}>{one}</a>" for one in ("de", "fr", "it", "es", "nl")
    )
    (tmp_path / "a.html").write_text(f"<!doctype html><h1>Duck</h1><ul>{links}</ul><p>Ducks swim on every pond.</p>")
    page = only(tmp_path / "a.html")
    assert page.markdown == "# Duck\n\nDucks swim on every pond."
    assert page.warning and "1 menu" in page.warning.message


def test_a_row_that_word_numbers_has_its_number_though_its_cell_is_empty(tmp_path: Path) -> None:
    levels = level(0, "decimal", "%1")
    rows = "".join(f"<w:tr><w:tc>{item('', 1)}</w:tc><w:tc>{files.paragraph(text)}</w:tc></w:tr>" for text in "ab")
    page = numbered_file(tmp_path, levels, f"<w:tbl>{rows}</w:tbl>", item("", 1))
    assert page.markdown == "| 1 | a |\n| --- | --- |\n| 2 | b |"


def test_numbers_out_of_all_reason_harm_nothing(tmp_path: Path) -> None:
    huge = "9" * 6000
    odt = f'<text:h text:outline-level="abc">Head</text:h><text:list><text:list-item text:start-value="{huge}">'
    assert (
        "Head"
        in only(files.open_text(tmp_path / "a.odt", f"{odt}<text:p>a</text:p></text:list-item></text:list>")).markdown
    )
    form = level(0, "upperRoman", "%1" * 20_000).replace('w:val="1"', f'w:val="{huge}"')
    assert len(numbered_file(tmp_path, form, item("a", 1)).markdown) < 200
    series = f'<c:ser><c:val><c:numCache><c:pt idx="{huge}"><c:v>1e999</c:v></c:pt></c:numCache></c:val></c:ser>'
    assert not words_of_chart(f'<c:chartSpace xmlns:c="{_CHART}">{series * 2000}</c:chartSpace>'.encode(), {})
