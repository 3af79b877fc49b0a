"""What the certificate of a flag says in words, wherever it is shown."""

import pytest

from training.labels.unmeasured_selection import SelectionEffect, SelectionEffects
from training.report import certificate_words
from training.report.sections import sections

MADE = {"nobody_flagged_because": None, "unconfirmed_at_most": 0.2, "refuted_above": 0.25}
CHOICE = SelectionEffects(
    ways={
        "targeted": SelectionEffect(log_odds=0.7, low=0.3, high=1.1, inspections=400),
        "complaint": SelectionEffect(log_odds=0.1, low=-0.4, high=0.6, inspections=1_120),
    }
)


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"refuted_above": None}, "on average."),
        ({"refuted_above": 0.2}, "on average."),
        ({"refuted_above": 0.25}, "up to 25.0% is possible, and only what lies above is held"),
        ({"refuted_above": 1.0}, "confirmed no flag, so they cannot say how far"),
        ({"nobody_flagged_because": "too few."}, "Nobody is flagged: too few."),
    ],
)
def test_the_promise_says_how_far_one_model_may_lie_above_it(changes, phrase):
    promised = certificate_words.promise(MADE | changes)
    assert phrase in promised
    assert promised.startswith("Nobody") or "at most 20% would not be confirmed" in promised


def test_a_certificate_of_before_these_were_told_promises_the_same():
    old = {name: value for name, value in MADE.items() if name != "refuted_above"}
    assert certificate_words.promise(old).endswith("on average.")
    assert list(certificate_words.choices(old)) == []


def test_a_choice_that_tells_is_news_and_one_that_does_not_is_said_with_its_doubt():
    certificate = MADE | {"choice": CHOICE.as_json()}
    more, nothing = certificate_words.choices(certificate)
    assert (
        "chosen by suspicion were confirmed at 2.01 (95 % interval 1.35 to 3.00) times the odds"
        in more
    )
    assert "no promise leans on them" in more
    assert "complaint tells nothing beside the registers, as far as 1,120 inspections" in nothing
    assert certificate_words.news(certificate) == [more]


def test_the_report_tells_the_promise_in_words_and_no_part_of_it_raw():
    certificate = MADE | {
        "choice": CHOICE.as_json(),
        "flagged_share": 0.061234567,
        "least_supported": None,
        "unconfirmed_in_random_arm": {"value": 0.2, "low": 0.1, "high": 0.35},
    }
    metrics = {
        "random_arm": {"labels": 0, "why_no_auc": "no random inspections"},
        "baselines": None,
        "labels": {"by_design": {"random": 300, "targeted": 20}, "late": 0},
    }
    made = sections(metrics, {"certificate": certificate, "trained_on": []})
    (promise,) = (s for s in made if s.title == "The promise of the flag")
    text = "\n".join([*promise.paragraphs, *promise.points])
    assert "up to 25.0% is possible" in text
    assert "times the odds" in text
    assert "flagged share: 0.061" in text
    assert "0.200 [0.100, 0.350]" in text
    assert "{" not in text
    assert not any("_" in point for point in promise.points)
    assert made[-1].points == ["by design: random 300, targeted 20", "late: 0"]
