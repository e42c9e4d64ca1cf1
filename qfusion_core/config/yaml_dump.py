"""The one way in which qfusion writes YAML: what is written reads back as it was.

A text stands without quotes only where no reader can take it for anything else, be it one of YAML
1.2, as ours, or of YAML 1.1, as PyYAML.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from qfusion_core.config.yaml_scalars import plain_value

# begins with a letter, holds nothing that means anything to YAML, and ends in no blank
_PLAIN = re.compile(r"[A-Za-z_]([A-Za-z0-9_./+-]|[ (),;](?=[A-Za-z0-9_./+-]))*")
_YAML_1_1_WORDS = frozenset("y n yes no on off true false null".split())


def dump(data: Any) -> str:
    """Plain data (mappings with text as keys, lists, scalars) as a YAML text.

    >>> print(dump({"classes": ["1E50", "wine", "No"], "rate": 1e-05}), end="")
    classes:
    - "1E50"
    - wine
    - "No"
    rate: 1.0e-05
    """
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return text


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with quotes wherever they can matter."""

    def ignore_aliases(self, data: Any) -> bool:
        """A value that stands twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    safe = (
        _PLAIN.fullmatch(text)
        and text.lower() not in _YAML_1_1_WORDS
        and isinstance(plain_value(text), str)
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if safe else '"')


_Dumper.add_representer(str, _text)
