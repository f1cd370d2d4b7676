"""How deep the supervisor's stacks can get: the longest path through the graph of calls, from every entry.

The graph (call_graph.py) does not know where calls through pointers go, how often a function can be on the stack
several times at once, and what is expected to trap: stack_table.py says it, and all that it says is checked.
  - A call through a pointer without a row is an error, and so is a row without such a call.
  - A function whose address is taken and that no row names is an error.
  - A cycle of calls without a bound is an error, and so is a bound on what is in no cycle.
Each stack must hold its deepest path and, where the table says so, a trap at the deepest point.
"""

import functools
import re

from call_graph import CLONE, Graph, Image, StackError

TABLE = "tests/lint/stack_table.py"


class Resolver:
    """What the words of the table mean in this graph."""

    def __init__(self, tree, graph, image):
        self.tree, self.graph, self.image = tree, graph, image
        self.taken = [(where, graph.at[what]) for where, what in image.taken_addresses() if what in graph.at]

    def pointed_to_by(self, name, file):
        """Functions in a table of constants; of several tables with this name, that of @file."""
        found = [symbol for symbol in self.image.symbols if symbol.name == name and not symbol.is_function]
        found = [symbol for symbol in found if symbol.file == file.rpartition("/")[2]] or found
        if len(found) != 1:
            raise StackError(f"{len(found) or 'no'} tables are called {name}")
        start, end = found[0].address, found[0].address + found[0].size
        return {title for where, title in self.taken if start <= where < end}

    def initializers_of(self, member, file):
        """Functions that `.MEMBER = function` names somewhere in the layer of @file."""
        layer, pattern = file.partition("/")[0], re.compile(rf"\.{member} = &?(\w+)\b(?!\()")
        titles = set()
        for path in self.tree.code(".c"):
            if self.tree.name(path).startswith(f"{layer}/"):
                names = pattern.findall("\n".join(self.tree.lines(path)))
                titles |= {title for name in names for title in (f"{self.tree.name(path)}:{name}", name)
                           if title in self.graph.frames}
        if not titles:
            raise StackError(f"nothing in {layer}/ initializes a member {member} with a function")
        return titles

    def targets(self, key, words):
        file = key.partition(" ")[0]  # or the layer
        titles = set()
        for word in words:
            if word.startswith("@"):
                titles |= self.pointed_to_by(word[1:], file)
            elif word.startswith("."):
                titles |= self.initializers_of(word[1:], file)
            else:
                titles.add(self.graph.find(word))
        return titles

    def number(self, value):
        """A number, or `FILE NAME` for a macro that is one."""
        if isinstance(value, int):
            return value
        file, name = value.split()
        for line in self.tree.lines(self.tree.root / file):
            if match := re.match(rf"#define {name} (\d+)u?l?l?\b", line):
                return int(match[1])
        raise StackError(f"{file} defines no number {name}")


def row_of(site, rows):
    """The row for a call that is written so: of this file and expression, or of the layer and the member."""
    file, _, expression = site.partition(" ")
    member = re.search(r"(?:->|\.)(\w+)$", expression)
    return site if site in rows or not member else f"{file.partition('/')[0]} .{member[1]}"


def resolve_calls(resolver, table):
    """Put edges into the graph for calls through pointers, and for traps. Yields what is wrong."""
    graph, targets, named = resolver.graph, {}, set()
    for key, words in table.CALLS.items():
        try:
            targets[key] = resolver.targets(key, words)
        except StackError as error:
            yield f"{TABLE}: {key}: {error}"
            targets[key] = set()
        named |= targets[key]
    used = set()
    for title, sites in graph.sites.items():
        for site, place in sites.items():
            site = row_of(site, targets)
            if site not in targets:
                yield f"{place}: a call through a pointer has no row in {TABLE}: {site}"
            graph.calls[title] |= targets.get(site, set())
            used.add(site)
    for key in table.CALLS.keys() - used:
        yield f"{TABLE}: there is no such call: {key}"
    for name, words in table.TRAPS.items():
        graph.calls[graph.find(name)] |= resolver.targets(name, words)
    entries = {graph.find(name) for _, _, names, _ in table.STACKS.values() for name in names}
    functions = {graph.title_of(symbol) or symbol.name for symbol in resolver.image.symbols if symbol.is_function}
    for title in sorted({title for _, title in resolver.taken} & functions - named - entries):
        yield f"{graph.places.get(title, title)}: the address of {title} is taken, and no row of {TABLE} names it"
    for titles in graph.calls.values():
        titles -= entries  # they go on with another stack


