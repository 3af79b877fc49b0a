"""Letters are true, whole, kind, and the same for the eye, the ear and the printer."""

import copy
import io
import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from string import Formatter

import anyio
import httpx
import pypdf
import pytest
from msgspec.structs import asdict

from features.errors import DeclarationError
from features.registers.declared import SCORING
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.decision.pipeline import decide
from models.explanation.counterfactual import corrected, nearest
from models.explanation.notes import notes
from models.law import rights
from models.law.parameters import Law
from models.reasons import reasons
from models.rules import programmes
from models.rules.category import HardRule
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES
from serving.api.app import application
from serving.api.examples import AS_OF, FAMILY
from serving.commands import main as tarazy
from serving.decisions.answers import Decision
from serving.decisions.batch import one_household
from serving.letters.document import document
from serving.letters.letter import letter
from serving.letters.page import page
from serving.letters.request import read_letter
from serving.letters.wording import Wording, texts
from serving.requests.problems import Problem
from serving.requests.request import read_one
from training.population import simulate

DAY = date.fromisoformat(AS_OF)
LAW_OF_THE_DAY = Law(DAY)
NBSP = "\u00a0"
KAZAKH = "әғқңөұүіһ"
SPACES = re.compile(r"\s+")


class Seen(HTMLParser):
    """What a page holds: its text, its tags in order, its language and its title."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words, self.inside, self.language = [], [], [], None
        self.feed(html.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside.append(tag)
        if tag == "html":
            self.language = dict(attrs)["lang"]

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"style", "title"} & set(self.inside):
            self.words.append(data)

    @property
    def text(self):
        return squeezed(" ".join(self.words))


def squeezed(text):
    """Text without spaces: lines break and narrow spaces widen where a letter is laid out."""
    return SPACES.sub("", text)


def pdf_of(family_letter):
    return pypdf.PdfReader(io.BytesIO(document(family_letter)))


def text_of(reader):
    return "\n".join(page.extract_text() for page in reader.pages)


def decided(registers, service=None, **changed):
    """What is answered of a family; ``changed``: fields of the answer that shall be others."""
    answer = decide(registers, None, LAW_OF_THE_DAY).answer(0, service)
    of_the_request = {"silent_registers": (), "warnings": (), "decision_id": "0" * 64}
    return Decision(**asdict(answer) | {"service": service} | of_the_request | changed)


def registers_of(**changes):
    request = read_one({"as_of": AS_OF, "household": copy.deepcopy(FAMILY) | changes})
    [(_, registers)] = request.alike()
    return registers


def written(language="en", registers=None, service=None, **changed):
    registers = registers or registers_of()
    corrections = nearest(registers, LAW_OF_THE_DAY)
    answer, doubts = decided(registers, service, **changed), notes(registers, LAW_OF_THE_DAY)
    return letter(answer, corrections, doubts, LAW_OF_THE_DAY, language)


def words_of(family_letter):
    """Everything a letter says, as one text."""
    blocks = [block for section in family_letter.sections for block in section.body]
    points = [p for block in blocks if not isinstance(block, str) for p in block]
    return "\n".join(
        [
            family_letter.title,
            family_letter.greeting,
            *family_letter.opening,
            *(s.heading for s in family_letter.sections),
            *(block for block in blocks if isinstance(block, str)),
            *(p.text for p in points),
            *(note for p in points for note in p.notes),
            *family_letter.closing,
            family_letter.about,
            *(f"{n}\n{v}" for n, v in family_letter.record),
        ]
    )


def wages(amount):
    return [
        {"person_id": 1, "month": f"2025-{m}-01", "source": "wage", "amount": amount}
        for m in ("10", "11", "12")
    ]


def two(thing):
    """Two things that are alike, by a record of each."""
    return [thing | {"record_id": 1}, thing | {"record_id": 2}]


def rich():
    house = {"person_id": 1, "kind": "house", "area_m2": 90.0, "share": 1.0, "value": 1}
    car = {"person_id": 1, "kind": "car", "model_year": 2021, "value": 1}
    firm = {"person_id": 1, "form": "TOO", "opened_on": "2019-02-01", "turnover_12m": 10**7}
    return registers_of(
        properties=two(house), vehicles=two(car), businesses=[firm], incomes=wages(3_000_000)
    )


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A small simulated country, for families as they come."""
    folder = tmp_path_factory.mktemp("letters")
    simulate(folder / "data", households=1_200, seed=5, as_of=DAY)
    return make(open_data_set(folder / "data"), DAY, folder / "snapshot")


