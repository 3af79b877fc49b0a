"""What the public reads of a model version: whole, true to the evaluation, and owned by somebody."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from features.errors import DeclarationError, InputError, NoSuchModel
from models.bundles import aliases, bundle
from models.bundles.aliases import Alias, Standing
from models.bundles.home import Home
from models.bundles.signing import sha256
from models.learned.hyperparameters import SHIPPED
from training.publish import CARD, RECORD, authority, card, publish, register
from training.publish.authority import EXAMPLE, MUST_FILL

WHEN = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)
NOWHERE = Standing(names={}, override=None)
ROOT = Path(__file__).resolve().parents[3]
THE_EXAMPLE = ROOT / EXAMPLE
TRUE = {
    "organisation": "Department of Social Protection of Turan",
    "team": "Analytics of the Digital Family Card",
    "senior_responsible_owner": "Deputy head of the department",
    "contact_email": "card@turan.test",
    "website": "https://turan.test/card",
    "legal_basis": "Order No. 7 of 12 January 2026, article 4",
    "appeals_and_review": "In writing to the board of appeals within three months.",
    "frequency_usage": "About 400 decisions a month",
}
"""What an authority says of itself; not one answer is the example's."""
SAID = dict.fromkeys(authority.questions(), MUST_FILL) | TRUE


def estimate(value, low, high, **more):
    return {"value": value, "low": low, "high": high, **more}


METRICS = {
    "random_arm": {"labels": 291, "why_no_auc": None, "confirmed": estimate(0.33677, 0.282, 0.394)},
    "hidden_income": {"auc": estimate(0.829513, 0.785, 0.875), "brier": estimate(None, None, None)},
    "baselines": {"gap_alone": {"auc": estimate(0.7, 0.61, 0.75)}},
    "groups": [
        {"attribute": "region", "group": "10", **estimate(0.1, 0.04, 0.2), "verdict": "PASS"},
        {"attribute": "region", "group": "61", **estimate(0.3, 0.1, 0.6), "verdict": "UNKNOWN"},
    ],
    "labels": {"late": 0},
}
MANIFEST = {
    "version": "7",
    "as_of": "2026-01-01",
    "seed": 4,
    "code": {"version": "0.1.0", "commit": "a" * 40, "changed": False},
    "trained_on": [{"as_of": "2026-01-01", "digest": "b" * 64, "households": 24_000}],
    "data": [
        {
            "as_of": "2026-01-01",
            "digest": "b" * 64,
            "households": 24_000,
            "partitions": [{"name": "part-00000", "households": 24_000, "sha256": "c" * 64}],
            "labels": {"inspections": "d" * 64, "survey": "e" * 64},
        }
    ],
    "features": {"digest": "f" * 64, "features": []},
    "libraries": {"lightgbm": "4.7.0", "polars": "2.1.0"},
    "hyperparameters": SHIPPED.as_json(),
    "tuning": None,
    "preregistration": None,
    "inputs": [
        {"name": "members", "direction": 0, "unit": "as the feature", "registers": ["persons"]}
    ],
    "law": {
        "version": "law-2026-01-01-abcdef",
        "editions": [
            {
                "name": "inspection_sensitivity",
                "since": "2019-01-01",
                "value": 0.83,
                "act": "tarazy-policy",
                "article": None,
                "assumed": True,
            }
        ],
    },
    "certificate": {
        "unconfirmed_at_most": 0.2,
        "holds": "on average over draws of the random arm",
        "nobody_flagged_because": "291 random inspections support no level below 0.24.",
        "flagged_share": 0.0,
        "unconfirmed_in_random_arm": estimate(None, None, None),
    },
    "metrics": METRICS,
}


@pytest.fixture
def home(tmp_path) -> Home:
    """A home with one signed bundle."""
    created = Home(tmp_path / "home")
    text = {"hidden_income.txt": b"tree"}
    manifest = MANIFEST | {"files": {name: sha256(content) for name, content in text.items()}}
    bundle.write_files(created.bundles / "7", manifest, text, created.signing_key())
    return created


