"""Whether Chinese characters can be the name of a person: by the surnames that nearly all people have."""

from __future__ import annotations

# In simplified characters; without those that mostly begin other words, as 成 and 应 do.
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅付沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎闫余潘杜戴夏钟汪田任姜范方"
    "石姚谭廖邹熊金陆郝孔白崔康毛邱丘秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕"
    "聂丛焦柳邢路岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄曲游阳裴席卫查屈鲍覃霍翁隋甘景单包司柏宁柯阮桂闵解柴华车冉房边"
    "辜吉饶刁瞿戚古米池滕晋苑邬臧宫苟褚廉简娄盖符奚穆党燕郎冀谈姬屠连郜晏栾郁商蒙喻揭窦迟敖糜鄢冷卓花仇艾蓝巩井练仲虞卞封竺冼佟栗匡宗"
    "巫鞠桑荆谌扬沙伏岑习胥蔺云凤皮湛禹狄贝茅麻危干邝尚慕茹宦鱼容戈庾暨衡步满寇阙殳夔厍晁勾訾阚那毋养丰巢蒯逯桓"
)
_TWO_CHARACTERS = frozenset(("欧阳", "司马", "上官", "诸葛", "司徒", "皇甫", "尉迟", "长孙", "令狐", "端木", "范姜"))


def may_be_person(name: str) -> bool:
    """Whether a text of Chinese characters may be a name; one of a people without such surnames has a dot in it."""
    return "·" in name or name[:2] in _TWO_CHARACTERS or (name[:1] in _SURNAMES and len(name.replace(" ", "")) <= 4)
