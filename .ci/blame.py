"""What broke, by dependency: the failures of a run of the tests beside the versions that changed.

A failure is put down to the package whose code is deepest in its traceback, so to the one that
raised or was called last; where no package's code is, to those that the tests' folder is about.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from xml.etree import ElementTree

INSTALLED = re.compile(r"site-packages/((\w+)[\w./]*)")
TESTERS = {"pytest", "_pytest", "pluggy", "xdist", "execnet", "hypothesis", "jaxtyping", "beartype"}
ABOUT = {"ibm": "qiskit-ibm-runtime", "braket": "amazon-braket-sdk"}


def versions(text: str) -> dict[str, set[str]]:
    """Versions by distribution, of a lock or of what `pip freeze` says."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found[canonical(name)].add(version.split("+")[0])
    return found


def canonical(name: str) -> str:
    """As the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def blame(traceback: str, test: str) -> str:
    """The distribution that a failure is put down to."""
    places = [each for each in INSTALLED.findall(traceback) if each[1] not in TESTERS]
    if places:
        file, module = places[-1]
        owners = packages_distributions().get(module, [module])
        # several may share a package: the file's own, if it is listed
        own = (each for each in owners if len(owners) > 1 and _holds(each, file))
        return canonical(next(own, owners[0]))
    about = next((ABOUT[part] for part in re.split(r"[./]", test) if part in ABOUT), None)
    return f"{about} (by the test's folder)" if about else "no package: see the log"


def _holds(name: str, file: str) -> bool:
    try:
        return any(each.as_posix() == file for each in distribution(name).files or ())
    except PackageNotFoundError:
        return False


def report(junit: str, installed: str, lock: str) -> list[str]:
    """Lines for people: what changed, then what broke.

    Args:
        junit: The tests' results as JUnit XML.
        installed: What `pip freeze` says.
        lock: The versions with which the tests pass.
    """
    here, locked = versions(installed), versions(lock)
    changed = {name: found for name, found in here.items() if not found <= locked[name]}
    lines = [
        f"{name}: {', '.join(sorted(locked[name])) or 'not locked'} -> {', '.join(sorted(found))}"
        for name, found in sorted(changed.items())
    ]
    broke: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for case in ElementTree.fromstring(junit).iter("testcase"):
        for bad in [*case.iter("failure"), *case.iter("error")]:
            test = f"{case.get('classname')}.{case.get('name')}"
            said = (bad.get("message") or "").splitlines()
            broke[blame(bad.text or "", test)].append((test, said[0] if said else ""))
    lines += ["", "nothing broke" if not broke else "broken, by dependency:"]
    for name, tests in sorted(broke.items(), key=lambda item: -len(item[1])):
        package = name.split(" ")[0]
        was, found = (", ".join(sorted(each.get(package, ()))) for each in (locked, here))
        if package not in here:
            state = ""
        elif package in changed:
            state = f", {was or 'not locked'} -> {found}"
        else:
            state = f", {found} as locked"
        lines.append(f"  {name}{state}: {len(tests)}")
        lines += [f"    {test}: {said[:160]}" for test, said in tests[:5]]
    return lines


if __name__ == "__main__":
    print("\n".join(report(*(Path(each).read_text() for each in sys.argv[1:4]))))
