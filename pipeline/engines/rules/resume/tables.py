"""Schools and jobs in tables: the columns are told by the header row, which row begins where by its dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import find_periods
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.tables.header import Header, header_at
from stores.models import Field, FieldKind

LocatedRow = dict[str, LocatedValue | None]
_Cells = dict[str, list[PageLine]]

_PERIOD = (
    "Period|Dates|Date|Duration|Years|Year|When|Time|Tenure|Zeitraum|Zeit|"
    "Year of passing|Passing year|Year of completion|"
    "Jahr|Période|Année|Années|起止时间|起止年月|起止日期|时间|时间段|任职时间|工作时间|"
    "就读时间|年月|日期"
)
_START = "From|Start|Start date|Joined|Von|Beginn|Début|开始时间|入职时间|入学时间"
_END = "To|Until|End|End date|Bis|Ende|Fin|结束时间|离职时间|毕业时间"
_PLACE = "Location|Place|City|Country|Town|Ort|Lieu|Ville|地点|工作地点|城市"


def _columns(**labels: str) -> tuple[Field, ...]:
    return tuple(
        Field(name=name, kind=FieldKind.TEXT, labels=tuple(labels[name].split("|")))
        for name in labels  # the order breaks ties
    )


EXPERIENCE = Field(
    name="experience",
    kind=FieldKind.ROWS,
    fields=_columns(
        period=_PERIOD,
        start=_START,
        end=_END,
        company="Employer|Company|Organisation|Organization|Firm|Institution|Employer name|"
        "Name of employer|Company name|"
        "Arbeitgeber|Unternehmen|Firma|Entreprise|Employeur|Société|"
        "工作单位|单位|单位名称|公司|公司名称|企业名称|任职单位|所在单位",
        position="Position|Role|Title|Job title|Job|Post|Position held|Designation|Occupation|"
        "Stelle|Tätigkeit|Funktion|"
        "Poste|Fonction|职务|职位|岗位|职位名称|担任职务",
        location=_PLACE,
        duties="Duties|Responsibilities|Description|Tasks|Aufgaben|Missions|"
        "Reason for leaving|工作内容|工作职责|主要职责|离职原因|证明人",
    ),
)
EDUCATION = Field(
    name="education",
    kind=FieldKind.ROWS,
    fields=_columns(
        period=_PERIOD,
        start=_START,
        end=_END,
        institution="Institution|School|University|College|Name of institution|Name of school|Institut|College/School|"
        "School/College|Institute|Name of the institution|"
        "Hochschule|"
        "Schule|Établissement|École|学校|学校名称|毕业院校|院校|院校名称|毕业学校|教育机构",
        board="Board|University/Board|Board/University|Board of examination",
        degree="Degree|Qualification|Award|Course|Examination|Exam|"
        "Certificate|Degree obtained|Abschluss|Diplôme|学历|学位",
        area="Subject|Major|Field|Field of study|Specialization|Specialisation|Discipline|Programme|Program|Fach|"
        "Studienfach|Studiengang|Spécialité|Filière|专业|专业名称|所学专业",
        location=_PLACE,
        grade="Grade|Result|GPA|CGPA|Marks|Percentage|Class|Note|Mention|成绩|培养方式",
    ),
)
_DATED = ("period", "start", "end")
_HEADER_AMONG = 3  # the first rows of a section
_LEAST_COLUMNS = 2
_HAN_END = re.compile(r"[\u4e00-\u9fff（）。，]$")


def header_cells(rows: Sequence[Row]) -> set[int]:
    """The numbers of the lines that head columns of schools or jobs, which are no headings of sections."""
    return {
        cell.number
        for at, row in enumerate(rows)
        if len(row.cells) > _LEAST_COLUMNS and any(_header(field, rows, at) for field in (EXPERIENCE, EDUCATION))
        for cell in row.cells
    }


def table_rows(field: Field, rows: Sequence[Row]) -> list[LocatedRow]:
    """The rows of a section that is a table with a header; none where it is not."""
    for at in range(min(_HEADER_AMONG, len(rows))):
        header = _header(field, rows, at)
        if header:
            drafts = _drafts(header, rows[at + header.rows :])
            return [row for draft in drafts if (row := _row(field, draft))]
    return []


def _header(field: Field, rows: Sequence[Row], at: int) -> Header | None:
    """The header that a row is: it names dates or a school or a firm, and nothing in it has digits."""
    if len(rows[at].cells) < _LEAST_COLUMNS or any(re.search(r"\d", cell.text) for cell in rows[at].cells):
        return None
    header = header_at(field, rows, at)
    telling = {"company", "position", "institution", "degree"}
    return header if header and header.names & telling and len(header.names) > _LEAST_COLUMNS else None


def _drafts(header: Header, rows: Sequence[Row]) -> list[_Cells]:
    """The cells of each row by column; printed rows that begin none go on with the cells of the one before."""
    drafts: list[_Cells] = []
    dated = bool(header.names & set(_DATED))
    first = min((column for column in header.columns if column.name), key=lambda column: column.left).name
    for row in rows:
        cells: _Cells = {}
        for cell in row.cells:
            cells.setdefault(header.column_of(cell).name, []).append(cell)
        whole = 2 * len([name for name in cells if name]) >= len(header.names)
        begins = any(_is_date(cells.get(name)) for name in _DATED) if dated else first in cells
        if begins and (whole or not dated):
            drafts.append(cells)
        elif drafts:
            for name, more in cells.items():
                drafts[-1].setdefault(name, []).extend(more)
    return drafts


def _is_date(cells: Sequence[PageLine] | None) -> bool:
    return bool(cells) and bool(find_periods(_text(cells or ())))


def _text(cells: Sequence[PageLine]) -> str:
    text = ""
    for cell in cells:
        text += ("" if not text or _HAN_END.search(text) else " ") + cell.text.strip()
    return text


def _row(field: Field, cells: Mapping[str, list[PageLine]]) -> LocatedRow | None:
    names = [column.name for column in field.fields if column.name not in (*_DATED, "board", "duties", "grade")]
    row: LocatedRow = {name: _located(cells.get(name)) for name in names}
    if "board" in cells and row.get("institution") is None:
        row["institution"] = _located(cells["board"])  # the school is not told, only who examined
    if not any(row[name] for name in names[:2]):
        return None
    start, end = _dates(cells)
    return row | {"start_date": start, "end_date": end}


def _located(cells: Sequence[PageLine] | None) -> LocatedValue | None:
    text = _text(cells or ())
    return located_in(text, cells or (), text) if re.search(r"[^\W\d_]", text) else None


def _dates(cells: Mapping[str, list[PageLine]]) -> tuple[LocatedValue | None, LocatedValue | None]:
    """The period of a column of periods, else what stands in those of its begin and its end."""
    if "period" in cells:
        text = _text(cells["period"])
        for period in find_periods(text):
            quote = text[period.start : period.end]
            first = located_in(period.first, cells["period"], quote) if period.first else None
            return first, located_in(period.last, cells["period"], quote)
    return _date(cells.get("start")), _date(cells.get("end"))


def _date(cells: Sequence[PageLine] | None) -> LocatedValue | None:
    text = _text(cells or ())
    for period in find_periods(f"2000 - {text}") if text else ():
        if period.last not in ("", "2000"):
            return located_in(period.last, cells or (), text)
    return None
