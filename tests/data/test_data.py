"""A split promises: every row once, the class shares of the whole, the same rows for a seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from qfusion_core import InputError, Part, stratified, train_validation_test


def table(*class_sizes: int) -> Part:
    """Rows whose one feature is their own number."""
    y = np.repeat(np.arange(len(class_sizes)), class_sizes)
    return Part(np.arange(len(y), dtype=np.float32)[:, None], y.astype(np.int64))


def rows(part: Part) -> list[int]:
    return part.x[:, 0].astype(int).tolist()


@given(
    sizes=st.lists(st.integers(20, 60), min_size=2, max_size=5),
    seed=st.integers(0, 2**31),
    test=st.floats(0.15, 0.5),
    validation=st.floats(0.15, 0.5),
)
def test_every_row_is_in_one_part_and_each_part_has_the_class_shares(sizes, seed, test, validation):
    whole = table(*sizes)
    parts = train_validation_test(whole, seed=seed, test=test, validation=validation)
    assert sorted(row for part in parts for row in rows(part)) == list(range(len(whole)))
    for part in parts:
        np.testing.assert_array_equal(part.y, whole.y[rows(part)])
        expected = np.array(sizes) * len(part) / len(whole)
        assert np.abs(np.bincount(part.y, minlength=len(sizes)) - expected).max() < 2


@given(seed=st.integers(0, 2**31))
def test_the_rows_are_those_of_scikit_learn_so_that_other_models_can_be_compared(seed):
    whole = table(50, 30)
    train, validation, test = train_validation_test(whole, seed=seed)
    rest, held_out = train_test_split(
        np.arange(80), test_size=0.2, stratify=whole.y, random_state=seed
    )
    assert rows(test) == held_out.tolist()
    assert sorted(rows(train) + rows(validation)) == sorted(rest)


def test_the_same_seed_gives_the_same_rows_and_another_seed_gives_others():
    def draw(seed):
        return [rows(part) for part in train_validation_test(table(40, 40), seed=seed)]

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)


def test_parts_of_given_sizes_are_drawn_from_all_rows():
    train, validation, test = train_validation_test(table(300, 100), seed=0, train=100, test=40)
    assert (len(train) + len(validation), len(test)) == (100, 40)
    assert np.bincount(test.y).tolist() == [30, 10]
    assert not set(rows(test)) & set(rows(train) + rows(validation))


def test_indexing_a_part_keeps_rows_and_classes_together():
    part = table(2, 3)[np.array([4, 0])]
    assert (rows(part), part.y.tolist(), len(part)) == ([4, 0], [1, 0], 2)


def test_a_class_with_too_few_rows_is_named():
    with pytest.raises(InputError, match=r"class 'rare' has 2 rows, .* at least 3; drop the class"):
        train_validation_test(table(20, 2), seed=0, class_names=("common", "rare"))
    with pytest.raises(InputError, match="class 1 has 1 row, a stratified split needs at least 2"):
        stratified(table(20, 1), test=0.5, seed=0)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="cannot split 0 rows"):
        stratified(table(), test=0.5, seed=0)
    with pytest.raises(InputError, match=r"cannot split 20 rows: .*test_size=30"):
        stratified(table(10, 10), test=30, seed=0)


def test_a_class_index_that_never_occurs_is_no_reason_to_refuse():
    part = Part(np.zeros((8, 1), np.float32), np.array([0, 2] * 4))
    first, second = stratified(part, test=0.5, seed=0)
    assert np.bincount(first.y).tolist() == np.bincount(second.y).tolist() == [2, 0, 2]
