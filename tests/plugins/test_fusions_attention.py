from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.nn import functional

from qfusion_attention.block import TokenAttention
from qfusion_attention.cross_attention import CrossAttention
from qfusion_attention.tokens import TokenEmbedding, keep_tokens, with_one
from qfusion_core import InputError
from qfusion_core.testing import FusionContract


class TestPaper(FusionContract):
    component = CrossAttention

    def options(self):
        return CrossAttention.Options(
            token_embedding="shared", gate=False, include_query=True, norm_output=True
        )


class TestDeep(FusionContract):
    component = CrossAttention

    def options(self):
        return CrossAttention.Options(depth=3, width=24, heads=2, pooling="mean", token_dropout=0.5)


class TestBare(FusionContract):
    component = CrossAttention

    def options(self):
        return CrossAttention.Options(gate=False, residual=False, feed_forward=0, heads=1)

    def cases(self):
        return super().cases()[:2]  # a single token takes all attention, whatever the query


class TestPlaced(FusionContract):
    component = CrossAttention

    def options(self):
        return CrossAttention.Options(token_place="wire", token_embedding="shared", gate=False)

    def build(self, case):
        fusion = super().build(case)
        tokens = case[1][0]
        fusion.place_tokens(torch.stack([torch.arange(tokens).float(), torch.ones(tokens)], dim=1))
        return fusion


def fuse(classical_shape=(2, 64), quantum_shape=(6, 1), **options):
    torch.manual_seed(0)
    return CrossAttention(
        CrossAttention.Options(**options),
        classical_shape=classical_shape,
        quantum_shape=quantum_shape,
    )


