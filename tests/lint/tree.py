"""The sources that are checked: which files there are, their lines, their layers."""

import functools
import importlib.util
import json
import pathlib

CODE_FOLDERS = ("arch", "mm", "shared", "platform", "supervisor", "apps", "tests")
TEXT_SUFFIXES = {".c", ".h", ".S", ".lds", ".ld", ".mk", ".py", ".sh", ".md", ".svg", ".txt", ""}
# Folders that are layers of their own; any other file's layer is its top folder.
SUBLAYERS = ("apps/abi", "arch/base", "arch/sv39", "arch/riscv64")


class Tree:
    """The folder @root with the sources, and @build, where this board's are built."""

    def __init__(self, root, build, cross):
        self.root = pathlib.Path(root).resolve()
        self.build = self.root / build
        self.cross = cross
        self.notes = []

    def note(self, text):
        """Something to show that is no mistake."""
        self.notes.append(text)

    def name(self, path):
        return str(path.relative_to(self.root))

    @functools.lru_cache(maxsize=None)
    def lines(self, path):
        return path.read_text(errors="replace").splitlines()

    @functools.lru_cache(maxsize=None)
    def files(self):
        """All of them, but for what is built and what git keeps."""
        return [path for path in sorted(self.root.rglob("*"))
                if path.is_file() and path.relative_to(self.root).parts[0] not in ("build", ".git")
                and not {"__pycache__", "corpus"} & set(path.parts)]

    def code(self, *suffixes):
        return [path for path in self.files()
                if path.suffix in suffixes and path.relative_to(self.root).parts[0] in CODE_FOLDERS
                and "foreign" not in path.parts]

    def texts(self):
        return [path for path in self.files() if path.suffix in TEXT_SUFFIXES]

    def layer(self, path):
        name = self.name(path)
        return next((layer for layer in SUBLAYERS if name.startswith(layer + "/")), name.partition("/")[0])

    @functools.lru_cache(maxsize=None)
    def compile_commands(self):
        """Command line of each source that is compiled, by its name."""
        path = self.root / "build" / "compile_commands.json"
        entries = json.loads(path.read_text()) if path.exists() else []
        return {entry["file"]: entry["command"] for entry in entries}

    @functools.lru_cache(maxsize=None)
    def table(self, name):
        """tests/lint/NAME.py of the tree that is checked: what is agreed on, with reasons. None when it has none."""
        path = self.root / "tests" / "lint" / f"{name}.py"
        if not path.exists():
            return None
        spec = importlib.util.spec_from_file_location(f"checked_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def functions(lines):
    """(first line, line of {, line of }, head) of each function: clang-format puts these braces into column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start, head = number, head_above(lines, number)
        elif line == "}" and start:
            yield start - len(head), start, number, " ".join(head)
            start = None


def head_above(lines, number):
    """The lines between what is above a function and its opening brace: attributes, type, name, parameters."""
    head = []
    for line in reversed(lines[:number - 1]):
        if not line or line.startswith("#") or line.endswith(("*/", ";", "}")):
            break
        head.insert(0, line.strip())
    return head
