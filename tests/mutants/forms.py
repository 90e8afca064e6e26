"""One history in other forms, and begun elsewhere: all of them have to give one verdict."""
import shutil
import subprocess

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
