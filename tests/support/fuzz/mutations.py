"""Structure-aware damage: one change somewhere in a tree of plain data, or in a text."""

import copy
import json
import math
import re

import yaml

ODD = [
    None, True, False, 0, -1, 1, 2**63, -(2**70), 10**400, 1.5, -0.0, 1e308, math.nan, math.inf,
    "", " ", "0", "-1", "NaN", "x" * 5000, "\x1b]0;owned\x07", "\u202eabc", "a\nb", "\ud800", "é",
    [], {}, [[]], {"": None}, [None] * 50, {"x": {"x": {"x": 1}}},
]  # fmt: skip


def places(tree, at=()):
    """The path of every entry below the top."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in entries:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from places(value, (*at, key))


def damage(tree, random, times=1):
    """A copy in which entries are replaced, removed, doubled, renamed or swapped.

    Args:
        tree: Dictionaries and lists of plain data.
        random: A `random.Random`.
        times: How many changes.
    """
    tree = copy.deepcopy(tree)
    for _ in range(times):
        known = list(places(tree))
        if not known:
            return tree
        *above, key = random.choice(known)
        parent = tree
        for step in above:
            parent = parent[step]
        match random.choice(["replace", "replace", "replace", "remove", "rename", "swap", "nest"]):
            case "replace":
                parent[key] = copy.deepcopy(random.choice(ODD))
            case "remove":
                del parent[key]
            case "rename" if isinstance(parent, dict):
                parent[random.choice(["", "a-b", "\x1b[31m", "0", str(key).upper()])] = parent.pop(
                    key
                )
            case "swap":
                other = random.choice(
                    list(parent) if isinstance(parent, dict) else range(len(parent))
                )
                parent[key], parent[other] = parent[other], parent[key]
            case "nest":
                parent[key] = [parent[key]]
    return tree


def deepened(text, random):
    """A JSON text in which one number is a list of lists without end."""
    numbers = [found.span() for found in re.finditer(r"(?<=[ \[])\d+(?=[,\]}])", text)]
    if not numbers:
        return text
    start, end = random.choice(numbers)
    return text[:start] + "[" * 5000 + "]" * 5000 + text[end:]


def damage_bytes(raw, random):
    """A copy with bits flipped, bytes cut out, doubled or made zero, or the end missing."""
    raw = bytearray(raw)
    if not raw:
        return bytes(raw)
    start = random.randrange(len(raw))
    end = min(len(raw), start + random.choice([1, 2, 16, 500]))
    match random.choice(["flip", "cut", "double", "zero", "end", "insert"]):
        case "flip":
            raw[start] ^= 1 << random.randrange(8)
        case "cut":
            del raw[start:end]
        case "double":
            raw[end:end] = raw[start:end]
        case "zero":
            raw[start:end] = bytes(end - start)
        case "end":
            del raw[start:]
        case "insert":
            raw[start:start] = random.randbytes(random.choice([1, 4, 64]))
    return bytes(raw)


TOKENS = (
    "&a ", "*a", "<<: *a", "<<: [*a, *a]", "!!python/object:os.system ", "!x ", "!!binary ",
    "? ", "- ", ": ", "---\n", "...\n", "%YAML 1.1\n", "|\n", ">-\n", "{", "}", "[", "]", ",", "#",
    "'", '"',
    "\t", "\x00", "\x1b[31m", "\x85", "\u2028", "\ufeff", "\u202e", "\\U00110000", "\r", "@", "`",
    "0x" + "f" * 5000, "9" * 5000, "1e999", ".nan", ".inf", "010", "1:30", "null", "~", "true",
    "no",
    "=1", "$env", "[" * 300, "{a: " * 300, "x" * 3000,
)  # fmt: skip


def damage_text(text, random, times=1):
    """A copy with a word or a line of it replaced, removed, doubled, moved, or something put in."""
    for _ in range(times):
        words = re.findall(r"\s+|[\w.]+|.", text)
        if not words:
            return text
        start = random.randrange(len(words))
        match random.choice(["put", "put", "replace", "remove", "double", "swap", "indent"]):
            case "put":
                words.insert(start, random.choice(TOKENS))
            case "replace":
                words[start] = random.choice(TOKENS)
            case "remove":
                del words[start : start + random.choice([1, 1, 5])]
            case "double":
                words[start:start] = words[start : start + 20]
            case "swap":
                other = random.randrange(len(words))
                words[start], words[other] = words[other], words[start]
            case "indent":
                words[start] = words[start].replace("\n", "\n" + random.choice([" ", "  ", "\t"]))
        text = "".join(words)
    return text


def written(tree, random):
    """A tree as a YAML or JSON text, damaged in one of its entries, its words or its bytes."""
    inside = damage(tree, random, random.choice([0, 1, 1, 1, 2, 3]))
    if random.random() < 0.3:
        text = json.dumps(inside)
    else:
        text = yaml.dump(inside, default_flow_style=random.choice([None, True, False]))
    if random.random() < 0.4:
        text = damage_text(text, random, random.choice([1, 1, 2]))
    if random.random() < 0.02:
        text = deepened(text, random)
    raw = text.encode(errors="surrogatepass")
    return damage_bytes(raw, random) if random.random() < 0.15 else raw