def households(snapshot, count):
    """Families spread over a snapshot, each with its own registers."""
    ids = [i for p in snapshot.partitions for i in snapshot.household_ids(p).to_list()]
    return [one_household(snapshot, i, DAY) for i in ids[:: max(1, len(ids) // count)][:count]]


def hold_of(registers, printed=LANGUAGES):
    """What must hold of one family's letter in each language, and printed in some of them."""
    answer = decided(registers)
    corrections = nearest(registers, LAW_OF_THE_DAY)
    for change in corrections.changes:
        again = decide(corrected(registers, change.facts), None, LAW_OF_THE_DAY)
        assert again.table["category"][0] == change.category < answer.category
    for language in LANGUAGES:
        doubts = notes(registers, LAW_OF_THE_DAY)
        family_letter = letter(answer, corrections, doubts, LAW_OF_THE_DAY, language)
        whole = words_of(family_letter)
        assert not re.search(r"[{}]|None|\bnull\b", whole)
        for reason in (*answer.reasons, *answer.review_reasons, *answer.follow_up_reasons):
            assert reason.text[language] in whole
            assert reason.remedy[language] in whole
        html = Seen(page(family_letter)).text
        for line in whole.splitlines():
            assert squeezed(line) in html
        if language in printed:
            drawn = set(squeezed(text_of(pdf_of(family_letter))))
            assert set(html) <= drawn
            assert language != "kk" or set(KAZAKH) <= drawn
    return corrections


def test_a_dozen_families_get_letters_that_hold_in_every_language(country):
    by_family = [
        hold_of(registers, printed=LANGUAGES[number % 3])
        for number, registers in enumerate(households(country, 12))
    ]
    assert len(by_family) == 12
    assert any(corrections.changes for corrections in by_family)
    assert len({corrections.category for corrections in by_family}) >= 3


@pytest.mark.long
def test_a_thousand_families_get_letters_that_hold_in_every_language(country):
    by_family = [hold_of(registers) for registers in households(country, 1_000)]
    assert len(by_family) == 1_000
    assert {corrections.category for corrections in by_family} == set(range(1, 7))


def test_every_sentence_stands_in_three_languages_with_the_same_names():
    for section, sentences in texts().items():
        for key, wording in sentences.items():
            assert tuple(wording) == LANGUAGES, (section, key)
            if section != "terms":
                names = [
                    {n for _, n, _, _ in Formatter().parse(wording[x]) if n} for x in LANGUAGES
                ]
                assert names[0] == names[1] == names[2], (section, key)


def test_every_register_of_a_score_has_a_name_in_letters():
    assert set(texts()["registers"]) == {r.name for r in SCORING}


def test_a_sentence_or_a_language_that_is_not_there_is_refused():
    with pytest.raises(DeclarationError, match="outcome.nowhere"):
        Wording("kk")("outcome.nowhere")
    with pytest.raises(DeclarationError, match="fr"):
        Wording("fr")


@pytest.mark.parametrize(
    ("language", "day", "period"),
    [
        ("kk", "2026 ж. 1 қаңтар", "2025 ж. қазан – желтоқсан"),
        ("ru", "1 января 2026 г.", "октябрь — декабрь 2025 г."),
        ("en", "1 January 2026", "October – December 2025"),
    ],
)
def test_days_and_periods_are_written_as_each_language_writes_them(language, day, period):
    say = Wording(language)
    spaces = str.maketrans({"\u202f": " ", "\u2009": " ", "\u00a0": " "})
    assert say.day(DAY).translate(spaces) == day
    assert say.period(date(2025, 10, 1), date(2025, 12, 31)).translate(spaces) == period


@pytest.mark.parametrize(
    ("number", "kk", "ru", "en"),
    [
        (1, "1 ай", "1 месяц", "1 month"),
        (3, "3 ай", "3 месяца", "3 months"),
        (5, "5 ай", "5 месяцев", "5 months"),
        (21, "21 ай", "21 месяц", "21 months"),
    ],
)
def test_terms_agree_with_their_number(number, kk, ru, en):
    counted = [Wording(x).count(number, "months") for x in LANGUAGES]
    assert counted == [form.replace(" ", NBSP) for form in (kk, ru, en)]


def test_a_letter_names_the_category_the_clause_and_the_versions():
    family_letter = written()
    category = decided(registers_of()).category
    assert family_letter.title == f"Your family's welfare category: {category}{NBSP}of{NBSP}6"
    card = Scorecard.in_force(LAW_OF_THE_DAY)
    assert card.categories[category - 1].name["en"] in family_letter.opening[0]
    whole = words_of(family_letter)
    assert "No.\u00a0151, 262, 116, 174, 71, 235/НҚ" in whole
    assert LAW_OF_THE_DAY.version in whole
    assert "Points and cut-offs are not published" in whole


def test_every_fact_names_its_register_and_its_days():
    family_letter = written("ru")
    facts = next(s for s in family_letter.sections if s.heading == "На чём основана категория")
    for point in facts.body[1]:
        assert re.match(r"Источник: .+; (период|сведения)", point.notes[0])


def test_category_6_comes_with_notice_hearing_and_continued_support():
    policy = LAW_OF_THE_DAY.policy.adverse
    whole = words_of(written("en", rich()))
    assert f"You have {policy.notice_days}{NBSP}days before anything is decided" in whole
    assert "Before the decision you will be heard" in whole
    assert "the support your family receives now goes on" in whole
    assert "This letter is a notice: by itself it refuses and stops nothing" in whole
    assert "given by the rule of category 6" in whole
    assert "This category closes no local measure" not in whole


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("kk", "әртүрлі түсінуге болады"),
        ("ru", "можно понимать по-разному"),
        ("en", "can be read in more than one way: the project's own reading stands"),
    ],
)
def test_a_letter_of_category_6_says_that_the_reading_of_its_rule_is_ours(language, sentence):
    assert HardRule.in_force(LAW_OF_THE_DAY).reading_is_open
    assert sentence in words_of(written(language, rich()))
    assert sentence not in words_of(written(language))


def test_a_letter_of_category_6_names_the_facts_of_its_rule_as_grounds_and_no_criterion():
    [facts] = [
        s for s in written("en", rich()).sections if s.heading == "What the category rests on"
    ]
    assert facts.body[0] == "The category rests on this alone:"
    [point] = facts.body[1]
    assert point.text.startswith("The conditions of category 6 are met.")
    assert "Source: " in point.notes[0]


def test_a_rule_whose_wording_leaves_nothing_open_is_no_reading_of_ours():
    raw = copy.deepcopy(LAW_OF_THE_DAY.hard_rule)
    settled = raw | {"doubt": None, "conditions": [c | {"doubt": None} for c in raw["conditions"]]}
    assert not HardRule.read(settled, LAW_OF_THE_DAY).reading_is_open
    for opened in (
        settled | {"assumed": True},
        settled | {"doubt": "and, or or"},
        settled | {"conditions": [*settled["conditions"][1:], raw["conditions"][0]]},
    ):
        assert HardRule.read(opened, LAW_OF_THE_DAY).reading_is_open


def test_a_letter_says_what_was_not_counted_and_what_is_doubtful_in_the_data():
    """A member who died in November, whose pension went on, and a loan of hers that is repaid."""
    quiet = written("en")
    assert "What was not counted" not in words_of(quiet)
    grandmother = {"person_id": 9, "sex": "f", "birth_date": "1950-01-01", "died_on": "2025-11-05"}
    late = {"person_id": 9, "month": "2025-12-01", "source": "pension", "amount": 90_000}
    repaid = {"person_id": 1, "kind": "consumer", "outstanding": 0, "monthly_payment": 0}
    registers = registers_of(
        persons=[*FAMILY["persons"], grandmother], incomes=[*wages(300_000), late], loans=[repaid]
    )
    by_heading = {s.heading: s.body for s in written("en", registers).sections}
    assert [point.text for point in by_heading["What was not counted"][0]] == [
        "Members who died, and all that is in their name; people: 1.",
        "Loans that are repaid: 1.",
    ]
    doubts, kept = by_heading["Notes about the data"]
    assert "Income is recorded for a month after a member's death." in [p.text for p in doubts]
    assert "nothing was altered" in kept
    for language in ("kk", "ru"):
        assert len(written(language, registers).sections) == len(written("en", registers).sections)


def test_other_categories_are_not_frightened_with_what_category_6_means():
    whole = words_of(written("en"))
    assert "This letter is a notice" not in whole
    assert "This category closes no local measure" in whole


def test_a_letter_names_every_offer_and_every_measure_a_person_must_look_at():
    answer = decided(registers_of())
    whole = words_of(written("kk"))
    assert answer.offers
    for offer in answer.offers:
        assert offer.name["kk"] in whole
    for measure in answer.eligibility:
        assert (measure.name["kk"] in whole) == (measure.verdict != programmes.NOT_ELIGIBLE)


def test_a_family_to_which_nothing_is_offered_is_told_so_and_asked_to_apply():
    whole = words_of(written("en", offers=[], eligibility=[]))
    assert "there is no local measure to offer now" in whole


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("sport_section", "by the registers your family may receive it"),
        ("sanatorium", "a person will look at it"),
        ("home_teaching", "this condition of it is not met: a child of the family has a disab"),
    ],
)
def test_who_asked_for_a_programme_is_answered_on_it(service, words):
    assert words in words_of(written("en", service=service))
    assert service in dict(written("en", service=service).record).values()


