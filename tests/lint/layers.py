"""Who includes whom: down only, by a name alone, and programs nothing of the supervisor."""

import functools
import pathlib
import re
import subprocess

# A layer's headers may be included by itself and by those that name it here.
ARCH = {"arch/base", "arch/sv39", "arch/riscv64", "apps/abi"}
LOWER_LAYERS = {
    "apps/abi": {"apps/abi"},
    "arch/base": {"arch/base", "apps/abi"},
    "arch/sv39": {"arch/sv39", "arch/base", "apps/abi"},
    "arch/riscv64": ARCH,
    "mm": {"mm"} | ARCH,
    "shared": {"shared", "mm"} | ARCH,
    "platform": {"platform"} | ARCH,
    "supervisor": {"supervisor", "shared", "mm", "platform"} | ARCH,
    "apps": {"apps", "apps/abi"},
}
INCLUDE = re.compile(r'\s*#\s*include\s+(["<])([^">]+)[">]')


def includes(lines):
    """(line, quote or angle, name) of each #include."""
    for number, line in enumerate(lines, 1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def is_public(tree, header):
    """In a folder that other folders have on their path."""
    return "include" in header.relative_to(tree.root).parts or tree.layer(header) == "apps/abi"


def find_header(tree, path, quote, name, headers):
    """What of ours an #include means: beside the file, or public in a layer that it may see, or of any layer."""
    found = [header for header in headers.get(name.rpartition("/")[2], ()) if str(header).endswith(f"/{name}")]
    beside = [header for header in found if quote == '"' and header == path.parent / name]
    seen = [header for header in found
            if tree.layer(header) in LOWER_LAYERS[tree.layer(path)] and is_public(tree, header)]
    if quote == "<" and not seen and is_of_library(tree, name):
        return None
    return next(iter(beside + seen + found), None)


@functools.lru_cache(maxsize=None)
def library_folders(tree):
    """Where the compiler and the C library have their headers."""
    command = [f"{tree.cross}gcc", "-print-file-name=include"]
    folders = {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}
    for command in tree.compile_commands().values():
        folders |= set(re.findall(r"-isystem (/\S+)", command))
    return [pathlib.Path(folder) for folder in folders]


def is_of_library(tree, name):
    return any((folder / name).exists() for folder in library_folders(tree))


def check_include(tree, path, number, quote, name, headers):
    place = f"{tree.name(path)}:{number}"
    layer = tree.layer(path)
    if ".." in name.split("/"):
        yield f"{place}: include by a way upwards: {name}"
        return
    if layer not in LOWER_LAYERS:
        return
    header = find_header(tree, path, quote, name, headers)
    if header is None:
        if layer == "apps" and not is_of_library(tree, name):
            yield f"{place}: programs include apps/include, apps/abi, their own folder and the C library, not {name}"
    elif tree.layer(header) not in LOWER_LAYERS[layer]:
        yield f"{place}: {layer} may not include {name}, which is of {tree.layer(header)}"
    elif header.parent != path.parent and not is_public(tree, header) and not is_same_program(tree, header, path):
        yield f"{place}: {name} is private to {tree.name(header.parent)}"


def is_same_program(tree, header, path):
    """Of a layer with one folder of sources, or in the folder above."""
    return tree.layer(header) == tree.layer(path) != "apps" or header.parent in path.parents


def check_layers(tree):
    headers = {}
    for path in tree.code(".h"):
        if tree.layer(path) in LOWER_LAYERS:
            headers.setdefault(path.name, []).append(path)
    for path in tree.code(".c", ".h", ".S"):
        lines = tree.lines(path)
        for number, quote, name in includes(lines):
            yield from check_include(tree, path, number, quote, name, headers)
        if path.suffix == ".c" and tree.layer(path) in LOWER_LAYERS:
            own = [number for number, _, name in includes(lines) if name == path.stem + ".h"]
            first = next(includes(lines), None)
            if own and first[2] != path.stem + ".h":
                yield f"{tree.name(path)}:{own[0]}: its own header is not the first one"
