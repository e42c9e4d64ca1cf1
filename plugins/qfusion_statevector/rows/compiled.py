"""How the kernels are compiled: without the interpreter's lock, and kept on disk."""

import numba

kernel = numba.njit(error_model="numpy", nogil=True, cache=True)

# sums over a state are made of sums of so many terms: in float32 a long one loses digits
BLOCK = 256