def test_what_the_answer_to_everything_unknown_would_change_is_said_as_the_rules_reckon_it():
    registers = registers_of(incomes=None, properties=None)
    [ruled] = decide(registers, None, LAW_OF_THE_DAY).ruled.to_dicts()
    assert ruled["richest_category"] > ruled["rule_category"]
    words = f"at its richest, the category would be {ruled['richest_category']}:"
    assert words in words_of(written("en", registers))
    assert "at its richest, the category" not in words_of(written("en", rich()))


def test_the_command_writes_a_familys_letter_beside_its_explanation(
    country, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    [household, *_] = country.household_ids(country.partitions[0])
    to = tmp_path / "letter.pdf"
    words = ["explain", country.folder, household, "--language", "kk", "--model", "none", "--json"]
    words.append("--unsigned")

    def run(*more):
        with pytest.raises(SystemExit) as left:
            tarazy([str(word) for word in (*words, *more)])
        return left.value.code or 0, capsys.readouterr()

    code, printed = run("--letter", to)
    assert (code, json.loads(printed.out)["letter"]) == (0, str(to))
    reader = pypdf.PdfReader(to)
    assert reader.trailer["/Root"]["/Lang"] == "kk"
    assert str(household) in text_of(reader)
    code, printed = run("--letter", tmp_path / "letter.doc")
    assert code == 1
    assert ".html, .pdf" in json.loads(printed.out)["error"]


FLAGGED = {"model_version": "3", "model_flag": True, "material": True}
FLAGGED |= {"hidden_income_low": 90_000, "hidden_income_high": 200_000}
ASKED = reasons.reason("HIDDEN_INCOME_MATERIAL", FLAGGED, LAW_OF_THE_DAY)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "No statistical model took part"),
        ({"model_version": "3", "model_flag": None}, "gave no opinion"),
        ({"model_version": "3", "model_flag": False, "material": False}, "did not ask a person"),
        ({"model_version": "3", "model_flag": True, "material": False}, "did not ask a person"),
        ({"model_version": "3", "model_flag": True, "material": True}, "did not ask a person"),
        (FLAGGED | {"follow_up_reasons": [ASKED]}, "it asked a person to look"),
        (
            FLAGGED | {"follow_up_reasons": [ASKED], "proposed_category": 5},
            "category 5 is proposed to a person",
        ),
    ],
)
def test_the_part_of_a_model_is_said_in_one_sentence_and_never_more_than_it_had(changed, words):
    family_letter = written("en", **changed)
    [role] = next(s for s in family_letter.sections if s.heading == "What part a model had").body
    assert words in role
    automation = dict(family_letter.record)["Automation"]
    assert automation == ("rules, with a model as advice" if changed else "rules only")


