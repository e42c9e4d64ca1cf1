"""The executor for CPUs: kernels in numba, samples side by side in rows of one cache line."""