def published(home, out, *answers, **how):
    """Publish version 7; by the answers that an authority gave, unless others are passed."""
    file = answers[0] if answers else written(home.root)
    return publish("7", home=home, out=out, authority_file=file, when=WHEN, **how)


def written(folder, **changed):
    """An authority's answers with some changed; None leaves one out."""
    answers = TRUE | changed
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "authority.yaml"
    path.write_text(
        "\n".join(f"{n}: {json.dumps(t)}" for n, t in answers.items() if t is not None),
        encoding="utf-8",
    )
    return path


def the_card(home, out):
    published(home, out)
    return json.loads((out / CARD).read_text(encoding="utf-8"))


def test_every_artefact_keeps_its_schema(home, tmp_path):
    made = published(home, tmp_path / "out")
    assert set(made.files) == {p.name for p in made.folder.iterdir()}
    text = (made.folder / CARD).read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    schema = json.loads((made.folder / register.SCHEMA.name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    record = json.loads((made.folder / RECORD).read_text(encoding="utf-8"))
    jsonschema.validate(record, schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("field", ["organisation", "legal_basis", "appeals_and_review"])
@pytest.mark.parametrize("empty", [None, "", "   ", "TODO", "n/a", MUST_FILL, []])
def test_nothing_is_published_without_owner_legal_basis_or_appeal(home, tmp_path, field, empty):
    with pytest.raises(InputError, match=field):
        published(home, tmp_path / "out", written(tmp_path, **{field: empty}))
    assert not (tmp_path / "out").exists()


def test_without_an_authority_all_three_are_named_at_once(home, tmp_path):
    with pytest.raises(InputError, match=r"organisation.*legal_basis.*appeals_and_review"):
        published(home, tmp_path / "out", None)


def test_nothing_is_published_in_the_words_of_the_example(home, tmp_path):
    with pytest.raises(InputError, match=r"organisation, .*legal_basis.*--draft"):
        published(home, tmp_path / "out", THE_EXAMPLE)
    example = authority.answers(None, draft=True)
    for field in TRUE:
        with pytest.raises(InputError, match=f"of {field} what the example says"):
            published(home, tmp_path / "out", written(tmp_path, **{field: example[field]}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file", [None, THE_EXAMPLE])
def test_a_draft_may_use_the_example_and_every_page_of_it_says_that_it_is_one(home, tmp_path, file):
    made = published(home, tmp_path / "out", file, draft=True)
    schema = json.loads((made.folder / register.SCHEMA.name).read_text(encoding="utf-8"))
    for name in set(made.files) - {register.SCHEMA.name}:
        text = (made.folder / name).read_text(encoding="utf-8")
        assert authority.DRAFT in text, name
        assert "Published on" not in text
    record = json.loads((made.folder / CARD).read_text(encoding="utf-8"))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(record)) is None
    assert card.differences(record, MANIFEST) == []
    jsonschema.validate(json.loads((made.folder / RECORD).read_text(encoding="utf-8")), schema)


def test_what_is_published_nowhere_says_draft(home, tmp_path):
    made = published(home, tmp_path / "out")
    for name in set(made.files) - {register.SCHEMA.name}:
        assert "DRAFT" not in (made.folder / name).read_text(encoding="utf-8")


def test_what_the_machine_cannot_know_says_so(home, tmp_path):
    answers = written(tmp_path, maintenance=None, frequency_usage="Monthly")
    made = published(home, tmp_path / "out", answers)
    record = json.loads((made.folder / RECORD).read_text(encoding="utf-8"))
    assert record["description"]["maintenance"] == MUST_FILL
    assert record["description"]["frequency_usage"] == "Monthly"
    assert "maintenance" in record["authority_must_fill"]
    assert "frequency_usage" not in record["authority_must_fill"]
    assert f"**Maintenance.** {MUST_FILL}" in (made.folder / "register_record.md").read_text()


def test_an_answer_that_nobody_asked_for_is_named(home, tmp_path):
    with pytest.raises(InputError, match="organization"):
        published(home, tmp_path / "out", written(tmp_path, organization="misspelt"))


def test_an_unreadable_authority_is_the_callers_to_mend(home, tmp_path):
    for name, text in (("bad.yaml", "a: [1"), ("list.yaml", "- a"), ("twice.yaml", "a: 1\na: 2")):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=name):
            published(home, tmp_path / "out", tmp_path / name)
    with pytest.raises(InputError, match="does not exist"):
        published(home, tmp_path / "out", tmp_path / "nowhere.yaml")
    with pytest.raises(InputError, match="is no file"):
        published(home, tmp_path / "out", tmp_path)


def test_every_number_of_the_evaluation_stands_in_the_card_as_measured(home, tmp_path):
    document = the_card(home, tmp_path / "out")
    metrics = document["metadata"]["component"]["modelCard"]["quantitativeAnalysis"][
        "performanceMetrics"
    ]
    shown = {(m["type"], m.get("slice")): m for m in metrics}
    auc = shown["hidden_income.auc", None]
    assert float(auc["value"]) == METRICS["hidden_income"]["auc"]["value"]
    assert float(auc["confidenceInterval"]["lowerBound"]) == 0.785
    assert float(auc["confidenceInterval"]["upperBound"]) == 0.875
    assert shown["groups", "region / 61"]["value"] == "0.3"
    assert shown["random_arm.labels", None]["value"] == "291"
    assert shown["hidden_income.brier", None] == {"type": "hidden_income.brier", "value": "unknown"}
    assert card.differences(document, MANIFEST) == []


def change(document, path, value):
    """A copy of the manifest with one number changed."""
    other = copy.deepcopy(document)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return other


@pytest.mark.parametrize(
    ("path", "value", "fragment"),
    [
        (("metrics", "hidden_income", "auc", "value"), 0.829514, "hidden_income.auc differs"),
        (("metrics", "hidden_income", "auc", "low"), 0.7, "hidden_income.auc differs"),
        (("metrics", "hidden_income", "brier", "value"), 0.1, "hidden_income.brier differs"),
        (("metrics", "groups", 1, "high"), 0.61, "groups of region / 61 differs"),
        (("metrics", "labels", "more"), 3, "labels.more is not in the card"),
        (("metrics", "labels"), {}, "labels.late was never measured"),
        (("certificate", "flagged_share"), 0.01, "certificate.flagged_share differs"),
    ],
)
def test_a_number_that_differs_from_the_evaluation_is_named(home, tmp_path, path, value, fragment):
    document = the_card(home, tmp_path / "out")
    assert any(
        fragment in fault for fault in card.differences(document, change(MANIFEST, path, value))
    )


def test_nothing_is_written_where_a_number_differs(home, tmp_path, monkeypatch):
    monkeypatch.setattr(card, "_text", lambda value: "unknown" if value is None else "0.5")
    with pytest.raises(DeclarationError, match="not the evaluation's"):
        published(home, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_card_names_data_code_libraries_and_owner(home, tmp_path):
    document = the_card(home, tmp_path / "out")
    model = document["metadata"]["component"]
    assert model["pedigree"]["commits"] == [{"uid": "a" * 40}]
    data = model["modelCard"]["modelParameters"]["datasets"][0]
    hashes = {p["name"]: p["value"] for p in data["contents"]["properties"]}
    assert hashes == {
        "sha256": "b" * 64,
        "sha256 of part-00000": "c" * 64,
        "sha256 of inspections": "d" * 64,
        "sha256 of survey": "e" * 64,
    }
    assert {c["purl"] for c in document["components"]} == {
        "pkg:pypi/lightgbm@4.7.0",
        "pkg:pypi/polars@2.1.0",
    }
    wanted = next(d for d in document["dependencies"] if d["ref"] == "tarazy-model-7")
    assert len(wanted["dependsOn"]) == 2
    assert model["manufacturer"]["name"] == "Department of Social Protection of Turan"
    verified = bundle.verify(home.bundles / "7", home.public_key())
    assert model["hashes"] == [{"alg": "SHA-256", "content": verified.manifest_sha256}]


def test_the_card_tells_limits_and_every_group_that_did_not_pass(home, tmp_path):
    considered = the_card(home, tmp_path / "out")["metadata"]["component"]["modelCard"][
        "considerations"
    ]
    limits = " ".join(considered["technicalLimitations"])
    assert "Nobody is flagged: 291 random inspections" in limits
    assert "inspection_sensitivity since 2019-01-01 is assumed" in limits
    at_risk = {f["groupAtRisk"]: f for f in considered["fairnessAssessments"]}
    assert "verdict UNKNOWN" in at_risk["region / 61"]["harms"]
    assert "region / 10" not in at_risk
    assert all(f["harms"] for f in considered["fairnessAssessments"])


FLAGS = (
    ("certificate",),
    {
        "unconfirmed_at_most": 0.2,
        "refuted_above": 0.2468,
        "nobody_flagged_because": None,
        "holds": "on average",
        "flagged_share": 0.06,
        "unconfirmed_in_random_arm": estimate(0.2, 0.1, 0.3),
        "choice": {
            "targeted": {"log_odds": estimate(0.7, 0.3, 1.1), "inspections": 400, "tells": True},
        },
    },
)


def test_how_far_this_one_model_may_lie_above_its_promise_is_in_card_and_record():
    manifest = change(MANIFEST, *FLAGS) | {
        "files": {},
        "review_load": {
            "shares": {"flagged": 0.06, "material": 0.012, "asking": 0.012},
            "capacity": 0.02,
            "capacity_assumed": True,
            "households": 24_000,
            "person_days": 288,
            "review_days": 1.0,
            "review_days_assumed": True,
        },
    }
    answers = SAID
    record = register.record(manifest, "0" * 64, answers, NOWHERE, WHEN)
    made = card.card(manifest, "0" * 64, answers, NOWHERE, WHEN)
    register.check(record)
    card.check(made)
    assert card.differences(made, manifest) == []
    assert "up to 24.7% is possible" in record["oversight"]["provided_information"]
    assert "about 288 families" in record["oversight"]["process_integration"]
    limits = " ".join(
        made["metadata"]["component"]["modelCard"]["considerations"]["technicalLimitations"]
    )
    assert "up to 24.7% is possible" in limits
    assert (
        "chosen by suspicion were confirmed at 2.01 (95 % interval 1.35 to 3.00) times the odds"
        in limits
    )
    (odds,) = (m for m in record["measured"] if m["measure"].endswith("targeted.log_odds"))
    assert (odds["value"], odds["low"], odds["high"]) == (0.7, 0.3, 1.1)


def test_a_persons_override_is_shown_wherever_the_version_is(home, tmp_path):
    digest = bundle.verify(home.bundles / "7", home.public_key()).manifest_sha256
    aliases.write(home, "champion", "7", digest, override="a demonstration", when=WHEN)
    text = json.dumps(the_card(home, tmp_path / "out"))
    assert "A person let this version pass a gate: a demonstration" in text
    record = (tmp_path / "out" / "register_record.md").read_text()
    assert "Production: champion since 2026-02-03" in record
    assert "a demonstration" in record


def test_the_word_is_published_when_another_version_has_taken_the_name(home, tmp_path):
    digest = bundle.verify(home.bundles / "7", home.public_key()).manifest_sha256
    aliases.write(home, "champion", "7", digest, override="a demonstration", when=WHEN)
    aliases.write(home, "champion", "8", "0" * 64, override=None, when=WHEN)
    record = json.dumps(the_card(home, tmp_path / "out"))
    assert "A person let this version pass a gate: a demonstration" in record
    record = (tmp_path / "out" / "register_record.md").read_text()
    assert "serves nobody. A person let it pass a gate: 'a demonstration'" in record


def test_an_alias_pinned_to_other_bytes_says_nothing_of_this_version(home, tmp_path):
    aliases.write(home, "champion", "7", "0" * 64, override="of another", when=WHEN)
    document = the_card(home, tmp_path / "out")
    assert "of another" not in json.dumps(document)


def test_a_bundle_that_was_changed_is_not_published(home, tmp_path):
    (home.bundles / "7" / "manifest.json").write_bytes(b"{}")
    with pytest.raises(NoSuchModel, match="not signed"):
        published(home, tmp_path / "out")


@pytest.mark.parametrize("version", ["8", "../7", "champion"])
def test_a_version_that_is_not_there_is_told(home, tmp_path, version):
    with pytest.raises(NoSuchModel, match="no model version"):
        publish(version, home=home, out=tmp_path / "o", authority_file=written(tmp_path), when=WHEN)


def test_a_version_of_an_older_release_is_told_what_it_lacks(tmp_path):
    old = Home(tmp_path / "old")
    manifest = {k: v for k, v in MANIFEST.items() if k not in ("code", "data")} | {"files": {}}
    bundle.write_files(old.bundles / "7", manifest, {}, old.signing_key())
    with pytest.raises(InputError, match="did not record code, data"):
        published(old, tmp_path / "out")


def test_a_folder_with_something_else_is_left_alone(home, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("keep me")
    with pytest.raises(InputError, match="holds something else"):
        published(home, out)
    assert (out / "letter.txt").read_text() == "keep me"


def test_an_earlier_publication_is_replaced_and_the_same_gives_the_same_bytes(home, tmp_path):
    out = tmp_path / "out"
    published(home, out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    published(home, out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_the_schema_of_the_record_knows_every_declared_field():
    """A field that is declared but not required could go missing unnoticed."""
    schema = json.loads(register.SCHEMA.read_text(encoding="utf-8"))
    for section, names in authority.declared()["fields"].items():
        assert schema["properties"][section]["required"] == list(names), section


def test_a_record_that_breaks_its_schema_is_our_fault(home):
    answers = SAID
    digest = bundle.verify(home.bundles / "7", home.public_key()).manifest_sha256
    document = register.record(MANIFEST, digest, answers, NOWHERE, WHEN)
    register.check(document)
    with pytest.raises(DeclarationError, match="legal_basis"):
        register.check(change(document, ("owner_and_responsibility", "legal_basis"), MUST_FILL))


def test_a_candidate_says_that_it_serves_nobody(home):
    answers, digest = SAID, "0" * 64
    document = register.record(MANIFEST, digest, answers, NOWHERE, WHEN)
    assert "serves nobody" in document["description"]["phase"]
    shadow = Alias(version="7", manifest_sha256=digest, override=None, since="2026-02-01T00:00")
    standing = Standing(names={"challenger": shadow}, override=None)
    document = register.record(MANIFEST, digest, answers, standing, WHEN)
    assert document["description"]["phase"] == "Development: challenger since 2026-02-01."


def test_without_a_random_arm_the_card_claims_no_quality(home):
    bare = change(
        MANIFEST,
        ("metrics",),
        {
            "random_arm": {"labels": 0, "why_no_auc": "no family was inspected at random"},
            "hidden_income": None,
            "baselines": None,
        },
    )
    document = card.card(bare | {"files": {}}, "0" * 64, SAID, NOWHERE, WHEN)
    card.check(document)
    text = json.dumps(document)
    assert "no family was inspected at random" in text
    assert "auc" not in {
        m["type"].rpartition(".")[2]
        for m in document["metadata"]["component"]["modelCard"]["quantitativeAnalysis"][
            "performanceMetrics"
        ]
    }


def test_the_verb_publishes_a_trained_version_and_names_what_is_missing(
    in_process, trained_home, tmp_path
):
    version = aliases.read(Home(trained_home)).names["champion"].version
    words = ("publish", version, "--out", tmp_path / "out", "--json")
    no = in_process(trained_home, *words)
    assert no.code == 1
    assert "legal_basis" in no.json["error"]
    done = in_process(trained_home, *words, "--authority", written(tmp_path))
    assert done.code == 0, done.err
    assert done.json["figures"] > 30
    document = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    manifest = json.loads((trained_home / "bundles" / version / "manifest.json").read_bytes())
    assert card.differences(document, manifest) == []
    assert manifest["metrics"]["hidden_income"]["auc"]["value"] == float(
        next(
            m["value"]
            for m in document["metadata"]["component"]["modelCard"]["quantitativeAnalysis"][
                "performanceMetrics"
            ]
            if m["type"] == "hidden_income.auc"
        )
    )
