"""What the sample documents say. All of it is invented: people, firms, places, numbers; addresses are example.com."""

from __future__ import annotations

RESUME_EN: tuple[tuple[str, str], ...] = (
    ("name", "Nora Lindqvist"),
    ("text", "Portland, Oregon | nora.lindqvist@example.com | +1 503-555-0142 | https://nora.example.com"),
    ("heading", "Summary"),
    (
        "text",
        "Water engineer with eight years of practice in urban drainage. I plan rain gardens, model storm water and "
        "explain both to town councils.",
    ),
    ("heading", "Experience"),
    ("row", "Senior Water Engineer, Alder & Finch Engineering|March 2021 – Present"),
    ("place", "Portland, Oregon"),
    ("bullet", "Led the design of 46 rain gardens that keep 31,000 m³ of storm water a year out of the river."),
    ("bullet", "Built the storm water model of the Kelso basin and trained four colleagues to run it."),
    ("row", "Water Engineer, Bright Harbour Utilities|June 2017 – February 2021"),
    ("place", "Seattle, Washington"),
    ("bullet", "Surveyed 120 km of sewers and ranked the repairs by the risk of flooding."),
    ("bullet", "Cut the time of a permit from nine weeks to four with one checklist for three departments."),
    ("heading", "Education"),
    ("row", "Oregon Lakes University|2015 – 2017"),
    ("place", "Master of Science in Civil Engineering"),
    ("row", "Kelso State College|2011 – 2015"),
    ("place", "Bachelor of Science in Environmental Engineering"),
    ("heading", "Skills"),
    ("text", "SWMM, Python, QGIS, AutoCAD Civil 3D, public speaking"),
)

RESUME_ZH: tuple[tuple[str, str], ...] = (
    ("name", "陈晓琳"),
    ("text", "电话：138 0013 8000　|　邮箱：chen.xiaolin@example.com　|　现居地：杭州"),
    ("heading", "个人简介"),
    ("text", "六年后端开发经验，熟悉高并发订单系统的设计与运维，重视测试与文档，曾带领五人小组完成支付平台重构。"),
    ("heading", "工作经历"),
    ("bold", "2021.03 – 至今　　青石溪数据科技有限公司　　高级后端工程师"),
    ("bullet", "负责订单与结算系统，日均处理订单三百二十万笔，可用性达到 99.98%。"),
    ("bullet", "把夜间对账时间从四小时缩短到二十五分钟。"),
    ("bullet", "建立压力测试流程，每次发布之前自动运行，线上故障由每季度九起降到一起。"),
    ("bold", "2018.07 – 2021.02　　白鹭网络技术有限公司　　后端工程师"),
    ("bullet", "开发会员积分服务，主导数据库拆分，接口平均响应时间降到 40 毫秒。"),
    ("bullet", "编写内部接口规范，三个团队沿用至今。"),
    ("heading", "教育背景"),
    ("bold", "2015.09 – 2018.06　　东江理工大学　　计算机科学与技术　　硕士"),
    ("text", "研究方向为分布式存储，毕业论文获校级优秀论文奖。"),
    ("bold", "2011.09 – 2015.06　　临江大学　　软件工程　　本科"),
    ("text", "专业排名前百分之五，两次获得一等奖学金。"),
    ("heading", "专业技能"),
    ("text", "Go、Python、PostgreSQL、Redis、Kafka、Kubernetes"),
)

INVOICE_HEAD = (
    ("Larkspur Paper Supply Ltd", "INVOICE"),
    ("14 Mill Lane, Ashcombe AB1 2CD", "Invoice number: LPS-2026-0417"),
    ("accounts@larkspur.example.com", "Invoice date: 17 April 2026"),
    ("VAT number: GB 000 0000 00", "Due date: 17 May 2026"),
)
INVOICE_TO = ("Bill to:", "Harbour Street Library", "2 Harbour Street", "Ashcombe AB1 4EF")
INVOICE_LINES = (
    ("Description", "Quantity", "Unit price", "Amount"),
    ("Copy paper A4, 80 g, box of 5 reams", "12", "£21.50", "£258.00"),
    ("Acid-free archive boxes", "40", "£3.75", "£150.00"),
    ("Book repair tape, 50 m", "6", "£8.20", "£49.20"),
    ("Delivery", "1", "£12.80", "£12.80"),
)
INVOICE_SUMS = (("Subtotal", "£470.00"), ("VAT 20%", "£94.00"), ("Total due", "£564.00"))
INVOICE_TERMS = (
    "Payment is due within 30 days of the invoice date. Please quote the invoice number with your bank transfer.",
    "Late payments are charged 1.5% interest per month. Goods can be returned within 14 days if they are unopened.",
)