@given(
    batch=st.integers(1, 4),
    queries=st.integers(1, 3),
    tokens=st.integers(1, 5),
    dim=st.integers(1, 4),
    heads=st.sampled_from([1, 2, 4]),
    kind=st.sampled_from(["shared", "per-token"]),
    include_query=st.booleans(),
    dropout=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_equal_to_torch_on_tokens_that_are_built(
    batch, queries, tokens, dim, heads, kind, include_query, dropout, seed
):
    torch.manual_seed(seed)
    width = 8
    embed = TokenEmbedding((tokens, dim), width, kind, "learned").double()
    attend = TokenAttention(width, heads).double()
    classical = torch.randn(batch, queries, width, dtype=torch.float64)
    quantum = torch.randn(batch, tokens, dim, dtype=torch.float64)
    keep = keep_tokens(quantum, dropout)

    output, attention = attend(
        classical, with_one(quantum), embed(), keep, include_query=include_query
    )

    weight = embed.weight.expand(tokens, -1, -1)
    keys = torch.einsum("bnm,nmd->bnd", quantum, weight) + embed.position[:, 0]
    hidden = ~keep
    if include_query:
        keys = torch.cat([keys, classical], dim=1)
        hidden = functional.pad(hidden, (0, queries), value=False)
    bias = torch.cat([attend.query.bias, torch.zeros(2 * width).double()])
    expected, weights = functional.multi_head_attention_forward(
        classical.transpose(0, 1),
        keys.transpose(0, 1),
        keys.transpose(0, 1),
        width,
        heads,
        torch.cat([attend.query.weight, attend.key.weight, attend.value.weight]),
        bias,
        None,
        None,
        False,
        0.0,
        attend.output.weight,
        attend.output.bias,
        key_padding_mask=hidden,
        average_attn_weights=False,
    )
    torch.testing.assert_close(output, expected.transpose(0, 1), rtol=0, atol=1e-6)
    torch.testing.assert_close(attention, weights, rtol=0, atol=1e-6)


def test_embedded_tokens_are_never_built():
    batch, tokens, width = 256, 27, 64
    fusion = fuse((1, width), (tokens, 1), width=width)
    saved = []

    def pack(tensor):
        saved.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        fusion(torch.randn(batch, 1, width), torch.randn(batch, tokens, 1))
    assert max(saved) < batch * tokens * width / 4


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("pooling", ["flatten", "mean"])
def test_closed_gates_leave_the_classical_representation_as_it_is(depth, pooling):
    fusion = fuse(depth=depth, pooling=pooling, token_dropout=0.5)
    classical = torch.randn(7, 2, 64)
    expected = classical.flatten(1) if pooling == "flatten" else classical.mean(1)
    assert torch.equal(fusion(classical, torch.randn(7, 6, 1)).features, expected)
    assert torch.equal(fusion.gate_values, torch.zeros(depth))


def test_closed_gates_leave_the_projection_where_widths_differ():
    fusion = fuse((1, 10))
    classical = torch.randn(7, 1, 10)
    features = fusion(classical, torch.randn(7, 6, 1)).features
    assert torch.equal(features, fusion.project(classical)[:, 0])


def test_training_opens_the_gate_when_only_the_tokens_know():
    fusion = fuse((1, 16), width=16, dropout=0.0)
    head = torch.nn.Linear(16, 1)
    optimizer = torch.optim.Adam([*fusion.parameters(), *head.parameters()], lr=1e-2)
    classical, quantum = torch.randn(64, 1, 16), torch.randn(64, 6, 1)
    target = quantum[:, 2]
    losses = []
    for _ in range(60):
        loss = functional.mse_loss(head(fusion(classical, quantum).features), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert fusion.gate_values.abs().item() > 0.05


def test_no_gate_has_no_value():
    assert fuse(gate=False).gate_values is None


def test_magnitude_of_a_token_matters():
    """A layer norm on scalar tokens would leave nothing but their signs."""
    fusion = fuse(gate=False).eval()
    classical, quantum = torch.randn(1, 2, 64), torch.ones(1, 6, 1)
    small, large = (fusion(classical, scale * quantum).features for scale in (0.1, 2.0))
    assert not torch.allclose(small, large, atol=1e-2)


def test_per_token_values_have_full_rank_in_the_tokens_and_shared_ones_have_not():
    """With one query and equal attention, shared scalar tokens enter through a single number."""

    def rank(kind):
        torch.manual_seed(0)
        embed, attend = TokenEmbedding((6, 1), 16, kind, "learned"), TokenAttention(16, 4)
        torch.nn.init.zeros_(attend.query.weight)
        torch.nn.init.zeros_(attend.query.bias)
        query = torch.randn(1, 1, 16)

        def output(q):
            return attend(query, with_one(q[None, :, None]), embed())[0].flatten()

        jacobian = torch.autograd.functional.jacobian(output, torch.randn(6))
        return int(torch.linalg.matrix_rank(jacobian, rtol=1e-4))

    assert (rank("shared"), rank("per-token")) == (1, 6)


@given(tokens=st.integers(1, 30), dropout=st.floats(0, 0.999), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_token_dropout_never_takes_all(tokens, dropout, seed):
    torch.manual_seed(seed)
    keep = keep_tokens(torch.zeros(50, tokens, 1), dropout)
    assert keep.shape == (50, tokens)
    assert keep.any(dim=1).all()


def test_token_dropout_takes_its_share_in_training_and_nothing_after():
    fusion = fuse((1, 64), (30, 1), token_dropout=0.3)
    inputs = torch.randn(200, 1, 64), torch.randn(200, 30, 1)
    attention = fusion(*inputs).attention
    dropped = attention == 0
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))  # whole tokens, in all heads
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (fusion.eval()(*inputs).attention > 0).all()


def test_attention_covers_the_queries_where_they_are_included():
    inputs = torch.randn(5, 2, 64), torch.randn(5, 6, 1)
    assert fuse()(*inputs).attention.shape == (5, 4, 2, 6)
    assert fuse(include_query=True)(*inputs).attention.shape == (5, 4, 2, 8)


@pytest.mark.parametrize(
    "options, text",
    [
        ({"width": 10, "heads": 4}, "width 10 is not a multiple of heads 4"),
        ({"residual": False}, "a gate that starts at zero needs residual: true"),
        ({"token_dropout": 1.0}, "less than 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options, text):
    with pytest.raises(ValidationError, match=text):
        CrossAttention.Options(**options)


def test_places_tell_tokens_apart_without_a_parameter_of_their_own():
    """Two hundred tokens take as many parameters as six, and equal tokens elsewhere differ."""
    few, many = (
        fuse(quantum_shape=(tokens, 1), token_place="wire", token_embedding="shared", gate=False)
        for tokens in (6, 200)
    )
    count = [sum(p.numel() for p in fusion.parameters()) for fusion in (few, many)]
    assert count[0] == count[1]
    classical, quantum = torch.randn(1, 2, 64), torch.ones(1, 200, 1)
    positions = torch.stack([torch.arange(200) / 2, torch.ones(200)], dim=1)
    many.place_tokens(positions)
    attention = many.eval()(classical, quantum).attention
    assert len(attention[0, 0, 0].unique()) > 190
    positions[7] = positions[150]
    with pytest.raises(InputError, match="1 tokens have the wire and weight of another one"):
        many.place_tokens(positions)
    apart = fuse(quantum_shape=(200, 1), token_place="wire", token_embedding="per-token")
    apart.place_tokens(positions)  # each has an embedding of its own


def test_places_are_needed_only_where_they_are_asked_for():
    fuse().place_tokens(None)
    with pytest.raises(InputError) as refused:
        fuse(token_place="wire").place_tokens(None)
    assert str(refused.value) == (
        "fusion 'cross-attention': token_place: wire needs tokens that lie on wires, but the "
        "quantum encoder has none; use token_place: learned"
    )
