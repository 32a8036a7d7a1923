"""The figures of a verifier, against counting by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from plugins.face import metrics

UNTIMED = settings(deadline=None)

# Few distinct values, so that ties are common.
DISTANCES = st.lists(st.integers(0, 12).map(lambda n: n / 8), min_size=1, max_size=25).map(np.array)
SOME_FAILED = st.lists(
    st.one_of(st.integers(0, 12).map(lambda n: n / 8), st.just(float("nan"))),
    min_size=1,
    max_size=25,
).map(np.array)


@UNTIMED
@given(DISTANCES, DISTANCES)
def test_auc_is_the_share_of_same_pairs_nearer_than_different_ones(same, different):
    nearer = (same[:, None] < different).mean() + (same[:, None] == different).mean() / 2
    assert metrics.auc(same, different) == pytest.approx(nearer)


@UNTIMED
@given(SOME_FAILED, SOME_FAILED)
def test_auc_counts_every_pair_without_a_face_as_lost(same, different):
    won = (same[:, None] < different).mean() + (same[:, None] == different).mean() / 2
    assert metrics.auc(same, different) == pytest.approx(won)  # NaN is neither less nor equal


@UNTIMED
@given(DISTANCES, DISTANCES)
def test_roc_and_auc_agree_with_scikit_learn(same, different):
    truth = np.concatenate([np.ones(len(same)), np.zeros(len(different))])
    score = -np.concatenate([same, different])
    far, tar, _ = roc_curve(truth, score, drop_intermediate=False)
    ours = metrics.curves(same, different)
    np.testing.assert_allclose(ours.far, far, atol=1e-12)
    np.testing.assert_allclose(ours.tar, tar, atol=1e-12)
    assert metrics.auc(same, different) == pytest.approx(roc_auc_score(truth, score))


@UNTIMED
@given(SOME_FAILED, SOME_FAILED)
def test_the_curves_only_rise_and_fall(same, different):
    both = metrics.curves(same, different)
    assert (np.diff(both.thresholds) > 0).all()
    assert (np.diff(both.far) >= 0).all()
    assert (np.diff(both.frr) <= 0).all()
    assert both.frr[0] == 1
    assert both.far[0] == pytest.approx(np.isnan(different).mean())
    assert both.far[-1] == 1
    assert both.frr[-1] == pytest.approx(np.isnan(same).mean())


@UNTIMED
@given(SOME_FAILED, SOME_FAILED, st.floats(-0.5, 2))
def test_rates_at_a_threshold_are_counted(same, different, threshold):
    both = metrics.curves(same, different, np.array([threshold]))
    assert both.far[0] == pytest.approx(np.mean(~(different > threshold)))
    assert both.frr[0] == pytest.approx(np.mean(~(same <= threshold)))
    right = (np.mean(same <= threshold) + np.mean(different > threshold)) / 2
    assert metrics.accuracy(same, different, threshold) == pytest.approx(right)


@UNTIMED
@given(DISTANCES, DISTANCES)
def test_swapping_the_labels_turns_the_figures_round(same, different):
    assert metrics.auc(different, same) == pytest.approx(1 - metrics.auc(same, different))
    assert metrics.eer(different, same) == pytest.approx(1 - metrics.eer(same, different))
    # Swapped and mirrored, near becomes far and nothing else changes.
    assert metrics.auc(-different, -same) == pytest.approx(metrics.auc(same, different))
    assert metrics.eer(-different, -same) == pytest.approx(metrics.eer(same, different))


@UNTIMED
@given(DISTANCES, DISTANCES, st.floats(0.1, 10), st.floats(0, 5))
def test_the_unit_of_distance_does_not_matter(same, different, scale, shift):
    moved = same * scale + shift, different * scale + shift
    assert metrics.auc(*moved) == pytest.approx(metrics.auc(same, different))
    assert metrics.eer(*moved) == pytest.approx(metrics.eer(same, different))


def test_eer_is_where_the_rates_meet():
    assert metrics.eer(np.array([0.1, 0.2]), np.array([0.8, 0.9])) == 0
    assert metrics.eer(np.array([0.8, 0.9]), np.array([0.1, 0.2])) == 1
    # One of four on the wrong side of each kind.
    same, different = np.array([0.1, 0.2, 0.3, 0.7]), np.array([0.4, 0.8, 0.9, 1.0])
    assert metrics.eer(same, different) == pytest.approx(0.25)
    # All alike: chance.
    assert metrics.eer(np.ones(3), np.ones(5)) == pytest.approx(0.5)


@UNTIMED
@given(SOME_FAILED, SOME_FAILED)
def test_no_threshold_is_better_than_the_best(same, different):
    best = metrics.accuracy(same, different, metrics.best_threshold(same, different))
    everywhere = metrics.curves(same, different)
    assert best == pytest.approx((1 - (everywhere.far + everywhere.frr) / 2).max())


def test_the_best_threshold_lies_in_the_middle_of_the_gap():
    assert metrics.best_threshold(np.array([0.2, 0.4]), np.array([0.8, 1.0])) == pytest.approx(0.6)


@UNTIMED
@given(DISTANCES, DISTANCES, st.sampled_from([0.05, 0.1, 0.25, 0.5, 1.0]))
def test_tar_at_far_is_the_most_that_any_threshold_gives(same, different, far):
    found = metrics.tar_at_far(same, different, far)
    if len(different) * far < 1 - 1e-9:
        assert found is None
        return
    both = metrics.curves(same, different)
    assert found == pytest.approx(both.tar[both.far <= far + 1e-12].max())


def test_too_few_different_pairs_say_nothing_of_rare_mistakes():
    same = np.array([0.1, 0.2])
    assert metrics.tar_at_far(same, np.linspace(1, 2, 999), 1e-3) is None
    assert metrics.tar_at_far(same, np.linspace(1, 2, 1000), 1e-3) == 1


def test_folds_are_judged_at_the_threshold_of_the_others():
    # In folds 0 and 1 the kinds part at 0.5, in fold 2 at 1.5: judged at 0.5 it is half right.
    same = np.array([0.4, 0.4, 1.4])
    different = np.array([0.6, 0.6, 1.6])
    distances, kinds = np.concatenate([same, different]), np.repeat([True, False], 3)
    result = metrics.k_fold_accuracy(distances, kinds, np.tile([0, 1, 2], 2))
    assert result.accuracies[2] == 0.5
    assert result.thresholds[2] == pytest.approx(0.5)
    assert result.mean == pytest.approx(result.accuracies.mean())
    assert result.standard_error == pytest.approx(result.accuracies.std(ddof=1) / np.sqrt(3))


def test_with_as_many_of_both_kinds_accuracy_is_the_share_of_right_answers():
    rng = np.random.default_rng(0)
    same, different = rng.normal(0.5, 0.2, 300), rng.normal(1, 0.2, 300)
    right = ((same <= 0.75).sum() + (different > 0.75).sum()) / 600
    assert metrics.accuracy(same, different, 0.75) == pytest.approx(right)


def test_a_pair_without_a_face_is_wrong_in_its_fold():
    distances = np.array([0.1, 0.9, 0.1, 0.9, 0.1, np.nan])
    kinds = np.array([True, False] * 3)
    result = metrics.k_fold_accuracy(distances, kinds, np.repeat([0, 1, 2], 2))
    np.testing.assert_allclose(result.accuracies, [1, 1, 0.5])


def test_nothing_but_failures_is_all_wrong():
    nothing = np.full(3, np.nan)
    assert metrics.auc(nothing, nothing) == 0
    assert metrics.eer(nothing, nothing) == 1
    assert metrics.accuracy(nothing, nothing, metrics.best_threshold(nothing, nothing)) == 0


@pytest.mark.parametrize("figure", [metrics.auc, metrics.eer, metrics.best_threshold])
def test_both_kinds_are_needed(figure):
    with pytest.raises(ValueError, match="pairs of one person"):
        figure(np.array([]), np.array([1.0]))
    with pytest.raises(ValueError, match="pairs of one person"):
        figure(np.array([1.0]), np.array([]))


@UNTIMED
@given(st.integers(0, 2**32 - 1))
def test_rates_between_thresholds_lie_between_their_rates(seed):
    rng = np.random.default_rng(seed)
    same, different = rng.normal(0.5, 0.1, 200), rng.normal(0.8, 0.1, 200)
    both = metrics.curves(same, different, np.linspace(0, 1.2, 20))
    far, frr = both.rates_at(0.61)
    exact = metrics.curves(same, different, np.array([0.6, 0.61, 0.66]))
    after = int(np.searchsorted(both.thresholds, 0.61))
    before = after - 1
    assert both.far[before] <= far <= both.far[after]
    assert both.frr[after] <= frr <= both.frr[before]
    assert abs(far - exact.far[1]) < 0.25
    assert both.rates_at(-1) == (both.far[0], both.frr[0])
    assert both.rates_at(9) == (both.far[-1], both.frr[-1])
