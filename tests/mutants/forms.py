"""One history in other forms, and begun elsewhere: all of them have to give one verdict."""
import shutil
import subprocess
from random import Random

import store
from expect import ask


def essence(status, report):
    """What must not change with the form."""
    verdict = report.get("verdict") or {}
    return status, verdict.get("kind"), verdict.get("step"), verdict.get("field"), verdict.get("index")


def forms(recrank, kernel, scratch, vat):
    """Name and path of each form of a store."""
    yield "itself", kernel
    capsule = scratch / "form.crank"
    capsule.unlink(missing_ok=True)
    subprocess.run([recrank, "pack", kernel, "--vat", vat, "-o", capsule], capture_output=True, check=False)
    if capsule.exists():
        yield "its capsule", capsule
    archive = scratch / "form.tar.gz"
    subprocess.run(["tar", "-C", kernel, "-czf", archive, "."], check=True)
    yield "its archive", archive
    copy = scratch / "form-copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    subprocess.run([recrank, "snapshot", kernel, "-o", copy / "swingstore.sqlite"], check=True, capture_output=True)
    yield "its snapshot", copy


def disagreements(recrank, kernel, scratch, vat, checkpoints):
    """Lines about forms and beginnings whose verdict is another than that of the store itself."""
    wrong, wanted, asked = [], None, 0
    for name, path in forms(recrank, kernel, scratch, vat):
        words = ["replay", path] if str(path).endswith(".crank") else ["replay", path, "--vat", vat]
        got = essence(*ask(recrank, *words))
        asked += 1
        wanted = wanted or got
        if got != wanted:
            wrong.append(f"{name}: {got}, not {wanted}")
    last = wanted[2]
    for begin in checkpoints:
        if last is not None and begin > last:
            continue
        got = essence(*ask(recrank, "replay", kernel, "--vat", vat, "--from", begin))
        asked += 1
        if got != wanted:
            wrong.append(f"from {begin}: {got}, not {wanted}")
    return wrong, asked


def of_store(mutate, recrank, kernel, scratch, kind, seed):
    """Forms of a mutant of a store."""
    changed = scratch / "kernel"
    words, expected, label = mutate(kernel, changed, kind, Random(seed))
    vat = words[words.index("--vat") + 1]
    opened = store.Store(changed, scratch / "look")
    checkpoints = [start for start, _, _ in opened.spans(vat) if start]
    opened.close()
    wrong, _ = disagreements(recrank, changed, scratch, vat, checkpoints[:3])
    return "forms: " + label, "one verdict", "; ".join(wrong)


def forms_of_node(system, recrank, command, scratch):
    """Name and command of each form of a recording of one subject."""
    yield "itself", command
    _, path, *options = command
    archive = scratch / "form.tar.gz"
    subprocess.run(["tar", "-C", path.parent, "-czf", archive, path.name], check=True)
    yield "its archive", ["replay", archive, *options]
    capsule = scratch / "form.crank"
    packed = subprocess.run([recrank, "pack", path, *options, "-o", capsule], capture_output=True, text=True,
                            check=False)
    # Whoever replays it has the engine; where it begins it says itself.
    engine = options[options.index("--engine"):][:2] if "--engine" in options else []
    yield ("its capsule" if capsule.exists() else "no capsule: " + packed.stderr), ["replay", capsule, *engine]
    for more in system.BEGINNINGS:
        yield " ".join(more), [*command, *more]


def of_home(system, recrank, home, scratch, kind, seed):
    """Forms of a mutant of a node, and of what it was."""
    command, expected, words = system.mutate(home, scratch / "mutant", kind, Random(seed))
    wrong, wanted = [], None
    for name, words_of_form in forms_of_node(system, recrank, command, scratch):
        got = essence(*ask(recrank, *words_of_form))
        wanted = wanted or got
        begins = int(words_of_form[-1]) if words_of_form[-2] == "--from" else 0
        if got != wanted and (wanted[2] is None or wanted[2] >= begins):
            wrong.append(f"{name}: {got}, not {wanted}")
    if wanted[1] != expected.kind:
        wrong.append(f"itself: {wanted}, not {expected}")
    return f"forms: {words}", "one verdict", "; ".join(wrong)
