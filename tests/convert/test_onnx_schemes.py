"""The scheme of an integer ONNX file: the fastest of those that answer as well as the best."""

from __future__ import annotations

import pytest

from convert.agreement import Agreement
from convert.onnx_schemes import SCHEMES, Scheme, choose_scheme

FASTEST = SCHEMES[0]
LAST = SCHEMES[-1]


def answers(agreeing: int, difference: float) -> Agreement:
    return Agreement(200, agreeing, None, None, difference, 10 * difference)


def chosen(**changed: Agreement) -> Scheme:
    """The choice where all schemes answer alike but the first and the last, as given."""
    tried = dict.fromkeys(SCHEMES, answers(150, 0.3))
    return choose_scheme({**tried, FASTEST: changed["fastest"], LAST: changed["last"]})


def test_the_fastest_is_kept_where_another_is_better_by_chance_only() -> None:
    # 5 of 200 differ: give or take their root.
    assert chosen(fastest=answers(193, 0.029), last=answers(195, 0.028)) == FASTEST


@pytest.mark.parametrize(
    "collapsed",
    [answers(190, 0.028), answers(70, 0.4), answers(195, 0.04)],
    ids=["fewer answers", "hardly any", "scores further off"],
)
def test_one_that_is_really_worse_is_not(collapsed: Agreement) -> None:
    assert chosen(fastest=collapsed, last=answers(195, 0.028)) == LAST


def test_a_slow_one_that_is_no_better_is_not_chosen() -> None:
    assert choose_scheme(dict.fromkeys(SCHEMES, answers(200, 0.0))) == FASTEST


def test_both_kinds_of_scales_and_activations_are_tried_and_weights_that_cannot_overflow() -> None:
    assert {(scheme.signed, scheme.per_channel) for scheme in SCHEMES} == {
        (signed, per_channel) for signed in (True, False) for per_channel in (True, False)
    }
    assert Scheme(signed=False, per_channel=True, bits=7) in SCHEMES
    assert str(SCHEMES[1]) == "U8S8 with 7-bit weights, per-channel"
