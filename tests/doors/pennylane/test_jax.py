"""Gradients in jax, in a process of their own: one that has used jax is no longer to be forked."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="jax is not installed: [jax]")
def test_gradients_are_those_of_default_qubit():
    program = Path(__file__).with_name("jax_program.py")
    done = subprocess.run(
        [sys.executable, program, json.dumps([0.3, 0.8])],
        env={**os.environ, "JAX_PLATFORMS": "cpu"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kinds"] == ["float64"] and "do not support JVP" in found["refused"]
    for name in ("plain", "compiled"):
        np.testing.assert_allclose(found[name], found["exact"], atol=1e-12)
    for name in ("jacobian", "rows"):
        np.testing.assert_allclose(found[name], found[f"exact {name}"], atol=1e-12)
    for at in (0, 1):
        wanted = found[f"matrices at {at}"]
        np.testing.assert_allclose(found[f"exponentials at {at}"], wanted, atol=1e-10)
    np.testing.assert_allclose(found["compiled exponentials"], wanted, atol=1e-10)
    np.testing.assert_allclose(found["hessian"], found["exact hessian"], atol=1e-9)