def test_the_term_to_object_is_that_of_the_law_and_its_last_day_is_named():
    complaint = rights.of(LAW_OF_THE_DAY)["COMPLAINT"]
    whole = words_of(written("en"))
    assert f"Term: {complaint.term}{NBSP}months from the day you receive this letter" in whole
    assert "at least until 1 April 2026" in whole
    assert "not yet compared with the text of the act" in whole


@pytest.mark.parametrize(
    ("learned", "last"),
    [
        (date(2026, 1, 1), date(2026, 4, 1)),
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
        (date(2025, 12, 31), date(2026, 3, 31)),
    ],
)
def test_a_term_of_months_ends_on_the_same_day_or_with_a_shorter_month(learned, last):
    assert rights.of(LAW_OF_THE_DAY)["COMPLAINT"].until(learned) == last


@pytest.mark.parametrize(
    ("day", "act"),
    [
        (date(2026, 1, 17), "tarazy-policy:review"),
        (date(2026, 1, 18), "ai-law:explanation"),
    ],
)
def test_an_explanation_is_promised_by_the_project_until_the_law_on_ai_grants_it(day, act):
    assert rights.of(Law(day))["EXPLANATION"].source.act == act


@pytest.mark.parametrize(
    ("day", "act"),
    [
        (date(2026, 6, 30), "tarazy-policy:review"),
        (date(2026, 7, 1), "digital-code:human-review"),
    ],
)
def test_a_persons_review_is_promised_by_the_project_until_the_digital_code_grants_it(day, act):
    assert rights.of(Law(day))["HUMAN_REVIEW"].source.act == act


