from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from qfusion_core import InputError
from qfusion_core.testing import ClassicalEncoderContract
from qfusion_encoders.conv import Conv
from qfusion_encoders.identity import Identity
from qfusion_encoders.mlp import MLP


class TestMembers(ClassicalEncoderContract):
    component = MLP

    def options(self):
        return MLP.Options(hidden=(16, 12), dim=5, members=4)


class TestStrong(ClassicalEncoderContract):
    component = MLP

    def options(self):
        return MLP.Options(hidden=(16,), members=3, embedding="periodic", numeric=5, dropout=0.3)


class TestLinear(ClassicalEncoderContract):
    component = MLP

    def options(self):
        return MLP.Options(hidden=(), embedding="periodic")


class TestSpatial(ClassicalEncoderContract):
    component = Conv

    def options(self):
        return Conv.Options(channels=(4, 6), tokens="spatial", dim=7)


def test_plain_mlp_is_linear_layers_with_relu():
    encoder = MLP(MLP.Options(hidden=(3,), dim=2), input_shape=(4,)).eval()
    first, _, _, second, _ = encoder.layers
    x = torch.randn(6, 4)
    assert torch.equal(encoder(x)[:, 0], second(first(x).relu()).relu())


def test_members_start_apart_by_the_scales_of_the_input_alone():
    encoder = MLP(MLP.Options(hidden=(8,), members=5), input_shape=(6,)).eval()
    x = torch.randn(3, 6)
    rows = encoder(x).reshape(3, 5, -1)
    assert not torch.allclose(rows, rows[:, :1].expand_as(rows))
    torch.nn.init.ones_(encoder.layers[1].r)
    rows = encoder(x).reshape(3, 5, -1)
    torch.testing.assert_close(rows, rows[:, :1].expand_as(rows))


def test_one_feature_s_embedding_shares_a_starting_scale():
    options = MLP.Options(members=3, embedding="periodic", embedding_dim=4, numeric=2)
    scales = MLP(options, input_shape=(5,)).layers[1].r
    assert scales.shape == (3, 2 * 4 + 3)
    for feature in scales[:, :8].split(4, dim=1):
        assert torch.equal(feature, feature[:, :1].expand_as(feature))
    assert not torch.equal(scales[:, 0], scales[:, 4])


def test_members_share_their_matrices():
    def count(members):
        encoder = MLP(MLP.Options(hidden=(256,), members=members), input_shape=(27,))
        return sum(parameter.numel() for parameter in encoder.parameters())

    assert count(8) < 1.4 * count(1)


def test_columns_after_the_numeric_ones_pass_unembedded():
    options = MLP.Options(hidden=(), dim=3, embedding="periodic", numeric=2, embedding_dim=4)
    encoder = MLP(options, input_shape=(5,)).eval()
    x = torch.randn(7, 5)
    joined = torch.cat([encoder.embedding(x[:, :2]).flatten(1), x[:, 2:]], dim=1)
    assert torch.equal(encoder(x)[:, 0], encoder.layers[0](joined).relu())


def test_more_numeric_columns_than_columns_is_refused():
    with pytest.raises(InputError) as caught:
        MLP(MLP.Options(embedding="periodic", numeric=30), input_shape=(27,))
    assert str(caught.value) == (
        "classical encoder 'mlp': numeric is 30, but the input has 27 columns; "
        "set numeric to 27 or less, or leave it out to embed all"
    )


@pytest.mark.parametrize(
    "options", [{"members": 0}, {"dropout": 1}, {"hidden": [0]}, {"sigma": 0}, {"embedding": "plr"}]
)
def test_mlp_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        MLP.Options.model_validate(options)


@pytest.mark.parametrize("shape", [(27,), (1, 7, 28), (28, 28)])
def test_conv_refuses_what_is_no_image_it_can_halve(shape):
    with pytest.raises(InputError) as caught:
        Conv(Conv.Options(), input_shape=shape)
    assert str(caught.value) == (
        "classical encoder 'conv': expected images [channels, height, width] of at least 8 pixels "
        f"a side for 3 blocks, got {list(shape)}; use 'mlp' for tables, or fewer channels"
    )


def test_spatial_tokens_see_their_own_place():
    torch.manual_seed(0)
    options = Conv.Options(channels=(4,), tokens="spatial")
    encoder = Conv(options, input_shape=(1, 12, 12)).eval()
    image = torch.randn(1, 1, 12, 12)
    changed = image.clone()
    changed[..., :2, 10:] += 5  # the upper right corner: place (0, 5) of 6 x 6
    moved = (encoder(image) != encoder(changed)).any(-1)[0].reshape(6, 6)
    assert moved[0, 5]
    assert not moved[2:].any() and not moved[:, :4].any()


def test_identity_is_the_features():
    images = torch.randn(3, 2, 4, 5)
    encoder = Identity(Identity.Options(), input_shape=(2, 4, 5))
    assert torch.equal(encoder(images), images.reshape(3, 1, 40))
    assert list(encoder.parameters()) == []


@pytest.mark.parametrize(
    "options", [{"hidden": [16384, 16384]}, {"members": 1024, "hidden": [16384] * 4, "dim": 1}]
)
def test_sizes_that_are_too_large_together_are_refused_before_memory_is_taken(options):
    with pytest.raises(ValidationError, match=r"hidden, dim and members: .* expected at most"):
        MLP.Options(**options)
