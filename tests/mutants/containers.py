"""Mutants of the files that a recording is handed on in: a capsule (docs/formats/capsule.md), an archive.

What was packed is clean. A changed byte is damage, or nothing that is read; it is never another verdict.
"""
import json
import shutil
import subprocess

from expect import Expect, flipped


def flip(data, random):
    return flipped(data, random), Expect("clean or unjudged")


def flip_head(data, random):
    return flipped(data, random, 0, min(len(data), 8192)), Expect("clean or unjudged")


def cut(data, random):
    # What stands at the end of the file may be nothing that is read.
    return data[:random.randrange(len(data) - 1)], Expect("clean or unjudged")


def blank(data, random):
    """A page of it was never written."""
    at = random.randrange(0, len(data), 4096)
    return data[:at] + bytes(len(data[at:at + 4096])) + data[at + 4096:], Expect("clean or unjudged")


KINDS = [flip, flip_head, cut, blank]


def make(recrank, command, name, scratch):
    """Of what a command replays its capsule and its archive, each with the options that it is replayed with."""
    _, path, *options = command
    engine = options[options.index("--engine"):][:2] if "--engine" in options else []
    capsule, archive = scratch / f"capsule-of-{name}", scratch / f"archive-of-{name}"
    for each in (capsule, archive):
        each.mkdir()
    packed = subprocess.run([recrank, "pack", path, *options, "-o", capsule / "form.crank"], capture_output=True,
                            text=True, check=False)
    if packed.returncode != 0:
        raise SystemExit(f"WRONG pack of {name}: {packed.stderr}")
    subprocess.run(["tar", "-C", path.parent, "-czf", archive / "form.tar.gz", path.name], check=True)
    for each, more in ((capsule, engine), (archive, options)):
        (each / "options").write_text(json.dumps([str(word) for word in more]))
        yield each


def mutate(home, copy, kind, random):
    shutil.copytree(home, copy)
    (file,) = copy.glob("form.*")
    changed, expected = kind(file.read_bytes(), random)
    file.write_bytes(changed)
    return ["replay", file, *json.loads((copy / "options").read_text())], expected, f"{kind.__name__} of {home.name}"