def test_before_the_code_of_2021_no_letter_may_promise_its_terms():
    assert "COMPLAINT" not in rights.of(Law(date(2021, 6, 30)))


def test_no_words_of_a_letter_accuse():
    for language, forbidden in (
        ("en", ("hidden", "conceal", "fraud", "suspic")),
        ("ru", ("скрыт", "скрыв", "обман", "подозр")),
        ("kk", ("жасыр", "алдау", "күдік")),
    ):
        whole = words_of(written(language, rich())).lower()
        for word in forbidden:
            assert word not in whole, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_be_read_aloud_and_runs_nothing(language):
    html = page(written(language))
    seen = Seen(html)
    assert seen.language == language
    assert seen.tags.count("h1") == seen.tags.count("main") == seen.tags.count("title") == 1
    headings = [tag for tag in seen.tags if re.fullmatch("h[1-6]", tag)]
    assert headings == ["h1"] + ["h2"] * (len(headings) - 1)
    assert not {"script", "img", "iframe", "form", "object"} & set(seen.tags)
    assert b"http:" not in html
    assert b"@media print" in html


def test_ink_on_paper_contrasts_as_wcag_aa_asks():
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    style = page(written()).decode().split("</style>")[0]
    inks = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", style))
    assert inks
    for ink in inks:
        assert 1.05 / (light(ink) + 0.05) >= 4.5, ink