PAPER_TITLE = "How Long Do Low-Cost Soil Moisture Sensors Stay Accurate?"
PAPER_AUTHORS = "Ida Marsh and Tomas Okafor, Fenwick Field Station"
PAPER_HEADER = "Notes on Field Instruments · Volume 7"
PAPER_LEFT_1: tuple[tuple[str, str], ...] = (
    ("heading", "Abstract"),
    (
        "text",
        "Cheap capacitive probes have made soil moisture networks affordable, but little is known about how they age. "
        "We buried 48 probes of three models in two soils for 26 months and compared them with weighed samples. The "
        "error of the cheapest model grew from 2.9 to 7.4 percent, while sealed probes stayed below 3.5 percent.",
    ),
    ("heading", "1 Introduction"),
    (
        "text",
        "Farmers decide when to irrigate from a handful of readings. A probe that reads four percent too dry can cost "
        "a third of the season's water. Laboratory calibra\u00adtion is well described, yet most probes are used for "
        "years without being checked again.",
    ),
    (
        "text",
        "Earlier studies ended after one season. They could not tell slow drift from differ\u00adences between single "
        "probes, because each model was repre\u00adsented by two or three pieces only.",
    ),
    ("heading", "2 Methods"),
    (
        "text",
        "The probes were buried at a depth of 20 cm in loam and in sandy soil. Every two weeks we took three soil "
        "cores beside each probe, weighed them, dried them at 105 °C for 24 hours and weighed them again.",
    ),
    (
        "text",
        "Half of the cheapest probes were painted with two layers of epoxy before they were buried. All readings were "
        "logged every ten minutes and averaged over the hour of the sampling. The loggers stood in dry boxes above the "
        "ground, so that only the probes themselves could age. Two of the 48 probes were lost to a plough in the first "
        "spring and replaced; they are left out of all tables.",
    ),
)
PAPER_RIGHT_1: tuple[tuple[str, str], ...] = (
    ("heading", "3 Results"),
    (
        "text",
        "Table 1 gives the error of each model at the beginning and at the end. The bare probes lost accuracy after "
        "the first winter; frost opened the edge of the circuit board and water crept in.",
    ),
    ("caption", "Table 1. Root mean square error in percent of volume."),
    ("table", ""),
    (
        "text",
        "Painted probes behaved almost like the sealed model, at a fifth of its price. In sandy soil all errors were "
        "about half a percent smaller than in loam.",
    ),
    (
        "text",
        "The drift was not even over the year. Between April and October no model lost more than 0.3 percent. Nearly "
        "all of the loss fell into the weeks after the first hard frost, and the second winter added less than half "
        "of what the first had taken.",
    ),
    (
        "text",
        "Single probes of the same model differed little: nine in ten ended within one percent of the median of their "
        "group. It is therefore enough to dig up a few probes to judge a whole field.",
    ),
)
PAPER_TABLE = (
    ("Model", "Probes", "Start", "End"),
    ("Bare board", "16", "2.9", "7.4"),
    ("Painted board", "16", "2.8", "3.6"),
    ("Sealed probe", "16", "2.1", "3.3"),
)
PAPER_LEFT_2: tuple[tuple[str, str], ...] = (
    ("heading", "4 Discussion"),
    (
        "text",
        "The drift of the bare boards is not a fault of the electronics: probes that were dried in the laboratory for "
        "a week returned to within half a percent of their first calibra\u00adtion. Water in the edge of the board is "
        "enough to explain the whole error.",
    ),
    (
        "text",
        "Two layers of epoxy cost eleven cents per probe and ten minutes of work. We therefore recommend to paint the "
        "edges of every bare board before it is buried, and to check one probe in ten every spring.",
    ),
    (
        "text",
        "Our soils are wet for most of the winter. Where the ground seldom freezes, bare boards may last longer; we "
        "would be glad to hear from stations in milder places.",
    ),
)
PAPER_RIGHT_2: tuple[tuple[str, str], ...] = (
    ("heading", "5 Conclusion"),
    (
        "text",
        "Low-cost probes stay accurate for two years when their edges are sealed. Without a seal they should be "
        "replaced after the first winter.",
    ),
    ("heading", "References"),
    ("text", "[1] A. Hollis. Drying soil cores in small ovens. Notes on Field Instruments 3, 2019, pages 41–47."),
    ("text", "[2] M. Verano and P. Quill. Frost and circuit boards. Proceedings of the Moor Workshop, 2022."),
)

