"""Surrogates as files: what stands in one, and how it is changed behind qfusion's back."""

import json

from safetensors import safe_open
from safetensors.torch import load_file, save

from qfusion_core.surrogate.packing import digest_of


def file_of(run, backend):
    return run / "surrogate" / f"{backend}.safetensors"


def card_of(run, backend):
    """As plain data."""
    with safe_open(file_of(run, backend), "pt") as file:
        return json.loads(file.metadata()["notes"])["card"]


def tensors_of(run, backend):
    return load_file(file_of(run, backend))


def rewrite(run, backend, card=None, tensors=None, *, digest=True):
    """Another card, other numbers, or both.

    Args:
        run: The run folder.
        backend: That was distilled.
        card: Instead of the one that is there.
        tensors: Likewise.
        digest: Whether the digest is made to fit, as somebody would who knows how.
    """
    card = card_of(run, backend) if card is None else card
    tensors = tensors_of(run, backend) if tensors is None else tensors
    if digest:
        card = card | {"table": digest_of(card, tensors)}
    path = file_of(run, backend)
    path.write_bytes(save(tensors, {"notes": json.dumps({"card": card})}))
