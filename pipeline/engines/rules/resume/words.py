"""Words of curricula vitae: degrees, schools, job titles, places; English, Chinese and other European languages."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.engines.rules.parties import has_company_suffix

_PLAIN = r"(?<![^\W\d_])(?:{})(?![^\W\d_])"

_DEGREE = re.compile(
    _PLAIN.format(
        r"(?:(?:higher\s+)?secondary\s+|high\s+)?school\s+(?:diploma|certificate|degree)|(?:university|college)\s+(?:diploma|degree)|"
        r"ph\.?\s?d\.?|d\.?phil\.?|doctor(?:ate|al|at|ado|aat)?(?:\s+of\s+[\w\s]+?)?|dr\.-?ing\.?|md|j\.?d\.?|ed\.?d\.?|"
        r"dottorato|ma[îi]trise|dr\.\s?(?:rer\.\s?nat|phil|med|iur)\.?|diplôme(?:\s+d['’]\s?\w+)?|associate(?:['’]?s)?\s+degree|associate\s+of\s+(?:applied\s+)?(?:arts|science)|(?:bachelor|"
        r"master)(?:['’]?s)?(?:\s+degree)?(?:\s+of\s+(?:science|arts|engineering|technology|"
        r"business\s+administration|"
        r"laws?|fine\s+arts|commerce|education|philosophy|medicine|applied\s+science|computer\s+applications|"
        r"public\s+health|"
        r"architecture|music|social\s+work|research|pharmacy|design))?(?:\s+\((?:hons?|honours|honors)\))?|"
        r"[bm]\.?\s?(?:sc|eng|tech|com|ed|phil|arch|res|pharm|ba)\.?(?:\s+\(?hons\.?\)?)?|[bm]\.\s?[sae]\.?|"
        r"[bm]s(?=\s|$|,|\)|/)|[bm]a(?=\s|$|,|\))|ll\.?\s?[bm]\.?|m\.?b\.?a\.?|m\.?p\.?[ahp]\.?|m\.?f\.?a\.?|"
        r"m\.?c\.?a\.?|b\.?c\.?a\.?|b\.?f\.?a\.?|"
        r"a\.?a\.?s?(?=\s+in\b)|diplom(?:-\w+|a)?|magister|staatsexamen|abitur|licence|licenciatura|laurea|"
        r"baccalaur[ée]at|a-?levels?|"
        r"ged|gcses?|hbo|propedeuse|vwo|havo|promotion|ingénieur|certificate|minor|major|"
        r"micromasters?|nanodegree|bts|dut|deug|cpge|classes?\s+préparatoires?(?:\s+aux\s+grandes\s+[ée]coles)?|"
        r"bac(?:\s+(?:es|[sl])|\+\d)|bakkalaureus|matura|berufsmatur(?:a|ität)|fachabitur|(?:berufs)?lehre|"
        r"[^\W\d_]*(?:hochschulreife|schulabschluss)|mittlere\s+reife|docteur|(?-i:M[12]|L[123])(?=\s+[^\W\d_])|"
        r"ingenier[ií]a|ma?estr(?:[ií]a|ado)|licenciad[oa]|doctorado|doutorado|graduação|bacharel(?:ado)?|"
        r"bachillerato|máster|specialist\s+degree|(?:p[óo]s-?)?gradua[çc][ãa]o|postgraduate\s+(?:degree|diploma)|"
        r"(?:undergraduate|graduation)(?=\s+(?:of|in)\b)|degree(?=\s+in\b)|matriculation|hsc|sslc|pg\s?dip|pgce|hn[cd]|btec|"
        r"berufsausbildung|ausbildung(?=\s+(?:zu[mr]|als)\b)"
    )
    + r"|(?:学士|硕士|博士)学位|博士后|博士研究生|硕士研究生|工商管理硕士|博士|硕士|研究生|学士|本科|"
    r"大学专科|大专|专科|(?<![\u4e00-\u9fff]{2})高中|中专|双学位|交换生",
    re.IGNORECASE,
)  # fmt: skip
_CASED_DEGREE = re.compile(
    r"(?<![^\W\d_])(?:BS|MS|BA|MA|BE|ME|MD|JD|AA|AS|BBA|BEng|MEng|BSc|MSc|PhD|MBA|DBA)(?![^\W\d_])"
)
_SHORT_DEGREE = re.compile(r"[bma][sae]|md|jd|minor|major|certificate|promotion|licence|ged", re.IGNORECASE)
_SCHOOL = re.compile(
    r"(?<!pre-)universit|universida|hochschule|schule(?![^\W\d_])|akademie|(?<![^\W\d_])(?:college|school|institute?|academy|polytechni\w+|faculty|lyceum|liceo|gymnasium|"
    r"lyc[ée]e|[ée]cole|"
    r"escuela|escola|instituto|colegio|colégio|istituto|politecnico|epfl|ucla|caltech|iit|cern|insead|suny|cuny|kaist|"
    r"fachhochschule|"
    r"realschule|kolleg|campus|insa|sciences\s+po|ens(?:ae|ta|imag)|supélec|polytech|(?-i:HTL|HTBLA|ETH|MIT|UCL|NUS|NTU|TU|FH|HTW|HAW|KIT|LMU|RWTH|ENS|HEC|IUT|UCLouvain)|üniversitesi|seminary|conservatory|coll[èe]ge|facultad|hogeschool|vidyalaya|vidyapeeth|gymnázium|gimnazjum|liceum|szkoła|politechnika|scuola|skola|skole)(?![^\W\d_])|"
    r"大学|学院|学校|中学|研究院|研究所|党校|高中(?=$|\s|毕业|肄业|就[学读]|在[学读])|职校",
    re.IGNORECASE,
)
_TITLE = re.compile(
    _PLAIN.format(
        r"intern(?:ship)?|trainee|apprentice|engineer(?:ing\s+(?:lead|manager|intern))?|developer|programmer|"
        r"architect|scientist|chemist|[^\W\d_]+(?:ologist|[óo]log[oa]|ologue|f[íi]sic[oa])|physicist|economist|statistician|"
        r"researcher|research\s+(?:assistant|associate|fellow)|assistant|associate|analyst|consultant|manager|"
        r"director|officer|"
        r"president|vice\s+president|vp|svp|evp|head|lead(?:er)?|chief|c[etfoi]o|founder|co-?founder|partner|"
        r"owner|principal|"
        r"administrator|coordinator|specialist|supervisor|technician|designer|teacher|lecturer|professor|tutor|"
        r"instructor|"
        r"fellow|postdoc\w*|nurse|physician|doctor|surgeon|therapist|pharmacist|lawyer|attorney|paralegal|"
        r"accountant|auditor|"
        r"bookkeeper|clerk|cashier|secretary|receptionist|representative|agent|broker|salesperson|sales(?:man|"
        r"woman)?|buyer|"
        r"editor|writer|journalist|reporter|translator|photographer|producer|artist|animator|chef|cook|waiter|waitress|"
        r"bartender|barista|driver|operator|mechanic|electrician|foreman|guard|pilot|volunteer|member|student|"
        r"freelancer?|captain|capitaine|participant|"
        r"contractor|executive|strategist|planner|recruiter|advisor|adviser|counsel(?:l?or)?|mentor|coach|tester|"
        r"sre|devops|"
        r"[^\W\d_]*(?:ingenieur|entwickler|leiter|berater|mitarbeiter|referent|techniker|assistent|verkäufer|pfleger|"
        r"architekt|gründer|lehrer|fahrer|meister|vertreter|arbeiter|administrator)"
        r"(?:in)?|[^\W\d_]*praktik(?:ant(?:in)?|um|a)|zivildien(?:er|stleistender)|(?:neben|mini|ferien|studenten|aushilfs|sommer)jobs?|aushilfe|auszubildende[rn]?|werkstudent(?:in)?|geschäftsführer(?:in)?|sachbearbeiter(?:in)?|"
        r"[^\W\d_]*(?:kaufmann|kauffrau)|hiwi|"
        r"ing[ée]nieur|d[ée]veloppeu(?:r|se)|stagiaire|stage|chef\s+de\s+projet|responsable|directeur|directrice|"
        r"charg[ée]e?\s+d\w*|[^\W\d_]+ici(?:en|enne)|chercheu(?:r|se)|professeure?|enseignante?|assistante|"
        r"ambassadeur|ambassadrice|"
        r"consultante?|ontwikkelaar|medewerker|adviseur|stagiair|bijbaan|gerente|ingeniero|desarrollador|becario|"
        r"ingegnere|sviluppatore"
    )
    + r"|工程师|经理|总监|主管|助理|实习生|实习|专员|顾问|开发|设计师|分析师|架构师|研究员|教师|老师|讲师|教授|"
    r"总裁|总经理|主任|"
    r"会计|出纳|秘书|编辑|记者|翻译|销售|运营|负责人|合伙人|创始人|董事|科学家|程序员|测试|客服|文员|行政|人事|"
    r"组长|部长|店长|医生|护士|律师|导师|架构|产品|策划|研发(?=$|[（(])",
    re.IGNORECASE,
)  # fmt: skip

_OCCUPATION = re.compile(  # further nouns of occupations, and endings of such nouns
    _PLAIN.format(
        r"ambassador|carpenter|caretaker|controller|curator|dancer|dean|demonstrator|dentist|dispatcher|estimator|"
        r"inspector|installer|interpreter|janitor|lifeguard|librarian|machinist|maintainer|midwife|moderator|musician|"
        r"optician|organi[sz]er|packer|painter|plumber|postmaster|psychiatrist|scheduler|scholar|steward(?:ess)?|"
        r"superintendent|tailor|treasurer|valet|veterinarian|waiter|welder|"
        r"[^\W\d_]{3,}(?:iker|krankenschwester|sanitäter|monteur|helfer|hilfskraft|lehrkraft|fachkraft|bürokraft|betreuer|"
        r"trainer|dozent|doktorand|forscher|mechaniker|informatiker|schlosser|händler|führer|verwalter|prüfer|beauftragte[rn]?|"
        r"manager)(?:in)?|"
        r"(?:büro|hilfs|lehr|fach|pflege|service|teilzeit|saison)kraft|kranken(?:schwester|pfleger(?:in)?)|sanitäter(?:in)?|"
        r"notfallsanitäter(?:in)?|monteur(?:in)?|betreuer(?:in)?|dozent(?:in)?|doktorand(?:in)?|angestellte[rn]?|beamte[rn]?|"
        r"beamtin|azubi|volontär(?:in)?|kellner(?:in)?|koch|köchin|bäcker(?:in)?|tischler(?:in)?|schreiner(?:in)?|freiberufler(?:in)?|"
        r"adjointe?|agente?|animat(?:eur|rice)|alternante?|apprentie?|auxiliaire|baby-?sitter|caissi(?:er|ère)|"
        r"coiffeu(?:r|se)|com[ée]dien(?:ne)?|comptable|concepteur|conceptrice|conducteur|conductrice|conseill(?:er|ère)|"
        r"coordinat(?:eur|rice)|coursier|cuisini(?:er|ère)|doctorante?|[ée]ducat(?:eur|rice)|employ[ée]e?|"
        r"format(?:eur|rice)|g[ée]rante?|h[ôo]tesse|infirmi(?:er|ère)|livreu(?:r|se)|moniteur|monitrice|organisat(?:eur|rice)|"
        r"ouvri(?:er|ère)|pr[ée]parat(?:eur|rice)|prestataire|programmeu(?:r|se)|r[ée]dact(?:eur|rice)|serveu(?:r|se)|"
        r"secr[ée]taire|traduct(?:eur|rice)|vendeu(?:r|se)|"
        r"engenheir[oa]|ingenier[oa]|desen?volvedora?|desarrolladora?|programador[ae]?|analista|bolsista|becari[oa]|estagi[áa]ri[oa]|"
        r"est[áa]gio|pr[áa]cticas|coordinadora?|coordenadora?|diretora?|directora?|gerente|consultora?|assistente|asistente|"
        r"auxiliar|monitora?|pesquisadora?|investigadora?|t[ée]cnic[oa]|docente|encargad[oa]|administrativ[oa]|vendedora?|"
        r"sviluppat(?:ore|rice)|ingegnere|tirocin(?:io|ante)|stagista|impiegat[oa]|ricercat(?:ore|rice)|insegnante|"
        r"consulente|commess[oa]|camerier[ea]|webmaster|sysadmin"
    ),
    re.IGNORECASE,
)

_SUBJECT = re.compile(
    r"(?:(?:[^\W\d_]+[\s-]){0,4}(?:(?:computer|data|life|natural|political|social|materials?|health|sport)\s+sciences?|engineering|"
    r"mathematics|maths?|physics|chemistry|biology|economics|statistics|informatics|linguistics|electronics|robotics|"
    r"analytics|accounting|finance|marketing|management|psychology|philosophy|sociology|informatik|maschinenbau|"
    r"elektrotechnik|mathematik|physik|chemie|biologie|betriebswirtschaft(?:slehre)?|wirtschaftsinformatik|informatique|"
    r"nanosciences|mécanique|inform[áa]tica|inform[áa]tica\s+empresarial|(?:web|software)\s+development)"
    r"(?:\s+(?:and|&|et|und|y|e)\s+(?:[^\W\d_]+\s?){1,3})?|[\u4e00-\u9fff与和]{2,14}(?:科学|技术|工程|专业|管理|数学|物理|化学|经济学))",
    re.IGNORECASE,
)
_ZH_UNIT = re.compile(r".*(?:[^干内外总分队\s]部|部门|事业群|[研发中]中心)")

_COUNTRIES = (
    "usa|u\\.s\\.a\\.|u\\.s\\.|united states|uk|u\\.k\\.|united kingdom|england|scotland|wales|ireland|"
    "northern ireland|germany|"
    "deutschland|france|spain|españa|italy|italia|portugal|netherlands|the netherlands|nederland|belgium|belgië|"
    "belgique|luxembourg|"
    "switzerland|schweiz|suisse|austria|österreich|denmark|sweden|norway|finland|iceland|poland|polska|"
    "czech republic|czechia|slovakia|"
    "hungary|romania|bulgaria|greece|turkey|türkiye|turkiye|cyprus|malta|croatia|serbia|slovenia|bosnia|albania|"
    "estonia|latvia|lithuania|"
    "ukraine|russia|belarus|georgia|armenia|azerbaijan|kazakhstan|uzbekistan|israel|lebanon|jordan|saudi arabia|uae|"
    "united arab emirates|qatar|kuwait|bahrain|oman|iran|iraq|egypt|morocco|algeria|tunisia|nigeria|kenya|ghana|"
    "ethiopia|uganda|tanzania|"
    "south africa|india|pakistan|bangladesh|sri lanka|nepal|china|p\\.r\\. china|pr china|hong kong|taiwan|macau|"
    "japan|south korea|s\\.\\s?korea|republic of korea|korea|"
    "singapore|malaysia|indonesia|thailand|vietnam|philippines|australia|new zealand|canada|mexico|méxico|brazil|"
    "brasil|argentina|chile|"
    "colombia|peru|ecuador|uruguay|venezuela|bolivia|paraguay|costa rica|panama|cuba|"
    "allemagne|angleterre|autriche|brésil|chine|danemark|espagne|états-unis|finlande|irlande|italie|japon|maroc|"
    "norvège|pays-bas|pologne|royaume-uni|suède|"
    "belgien|dänemark|finnland|frankreich|griechenland|großbritannien|indien|irland|italien|niederlande|norwegen|"
    "polen|schweden|spanien|tschechien|türkei|ungarn|"
    "alemania|bélgica|brasile|estados unidos|francia|germania|inghilterra|inglaterra|países bajos|reino unido|"
    "spagna|suiza|svizzera"
)
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|"
    "OR|PA|RI|SC|SD|TN|"
    "TX|UT|VT|VA|WA|WV|WI|WY|DC|ON|QC|BC|AB|MB|SK|NS|NB|NSW|VIC|QLD"
)
_LANDS_IN_SHORT = "DE|AT|CH|FR|BE|NL|LU|ES|PT|GB|UK|US|IE|DK|SE|NO|FI|PL|CZ|HU|GR|TR|CN|JP|KR|SG|HK|TW|AU|NZ|BR|MX"
_STATE_NAMES = (
    "alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|hawaii|idaho|illinois|"
    "indiana|iowa|kansas|"
    "kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|"
    "nevada|new hampshire|"
    "new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|"
    "south carolina|"
    "south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|ontario|"
    "quebec|british columbia|"
    "alberta|bavaria|bayern|catalonia|île-de-france|karnataka|maharashtra|tamil nadu|telangana|delhi"
)
_CITIES = (
    "london|paris|berlin|münchen|munich|hamburg|köln|cologne|frankfurt|stuttgart|düsseldorf|leipzig|dresden|"
    "zürich|zurich|geneva|genève|"
    "lausanne|basel|bern|vienna|wien|amsterdam|rotterdam|utrecht|the hague|den haag|eindhoven|delft|brussels|"
    "bruxelles|antwerp|gent|madrid|"
    "barcelona|valencia|lisbon|porto|rome|roma|milan|milano|turin|dublin|edinburgh|glasgow|manchester|birmingham|"
    "bristol|leeds|oxford|"
    "cambridge|copenhagen|stockholm|oslo|helsinki|warsaw|kraków|prague|budapest|bucharest|athens|istanbul|ankara|"
    "moscow|kyiv|tel aviv|dubai|"
    "cairo|lagos|nairobi|johannesburg|cape town|mumbai|delhi|new delhi|bangalore|bengaluru|hyderabad|chennai|"
    "pune|kolkata|beijing|shanghai|"
    "shenzhen|guangzhou|hangzhou|nanjing|wuhan|chengdu|xi'an|suzhou|tianjin|tokyo|osaka|kyoto|seoul|taipei|"
    "singapore|kuala lumpur|jakarta|"
    "bangkok|hanoi|ho chi minh city|manila|sydney|melbourne|brisbane|perth|auckland|toronto|montreal|vancouver|"
    "ottawa|new york|new york city|"
    "nyc|san francisco|los angeles|san diego|san jose|seattle|boston|chicago|austin|houston|dallas|atlanta|miami|"
    "denver|philadelphia|"
    "washington d\\.?c\\.?|portland|phoenix|pittsburgh|palo alto|mountain view|menlo park|cupertino|sunnyvale|"
    "redmond|berkeley|stanford|"
    "são paulo|rio de janeiro|buenos aires|santiago|bogotá|lima|mexico city|lyon|toulouse|grenoble|lille|nantes|"
    "marseille|bordeaux|nice"
)
_ARTICLE = re.compile(
    r"(?:The Netherlands|The Hague|(?:La|Le|Las|Los|El|Den|Des)\s+[^\W\d_])"
)  # begins the name of a town
_OF_STATE = re.compile(
    rf"(?:the\s+)?(?:state\s+)?university\s+of\s+(?:{_STATE_NAMES})|(?:{_STATE_NAMES})\s+state\s+university",
    re.IGNORECASE,
)
_NEEDS_TOWN = re.compile(r"(?:University|Imperial|Trinity|King['’]s|Queen['’]s)\s+College", re.IGNORECASE)
_INITIAL = re.compile(r"(?:^|\s)[A-Z]\.(?:\s|$)")  # of a person, whose degree may look like a state: "Jane B. Roe, MD"
_LAND = re.compile(rf"(?:{_COUNTRIES}|{_STATE_NAMES})", re.IGNORECASE)
_REGION = re.compile(rf"(?:{_COUNTRIES}|{_STATE_NAMES}|{_CITIES})", re.IGNORECASE)
_STATE = re.compile(rf"(?:{_STATES}|{_LANDS_IN_SHORT})(?:\s+\d{{5}}(?:-\d{{4}})?)?")
_REMOTE = re.compile(r"\(?(?:fully\s+)?(?:remote|hybrid|online|远程|télétravail)(?:\s*\(.*\))?\)?", re.IGNORECASE)
_REMOTE_BEHIND = re.compile(
    r"\s*[(（](?:fully\s+)?(?:remote|hybrid|远程|télétravail|home\s?office)[)）]?\s*$", re.IGNORECASE
)
_ZH_PLACE = re.compile(
    r"(?:中国)?(?:(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|"
    r"陕西|甘肃|青海|广西|内蒙古|西藏|宁夏|新疆)省?(?:\s?[-·]\s?[\u4e00-\u9fff]{2,3}市?)?|北京|上海|天津|重庆|香港|澳门|台湾|台北|深圳|广州|杭州|南京|苏州|武汉|成都|西安|长沙|郑州|青岛|"
    r"济南|厦门|福州|合肥|宁波|无锡|大连|沈阳|"
    r"哈尔滨|长春|石家庄|太原|昆明|贵阳|南宁|南昌|海口|兰州|银川|西宁|拉萨|乌鲁木齐|呼和浩特|东莞|佛山|珠海|温州|常州|"
    r"[\u4e00-\u9fff]{2,3}[省市])(?:[省市]?\s?[-·,，/]?\s?[\u4e00-\u9fff]{2,8}(?:[市区县镇]|新区)|"
    r"[省市]?\s?·\s?[\u4e00-\u9fff]{2,3})?[省市]?"
)


_ZH_LANDS = (
    "中国|英国|美国|法国|德国|日本|韩国|新加坡|加拿大|澳大利亚|新西兰|瑞士|荷兰|瑞典|意大利|西班牙|俄罗斯|马来西亚|泰国"
)
_ZH_PROVINCE = re.compile(
    r"(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    r"广西|内蒙古|西藏|宁夏|新疆)省?|[\u4e00-\u9fff]{2,3}省"
)
_ZH_ABROAD = re.compile(rf"(?:[\u4e00-\u9fff]{{2,6}}\s?[,，]\s?){{0,2}}(?:{_ZH_LANDS})")  # "爱丁堡, 英国"

# Words that bind what follows them to a name: "University of Bergen, Norway" holds the place "Norway" alone.
_BINDS = re.compile(
    r"(?:^|\s)(?:of|at|in|for|the|and|&|de|du|des|la|le|di|del|della|von|van|und|et|y|e)\s+$", re.IGNORECASE
)


_MOST_KEPT = 4096  # answers: rules and tagger ask the same of each text of a document, many times


@lru_cache(maxsize=_MOST_KEPT)
def find_degree(text: str) -> re.Match[str] | None:
    """Find the first degree in ``text``; one of two letters counts only in capitals."""
    for match in _DEGREE.finditer(text):
        bare = re.sub(r"[\s.]", "", match[0])
        if (
            _SHORT_DEGREE.fullmatch(bare)
            and len(bare) == 2
            and "." not in match[0]
            and not _CASED_DEGREE.fullmatch(bare)
        ):
            continue
        return match
    return _CASED_DEGREE.search(text)


def begins_with_degree(text: str) -> bool:
    """Whether a text begins with the name of a degree that is no other word: not ``Minor`` or ``MS``."""
    degree = find_degree(text)
    return degree is not None and degree.start() == 0 and not _SHORT_DEGREE.fullmatch(re.sub(r"[\s.]", "", degree[0]))


@lru_cache(maxsize=_MOST_KEPT)
def names_school(text: str) -> bool:
    return bool(_SCHOOL.search(text))


def names_subject(text: str) -> bool:
    """Whether the text is the name of a field of study and nothing else: ``Computer Science``, ``Data Analytics``."""
    return bool(_SUBJECT.fullmatch(text.strip(" .,;")))


def names_state_university(text: str) -> bool:
    """Whether the text is the university of a state, whose campus may follow: ``University of California``."""
    return bool(_OF_STATE.fullmatch(text.strip()))


@lru_cache(maxsize=_MOST_KEPT)
def names_job(text: str) -> bool:
    """Whether the text holds a word of job titles; a part of a firm in Chinese ends with another word: ``产品部``."""
    return bool(_TITLE.search(text) or _OCCUPATION.search(text)) and not _ZH_UNIT.fullmatch(text.strip())


_WITH_POSTCODE = re.compile(
    r"(?:[A-Z]{1,3}[-\s])?(?:\d{5}|(?!19|20)\d{4})\s+(?-i:[A-ZÀ-Þ])[^\W\d_]+(?:[\s-][^\W\d_]+){0,3}(?:\s*\([^)]*\))?",
    re.IGNORECASE,
)


def is_state(text: str) -> bool:
    """Whether the text is a state or a country in short: ``MA``."""
    return bool(_STATE.fullmatch(text))


@lru_cache(maxsize=_MOST_KEPT)
def is_place(text: str) -> bool:
    """Whether the text is a place and nothing else: ``Paris``, ``Stanford, CA, USA``, ``Remote``, ``北京``."""
    text = _REMOTE_BEHIND.sub("", text).strip(" ()（）") or text
    if " / " in text:
        return all(is_place(part) for part in text.split(" / "))
    telling = names_job(text) or names_school(text) or find_degree(text)
    if _ZH_ABROAD.fullmatch(text) and not telling:
        return _is_town_in_land(text)
    if re.fullmatch(r"[\u4e00-\u9fff]{2,6}\s?[,，.．]\s?[\u4e00-\u9fff]{2,6}州", text) and not telling:
        return True
    if _WITH_POSTCODE.fullmatch(text) or _REMOTE.fullmatch(text) or _ZH_PLACE.fullmatch(text):
        return True
    parts = [part.strip() for part in re.split(r"[,，]", text)]
    if len(parts) > 4 or len(set(parts)) < len(parts) or not all(_is_place_word(part) for part in parts):
        return False
    unknown = [at for at, part in enumerate(parts) if not _REGION.fullmatch(part) and not _STATE.fullmatch(part)]
    if (
        unknown == [0] and len(parts) > 1 and not _INITIAL.search(parts[0])
    ):  # a small town: what follows it is a state or a country, no city
        return bool(_STATE.fullmatch(parts[1]) or _LAND.fullmatch(parts[1]))
    wider = all(_STATE.fullmatch(part) or _LAND.fullmatch(part) for part in parts[1:])  # a town lies in no other town
    return not unknown and bool(_REGION.fullmatch(parts[0])) and wider


def _is_town_in_land(text: str) -> bool:
    """Whether what stands before a city of China and a land is no firm: not ``华东，成都，中国``."""
    parts = [part.strip() for part in re.split("[,，]", text)]
    city = len(parts) > 2 and _ZH_PLACE.fullmatch(parts[1]) and not _ZH_PROVINCE.fullmatch(parts[1])
    return not city or bool(_ZH_PLACE.fullmatch(parts[0]) or re.search("[区县市镇]$", parts[0]))


def _is_place_word(text: str) -> bool:
    capital = text[:1].isupper() or not text[:1].isascii() or text[:1].isdigit()
    named = names_job(text) or names_school(text) or has_company_suffix(text)
    bound = " " in text and bool(_BINDS.match(text.split(" ")[0] + " ")) and not _ARTICLE.match(text)
    bracket = bool(re.search(r"[()（）]", text))
    return bool(text) and capital and not bound and len(text.split()) <= 4 and not named and not bracket


def place_at_end(text: str) -> int | None:
    """Return where the place at the end of ``text`` begins, as in ``Firm, Paris, France``; None without one."""
    starts = [match.end() for match in re.finditer(r"[,，]\s*|\s[-–—|·]\s|\s\(|（|(?<=公司)(?=[\u4e00-\u9fff])", text)]
    for start in starts:
        if is_place(text[start:]) and not names_state_university(text[:start].rstrip(" ,-–—")):
            return start
    return None


def place_without_comma(text: str) -> int | None:
    """Return where a place begins that only a space separates from the words before: ``Summer Intern Ankara, Türkiye``.

    The town is one word, unless it is a city that we know or what stands before it ends a name.
    """
    starts = [match.end() for match in re.finditer(r"(?<=[^\s,])\s+", text)]
    fitting = [s for s in starts if "," in text[s:] and not _BINDS.search(text[:s]) and is_place(text[s:])]
    fitting = [start for start in fitting if not _ends_before_campus(text[:start].rstrip(" -–—"))]
    for start in fitting:
        last_word = re.split(r"\s+", text[:start].strip())[-1]
        alone = " " not in text[:start].strip()  # "Université" is no name without what follows it
        ends_name = (
            names_job(last_word) or (names_school(last_word) and not alone) or has_company_suffix(f"x {last_word}")
        )
        if _REGION.fullmatch(text[start:].split(",")[0]) or ends_name:
            return start
    return fitting[-1] if fitting and "," not in text[: fitting[-1]] else None


def _ends_before_campus(text: str) -> bool:
    """Whether the town behind a text is a part of its name: ``University of Wisconsin``, ``University College``."""
    return names_state_university(text) or bool(_NEEDS_TOWN.fullmatch(text))