@pytest.mark.parametrize("form", [page, document])
def test_what_a_letter_quotes_is_never_taken_for_markup(form):
    wicked = '<script>alert(1)</script> #panic() *{{ 7*7 }}* $x$ \\ "'
    laid = form(written("en", service=None, decision_id=wicked))
    if form is page:
        assert b"<script" not in laid
        assert squeezed(wicked) in Seen(laid).text
    else:
        assert squeezed(wicked) in squeezed(text_of(pypdf.PdfReader(io.BytesIO(laid))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_is_tagged_titled_and_in_its_language(language):
    family_letter = written(language)
    reader = pdf_of(family_letter)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == family_letter.title
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfuaid:part[^0-9]*1", xmp)
    assert family_letter.title in unescape(xmp)
    kinds = tags_of(root["/StructTreeRoot"])
    assert {"/Document", "/L", "/LI", "/LBody", "/P"} <= kinds
    assert {"/H1", "/Title"} & kinds


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_passes_every_rule_of_pdf_ua_1_that_a_machine_can_check(language):
    validator = pytest.importorskip("page", reason="no wheel of page-validation for this machine")
    for registers in (registers_of(), rich()):
        judged = validator.validate_pdf_bytes(
            document(written(language, registers)), profile=validator.ValidationProfile.PDF_UA_1
        )
        assert judged.failures == []
        assert judged.is_compliant
        assert judged.rules.total >= 100


def tags_of(node):
    """Every kind of tag in the tree of a tagged PDF."""
    kinds, open_nodes = set(), [node]
    while open_nodes:
        here = open_nodes.pop().get_object()
        if isinstance(here, list):
            open_nodes += here
        elif isinstance(here, dict):
            if "/S" in here:
                kinds.add(here["/S"])
            if "/K" in here:
                open_nodes.append(here["/K"])
    return kinds


def test_every_page_draws_only_fonts_that_it_brings_and_that_can_be_read_back():
    reader = pdf_of(written("kk"))
    fonts = [f for p in reader.pages for f in p["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        font = font.get_object()
        assert "NotoSans" in font["/BaseFont"]
        assert "/ToUnicode" in font
        [descendant] = font["/DescendantFonts"]
        descriptor = descendant.get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


def test_one_decision_gives_the_same_bytes_and_another_day_others():
    assert document(written("kk")) == document(written("kk"))
    assert page(written("kk")) == page(written("kk"))
    assert document(written("kk")) != document(written("ru"))


@pytest.fixture
def post(tmp_path, monkeypatch):
    """Ask an API without a model, started for this test in this process."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path))
    monkeypatch.setenv("TARAZY_MODEL", "none")

    def post(path, body):
        async def answered():
            app = application()
            door = httpx.ASGITransport(app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=door, base_url="http://tarazy") as client,
            ):
                return await client.post(path, json=body)

        return anyio.run(answered)

    return post


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("form", "media"), [("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")]
)
def test_the_api_writes_a_letter(post, language, form, media):
    body = {"as_of": AS_OF, "household": FAMILY, "language": language, "format": form}
    answer = post("/letter", body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media
    assert answer.headers["content-language"] == language
    request = read_letter(body)
    assert answer.content == request.written(None)
    decision = post("/score", {"as_of": AS_OF, "household": FAMILY}).json()
    whole = (
        Seen(answer.content).text
        if form == "html"
        else squeezed(text_of(pypdf.PdfReader(io.BytesIO(answer.content))))
    )
    assert decision["decision_id"] in whole


def test_every_fault_of_a_request_for_a_letter_is_told_at_once(post):
    body = {"as_of": "soon", "household": FAMILY | {"region": "99"}, "language": "fr"}
    answer = post("/letter", body)
    assert answer.status_code == 422
    places = {fault["place"] for fault in answer.json()["errors"]}
    assert places == {"as_of", "household.region", "language", "format"}
    assert "fr" not in [fault["problem"] for fault in answer.json()["errors"]]


@pytest.mark.parametrize("body", [[], 7, {"language": ["kk"], "format": {"a": 1}}])
def test_what_is_no_request_for_a_letter_is_refused(body):
    with pytest.raises(Problem):
        read_letter(body)
