"""What a checker said of a file, kept under build/ until the file, what it includes, or the checker changes."""

import functools
import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor


@functools.lru_cache(maxsize=None)
def version(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


@functools.lru_cache(maxsize=None)
def digest_and_includes(path):
    """Of one file: a digest of its bytes, and the names that it includes."""
    content = path.read_bytes()
    names = re.findall(rb'^\s*#\s*include\s+["<]([^">]+)[">]', content, re.MULTILINE)
    return hashlib.sha256(content).hexdigest(), tuple(name.decode() for name in names)


def read_files(tree, path, folders):
    """@path and all that it includes from @folders and from beside it, none of it outside of the tree."""
    seen, left = set(), [path]
    while left:
        file = left.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in digest_and_includes(file)[1]:
            found = next((folder / name for folder in (file.parent, *folders) if (folder / name).is_file()), None)
            if found:
                left.append(found)
    return sorted(seen)


def key_of(tree, command, path, configuration):
    """What the answer depends on. The version of the first word stands for the checker and the system's headers."""
    words = [str(word) for word in command]
    folders = [tree.root / word[2:] for word in words if word.startswith("-I")]
    folders += [tree.root / words[i + 1] for i, word in enumerate(words[:-1]) if word in ("-isystem", "-iquote")]
    folders = [folder for folder in folders if tree.root in folder.parents]
    files = read_files(tree, path, folders)
    parts = [version(words[0]), *words, *configuration, *(digest_and_includes(file)[0] for file in files)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def run_cached(tree, name, jobs):
    """
    Yield the lines of each job, in the jobs' order. A job is (command for the key, path, configuration, function that
    gives the lines): the function is called only if the key is not that of the last run.
    """
    store = tree.root / "build" / "lint" / f"{name}.json"
    old = json.loads(store.read_text()) if store.exists() else {}
    keys = [key_of(tree, command, path, configuration) for command, path, configuration, _ in jobs]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = list(pool.map(lambda job, key: old[key] if key in old else job[3](), jobs, keys))
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_text(json.dumps(dict(zip(keys, results))))
    for lines in results:
        yield from lines
