"""tests/rules.md against the tests: none that it names is missing, and no rule that is due is without one."""

import re


def existing_tests(tree):
    """Names of all tests: TEST(name) on the host, test_name in pytest, fuzz_name of the fuzzers."""
    names = {path.stem for path in tree.code(".c") if path.parent.name == "fuzz"}
    for path in tree.code(".c", ".py"):
        pattern = r"TEST\((\w+)\)" if path.suffix == ".c" else r"def (test_\w+)"
        names |= {match[1] for line in tree.lines(path) if (match := re.match(pattern, line))}
    return names


def rows(lines):
    """(line, id, issue in which it is due, tests) of each rule."""
    for number, line in enumerate(lines, 1):
        row = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(row) >= 3 and row[1].isdigit():
            yield number, row[0], int(row[1]), re.findall(r"`(\w+)`", row[2])


def check_rules(tree):
    path = tree.root / "tests" / "rules.md"
    if not path.exists():
        yield "tests/rules.md is missing"
        return
    lines = tree.lines(path)
    reached = next((int(match[1]) for line in lines if (match := re.match(r"Reached: issue (\d+)", line))), None)
    if reached is None:
        yield "tests/rules.md:1: no line says which issue is reached"
        return
    tests = existing_tests(tree)
    seen = set()
    for number, rule, due, names in rows(lines):
        if rule in seen:
            yield f"tests/rules.md:{number}: {rule} is here twice"
        seen.add(rule)
        if due <= reached and not names:
            yield f"tests/rules.md:{number}: {rule} is due since issue {due} and has no test"
        for name in names:
            if name not in tests:
                yield f"tests/rules.md:{number}: {rule}: there is no test {name}"
