"""Layouts of generated CVs in six sets: each was measured before rules were mended on it."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.layouts import resumes_fifth as fifth
from scripts.layouts import resumes_first as first
from scripts.layouts import resumes_fourth as fourth
from scripts.layouts import resumes_second as second
from scripts.layouts import resumes_third as third
from scripts.layouts.resume_parts import LayoutOf

FIRST: Mapping[str, LayoutOf] = {
    "title-dash-company": LayoutOf(first.title_dash_company),
    "sidebar-left": LayoutOf(first.sidebar_left),
    "ruled-tables": LayoutOf(first.ruled_tables),
    "dates-in-left-column": LayoutOf(first.dates_in_left_column),
    "academic-one-liners": LayoutOf(first.academic_one_liners),
    "chinese-form": LayoutOf(first.chinese_form, ("zh",)),
    "german-columns": LayoutOf(first.german_columns, ("de",)),
    "company-first": LayoutOf(first.company_first),
    "unusual-section-names": LayoutOf(first.unusual_section_names, place=False),
}
SECOND: Mapping[str, LayoutOf] = {
    "sidebar-right": LayoutOf(second.sidebar_right),
    "two-columns": LayoutOf(second.two_columns),
    "position-at-company": LayoutOf(second.position_at_company),
    "unruled-tables": LayoutOf(second.unruled_tables),
    "chinese-free": LayoutOf(second.chinese_free, ("zh",)),
    "french-colons": LayoutOf(second.french_colons, ("fr",)),
    "academic-theses": LayoutOf(second.academic_theses, place=False),
    "chinese-register": LayoutOf(second.chinese_register, ("zh",)),
    "period-above": LayoutOf(second.period_above),
    "cards": LayoutOf(third.cards),
    "labelled-entries": LayoutOf(third.labelled_entries),
    "margin-headings": LayoutOf(third.margin_headings),
    "narrative": LayoutOf(third.narrative),
    "chinese-bilingual": LayoutOf(third.chinese_bilingual, ("zh",)),
    "german-blocks": LayoutOf(third.german_blocks, ("de",)),
}
THIRD: Mapping[str, LayoutOf] = {
    "bulleted-lines": LayoutOf(third.bulleted_lines),
    "stacked-years": LayoutOf(third.stacked_years),
    "month-names-long": LayoutOf(third.month_names_long),
    "chinese-sidebar": LayoutOf(third.chinese_sidebar, ("zh",)),
    "french-table": LayoutOf(third.french_table, ("fr",)),
    "barred-lines": LayoutOf(third.barred_lines),
}
FOURTH: Mapping[str, LayoutOf] = {
    "grey-periods-right": LayoutOf(fourth.grey_periods_right),
    "two-sided-header": LayoutOf(fourth.two_sided_header),
    "sidebar-with-education": LayoutOf(fourth.sidebar_with_education),
    "chinese-columns": LayoutOf(fourth.chinese_columns, ("zh",)),
    "german-table": LayoutOf(fourth.german_table, ("de",)),
}
FIFTH: Mapping[str, LayoutOf] = {
    "firm-dash-place": LayoutOf(fifth.firm_dash_place),
    "degree-in-margin": LayoutOf(fifth.degree_in_margin),
    "capitals-and-bars": LayoutOf(fifth.capitals_and_bars),
    "chinese-two-columns": LayoutOf(fifth.chinese_two_columns, ("zh",), place=False),
    "europass": LayoutOf(fifth.europass),
    "json-resume": LayoutOf(fifth.json_resume),
}
SIXTH: Mapping[str, LayoutOf] = {
    "timeline": LayoutOf(fifth.timeline, ("en", "fr")),
    "chinese-recruiter": LayoutOf(fifth.chinese_recruiter, ("zh",)),
    "german-word": LayoutOf(fifth.german_word, ("de",)),
}
LAYOUTS: Mapping[str, LayoutOf] = {**FIRST, **SECOND, **THIRD, **FOURTH, **FIFTH, **SIXTH}
