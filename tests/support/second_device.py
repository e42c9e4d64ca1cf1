"""A torch device beside the CPU that needs no hardware: for tests that models stand on one device.

Its tensors hold CPU tensors, say that they are elsewhere, and refuse to be mixed with what is not,
as those of a GPU do. Values and gradients are those of the CPU's kernels. The name is one that
torch knows and does nothing for by itself.
"""

from types import SimpleNamespace

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

THERE = torch.device("lazy")
_HERE = torch.device("cpu")
_ATEN = torch.ops.aten
# a GPU takes numbers from the CPU in these, too: rows by their numbers, and copies
_ACROSS = {"aten::_to_copy", "aten::copy_", "aten::index", "aten::index_put_"}
# the wrapper would not know that the inner tensor is conjugated or negated later
_NOW = {
    _ATEN._conj.default: _ATEN._conj_physical.default,
    _ATEN._neg_view.default: _ATEN.neg.default,
}


class Elsewhere(torch.Tensor):
    """A tensor on the second device."""

    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device="meta",
            dispatch_device=True,
            dispatch_sizes_strides_policy="sizes",  # `squeeze_` changes them in place
        )
        made.inner = inner
        return made

    @property
    def device(self):
        return THERE

    def tolist(self):
        return self.inner.tolist()

    def numpy(self, **options):
        raise TypeError(f"can't convert {THERE} tensor to numpy. Use Tensor.cpu() first")

    def __repr__(self):
        return f"Elsewhere({self.inner})"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class SecondDevice(TorchDispatchMode):
    """Within it, ``.to(THERE)`` and ``device=THERE`` work."""

    def __enter__(self):
        # else `torch.tensor(..., device=THERE)` would go past this mode
        self._before = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        return super().__enter__()

    def __exit__(self, *error):
        torch._C._set_only_lift_cpu_tensors(self._before)
        return super().__exit__(*error)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _run(func, args, kwargs):
    if func is torch.ops.prim.device.default:
        return THERE if isinstance(args[0], Elsewhere) else _HERE
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = [tensor for tensor in tensors if isinstance(tensor, Elsewhere)]
    name = func._schema.name
    if there and name not in _ACROSS:
        for tensor in tensors:
            if not isinstance(tensor, Elsewhere) and tensor.ndim:
                raise RuntimeError(f"{name}: expected all tensors to be on the same device")
    wanted = kwargs.get("device")
    if name == "aten::copy_":
        goes_there = isinstance(args[0], Elsewhere)
    else:
        goes_there = bool(there) if wanted is None else torch.device(wanted).type == THERE.type
    if goes_there and wanted is not None:
        kwargs = {**kwargs, "device": _HERE}
    own = {id(tensor.inner): tensor for tensor in there}  # of changes in place
    args, kwargs = tree_map_only(Elsewhere, lambda tensor: tensor.inner, (args, kwargs))
    result = (_NOW.get(func, func) if there else func)(*args, **kwargs)
    if not goes_there:
        return result
    return tree_map_only(torch.Tensor, lambda inner: own.get(id(inner), Elsewhere(inner)), result)


def random_numbers():
    """What torch keeps for a device that has random numbers of its own: set as ``torch.lazy``."""
    kept = SimpleNamespace(state=torch.arange(16, dtype=torch.uint8))

    def set_rng_state(state, device):
        kept.state = state

    kept.get_rng_state, kept.set_rng_state = lambda device: kept.state, set_rng_state
    return kept
