"""The report of `make coverage`: a table by layer, the files with the least coverage, and all that was not reached."""

from measure import LAYERS

WORST_FILES = 15
NO_FIGURE = "-"


class Share:
    """So many of so many."""

    def __init__(self, part=0, whole=0):
        self.part, self.whole = part, whole

    def __add__(self, other):
        return Share(self.part + other.part, self.whole + other.whole)

    def percent(self):
        return 100 * self.part / self.whole if self.whole else 100.0

    def __str__(self):
        return f"{self.percent():.1f} %" if self.whole else NO_FIGURE


def sum_of(shares):
    return sum(shares, Share())


def lines_of(file):
    """Shares (host, target, both) of a file's lines; the host's is of the files that it compiles."""
    count = len(file.lines)
    reached = [sum(counts[side] > 0 for counts in file.lines.values()) for side in (0, 1)]
    both = count - len(file.uncovered_lines())
    return Share(reached[0], count) if file.host else Share(), Share(reached[1], count), Share(both, count)


def branches_of(file):
    """The same of branches; the host's are those that clang sees."""
    host = sum_of(Share(*file.host.branch_counts(number)) for number in file.host.branches) if file.host else Share()
    target = sum_of(Share(*file.target.branch_counts(number)) for number in file.target.branches)
    return host, target, sum_of(Share(*counts) for counts in file.branches.values())


def shares_of(files):
    """Six shares: lines of host, target and both, then branches."""
    each = [lines_of(file) + branches_of(file) for file in files]
    return [sum_of(shares[i] for shares in each) for i in range(6)]


def table(files):
    yield f"{'':<12}{'lines':>10}{'':<21}{'branches':>10}"
    yield f"{'layer':<12}" + f"{'host':>10}{'target':>10}{'both':>10} " * 2
    layers = {layer: [file for name, file in files.items() if name.startswith(f"{layer}/")] for layer in LAYERS}
    for layer, members in (layers | {"all": files.values()}).items():
        cells = [f"{share!s:>10}" for share in shares_of(members)]
        yield f"{layer:<12}{''.join(cells[:3])} {''.join(cells[3:])}"


def worst_files(files):
    """The files with the smallest share of lines reached by host or target; those with all of them are not here."""
    shares = {name: (lines_of(file)[2], branches_of(file)[2]) for name, file in files.items()}
    ordered = sorted(shares.items(), key=lambda item: (item[1][0].percent(), item[1][1].percent()))
    yield f"{'least covered':<32}{'lines':>10}{'branches':>10}{'not reached':>13}"
    for name, (lines, branches) in ordered[:WORST_FILES]:
        yield f"{name:<32}{lines!s:>10}{branches!s:>10}{lines.whole - lines.part:>7} lines"


def missed_branches(file, number):
    """How many of a line's branches each compiler saw taken."""
    taken, count = file.target.branch_counts(number)
    host_taken, host_count = file.host.branch_counts(number) if file.host else (0, 0)
    return f"target {taken} of {count} branches" + (f", host {host_taken} of {host_count}" if host_count else "")


def uncovered(files, root):
    """A line of text for each line that neither reached, and for each whose branches were not all taken."""
    for name, file in files.items():
        source = (root / name).read_text().splitlines()
        missed = set(file.uncovered_lines())
        for number in sorted(missed | set(file.branches)):
            taken, count = file.branches.get(number, (0, 0))
            if number in missed:
                yield f"{name}:{number}: not reached: {source[number - 1].strip()}"
            elif taken < count:
                yield f"{name}:{number}: {missed_branches(file, number)}: {source[number - 1].strip()}"


def summary(files):
    shares = shares_of(files.values())
    return f"coverage: {shares[2]} of lines, {shares[5]} of branches"
