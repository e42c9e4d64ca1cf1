"""Transforms: equal to scikit-learn's, fitted on what they are given and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from qfusion_core import InputError
from qfusion_core.config.spec import Pca
from qfusion_core.model.preprocess import Pipeline


def table(seed, rows=80, features=6):
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, features)) @ random.normal(size=(features, features))).astype(
        np.float32
    )


def apply(pipeline, x):
    return pipeline(torch.from_numpy(x).double()).numpy()


@given(st.integers(0, 10_000), st.sampled_from([1, 3, 6, 0.6, 0.95]))
@settings(max_examples=20, deadline=None)
def test_standardise_and_pca_are_scikit_learns(seed, keep):
    x = table(seed)
    scaled = StandardScaler().fit_transform(x.astype(float))
    expected = StandardScaler().fit_transform(PCA(keep, svd_solver="full").fit_transform(scaled))
    found = apply(Pipeline.fit(("standardise", Pca(pca=keep), "standardise"), x), x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)


def test_a_constant_feature_becomes_zero():
    x = table(0)
    x[:, 2] = 7
    for step in ("standardise", "quantile-normal"):
        assert np.all(apply(Pipeline.fit((step,), x), x)[:, 2] == 0)


def test_pca_gives_at_most_as_many_components_as_there_are_features():
    assert Pipeline.fit((Pca(pca=9),), table(0)).output_shape((6,)) == (6,)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_quantile_normal_is_monotone_bounded_and_nearly_normal(seed):
    x = table(seed, rows=600, features=3)
    x = np.exp(x / x.std(axis=0))  # heavier tails than these would drown in the ties' noise
    found = apply(Pipeline.fit(("quantile-normal",), x), x)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 3.2
    for column, scores in zip(x.T, found.T, strict=True):
        assert np.all(np.diff(scores[np.argsort(column)]) >= 0)
    assert np.abs(found.mean(axis=0)).max() < 0.15
    assert np.abs(found.std(axis=0) - 1).max() < 0.3


def test_quantile_normal_standardises_two_valued_columns():
    x = table(1)
    x[:, 0] = np.arange(len(x)) % 4 == 0
    found = apply(Pipeline.fit(("quantile-normal",), x), x)
    np.testing.assert_allclose(found[:, 0], (x[:, 0] - 0.25) / np.sqrt(0.1875), atol=1e-6)


def test_rows_outside_the_fitted_range_stay_finite():
    pipeline = Pipeline.fit(("quantile-normal", Pca(pca=2), "standardise"), table(2))
    assert np.isfinite(apply(pipeline, np.full((2, 6), 1e6, dtype=np.float32))).all()


def test_restored_from_its_tensors_it_gives_the_same():
    x = table(3)
    steps = ("quantile-normal", "standardise", Pca(pca=0.9))
    pipeline = Pipeline.fit(steps, x)
    again = Pipeline.restore(steps, pipeline.state_dict())
    assert np.array_equal(apply(again, x), apply(pipeline, x))
    assert again.output_shape((6,)) == pipeline.output_shape((6,))


def test_without_steps_images_stay_images_and_with_steps_they_are_flattened():
    images = np.random.default_rng(0).random((20, 1, 4, 4)).astype(np.float32)
    assert Pipeline.fit((), images).output_shape((1, 4, 4)) == (1, 4, 4)
    assert Pipeline.fit((Pca(pca=3),), images).output_shape((1, 4, 4)) == (3,)


def test_features_that_are_all_constant_are_refused():
    with pytest.raises(InputError, match="all 3 features are constant in the 10 rows"):
        Pipeline.fit((Pca(pca=2),), np.ones((10, 3), dtype=np.float32))


def test_another_number_of_features_is_refused():
    with pytest.raises(InputError, match="expected 6 per sample, got 5"):
        Pipeline.fit(("standardise",), table(0)).output_shape((5,))