CONTRACT_TITLE = "技术服务合同"
CONTRACT_1: tuple[tuple[str, str], ...] = (
    ("text", "合同编号：QS-2026-031"),
    ("text", "甲方（委托方）：临江市图书馆"),
    ("text", "乙方（受托方）：青石溪数据科技有限公司"),
    (
        "text",
        "根据《中华人民共和国民法典》及有关法律规定，甲乙双方经友好协商，就馆藏档案数字化服务一事达成一致，签订本合同。",
    ),
    ("heading", "第一条 服务内容"),
    (
        "text",
        "乙方为甲方扫描并整理一九五〇年至一九九九年的馆藏档案，共计一万二千卷，"
        "扫描分辨率不低于三百点每英寸，并建立可检索的目录。",
    ),
    ("heading", "第二条 服务期限"),
    ("text", "服务期限自2026年5月1日起至2027年4月30日止。如遇馆舍维修，期限相应顺延。"),
    ("heading", "第三条 质量要求"),
    ("text", "图像应清晰、完整，无缺页、无重页。甲方每月抽查百分之二，错误率超过千分之三的批次，由乙方免费重做。"),
)
CONTRACT_2: tuple[tuple[str, str], ...] = (
    ("heading", "第四条 合同金额"),
    ("text", "本合同总金额为人民币486,000元（大写：肆拾捌万陆仟元整），包含税费、运输费和人工费用。"),
    ("heading", "第五条 付款期限"),
    ("text", "付款期限为甲方收到发票之日起四十五日内。逾期付款的，每逾期一日，按应付金额的万分之三支付违约金。"),
    ("heading", "第六条 保密义务"),
    ("text", "乙方对服务过程中接触到的档案内容负有保密义务，未经甲方书面同意，不得复制或向第三方提供。"),
    ("heading", "第七条 争议解决"),
    ("text", "因本合同发生的争议，双方应先行协商；协商不成的，提交甲方所在地人民法院诉讼解决。"),
    ("text", "甲方：临江市图书馆　　　　　　乙方：青石溪数据科技有限公司"),
    ("text", "签订日期：2026年4月20日"),
)

NOTICE: tuple[tuple[str, str], ...] = (
    ("name", "Notice to all tenants"),
    ("text", "Maple Court Housing Association, 9 Maple Court, Ashcombe AB1 7GH"),
    ("text", "9 March 2026"),
    ("heading", "The water will be turned off"),
    (
        "text",
        "The water in buildings A, B and C will be turned off on Tuesday, 24 March 2026, from 9:00 to 15:30, because "
        "the main valve in the cellar has to be replaced.",
    ),
    (
        "text",
        "Please keep some drinking water in a clean bottle, and close all taps before you leave home. Washing machines "
        "and dishwashers must not be used during this time.",
    ),
    (
        "text",
        "The water may look brown for a few minutes afterwards. Let it run cold until it is clear again. If it is not "
        "clear after half an hour, call the caretaker, Mr Ruben Adeyemi, at 01632 960 118.",
    ),
    ("text", "We are sorry for the inconvenience and thank you for your patience."),
    ("text", "Helen Brandt, house manager"),
)
