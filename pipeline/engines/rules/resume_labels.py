"""The labels that curricula vitae print before the values of a school or a job: ``学校：北京大学``."""

from __future__ import annotations

import re

_LABELS = {
    "institution": r"school|university|institution|institute|college|学校(?:名称)?|毕业院校|院校|毕业学校",
    "degree": r"degree|qualification|学历|学位|最高学历",
    "area": r"major|area|field(?: of study)?|subject|specialization|专业(?:名称)?|所学专业|主修",
    "company": r"company|employer|organi[sz]ation|公司(?:名称)?|单位(?:名称)?|工作单位|企业名称",
    "position": r"position|title|role|job title|职位(?:名称)?|职务|岗位|担任职务|职位类别",
    "location": r"location|place|city|town|ort|lieu|ville|城市|地点|工作地点|所在地",
}
LABEL = re.compile("|".join(rf"(?P<{name}>^(?:{words})\s*[:：]\s*)" for name, words in _LABELS.items()), re.IGNORECASE)
_ANY_LABEL = re.compile(r"\W*[^\W\d]{2,20}\s*[:：]")


def is_labelled(text: str) -> bool:
    """Whether a row begins with a label of any words."""
    return bool(_ANY_LABEL.match(text))


def is_labelled_detail(text: str) -> bool:
    """Whether a row begins with a label that announces neither a school or a job nor what belongs to their heads."""
    return is_labelled(text) and not LABEL.match(text.strip())