def components(calls, roots):
    """Title -> all that it is in a cycle with, itself too: the strongly connected components (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], {}

    def visit(title):
        index[title] = low[title] = len(index)
        stack.append(title)
        for target in calls[title]:
            if target not in index:
                visit(target)
            if target not in found:
                low[title] = min(low[title], low[target])
        if low[title] == index[title]:
            members = stack[stack.index(title):]
            del stack[stack.index(title):]
            found.update(dict.fromkeys(members, frozenset(members)))

    for root in roots:
        if root not in index:
            visit(root)
    return found


class Depths:
    """The deepest path from each function, @bounds: how often a function can be on the stack at once."""

    def __init__(self, graph, roots, bounds):
        self.graph, self.bounds = graph, bounds
        self.component = components(graph.calls, roots)

    def is_cyclic(self, title):
        return len(self.component.get(title, ())) > 1 or title in self.graph.calls[title]

    @functools.lru_cache(maxsize=None)
    def below(self, title, left=None, path=()):
        """
        (bytes, titles) of the deepest path that begins with @title, or None when it can't be on the stack once more.
        @left has (function, times left) of the bounded functions of its component, @path what was called in there
        since the last one of those: what is called again before the next one has no bound.
        """
        if title not in self.graph.frames:
            raise StackError(f"nothing tells how much stack {title} takes")
        mine = self.component[title]
        times = dict(left) if left is not None else {name: self.bounds[name] for name in mine & self.bounds.keys()}
        if title in times:
            times[title] -= 1
            path = ()
        elif title in path:
            raise StackError("a cycle of calls has no bound: " + ", ".join((*path[path.index(title):], title)))
        if times.get(title, 0) < 0:
            return None
        best = (0, ())
        for target in sorted(self.graph.calls[title]):
            if self.component[target] is mine:
                found = self.below(target, tuple(sorted(times.items())), (*path, title))
            else:
                found = self.below(target)
            if found and found[0] > best[0]:
                best = found
        return self.graph.frames[title] + best[0], (title, *best[1])


def shown(graph, path):
    """Functions with their bytes, those in a row that are one counted."""
    words = []
    for title in path:
        name, size = CLONE.sub("", title).rpartition(":")[2], graph.frames[title]
        if words and words[-1][0] == name:
            words[-1][2] += 1
        elif size:
            words.append([name, size, 1])
    return ", ".join(f"{name} {size}" + (f" x {count}" if count > 1 else "") for name, size, count in words)


def measure(tree, resolver, depths, name, stack):
    """Print the deepest path of one stack; yields that it does not fit."""
    graph, image = resolver.graph, resolver.image
    bottom, top, entries, margin_of = stack
    size = image.address(top) - image.address(bottom)
    deepest, path = max(depths.below(graph.find(entry)) for entry in entries)
    margin = depths.below(graph.find(margin_of))[0] if margin_of else 0
    more = f" and {margin} for a trap on top of that," if margin else ""
    text = f"{name} stack: {deepest} bytes at most,{more} of {size}"
    tree.note(f"{text}: {shown(graph, path)}")
    if deepest + margin > size:
        yield f"{TABLE}: {text}: {shown(graph, path)}"


def read_graph(tree):
    graph, image = Graph(), Image(tree.cross, tree.build / "pando.linked")
    for path in sorted((tree.build / "pando").rglob("*.ci")):
        # What is no longer a source has left its file behind.
        if (tree.root / path.relative_to(tree.build / "pando")).with_suffix(".c").exists():
            graph.read_call_graph(path.read_text(), lambda name, line: tree.lines(tree.root / name)[line - 1])
    graph.read_image(image)
    return graph, image


def check_stack(tree):
    table = tree.table("stack_table")
    try:
        graph, image = read_graph(tree)
        resolver = Resolver(tree, graph, image)
        yield from resolve_calls(resolver, table)
        bounds = {graph.find(name): resolver.number(value) for name, value in table.BOUNDS.items()}
        roots = [graph.find(name) for _, _, names, margin in table.STACKS.values()
                 for name in names + [margin] * bool(margin)]
        depths = Depths(graph, roots, bounds)
        for title in bounds:
            if not depths.is_cyclic(title):
                yield f"{TABLE}: {title} is in no cycle of calls"
        for name, stack in table.STACKS.items():
            yield from measure(tree, resolver, depths, name, stack)
    except StackError as error:
        yield f"{TABLE}: {error}"
