"""What recrank has to say of a mutant, and whether it does."""
import functools
import hashlib
import json
import subprocess

STATUS = {"clean": 0, "diverged": 1, "unjudged": 125}
PATIENCE_S = 300


class Expect:
    """kind: "clean", "diverged" or "unjudged", or two of them with " or " between; fields and index: of a divergence, None: any. uncovered: steps
    that a clean report has to name among those that it leaves out."""

    def __init__(self, kind, step=None, fields=None, index=None, uncovered=()):
        self.kind, self.step, self.fields, self.index, self.uncovered = kind, step, fields, index, uncovered

    def complaint(self, status, report):
        """What is wrong with an answer; empty: nothing."""
        verdict = report.get("verdict") or {}
        kind = verdict.get("kind", "unjudged" if status == 125 else f"status {status}")
        reason = report.get("reason") or verdict.get("reason") or ""
        if kind not in self.kind.split(" or ") or status != STATUS[kind]:
            return f"{kind} (status {status}), not {self.kind}: {reason or verdict}"
        left = [(each["from"], each["to"]) for each in report.get("not_covered", [])]
        unsaid = [step for step in self.uncovered if not any(a <= step <= b for a, b in left)]
        if kind == "clean" and unsaid:
            return f"clean, and that step {unsaid[0]} is left out is not said: {left}"
        if kind != "diverged":
            return ""
        got = (verdict.get("step"), verdict.get("field"), verdict.get("index"))
        if self.step is not None and got[0] != self.step:
            return f"step {got[0]}, not {self.step}"
        if self.fields and got[1] not in self.fields:
            return f"field {got[1]}, not {' or '.join(self.fields)}"
        if self.index is not None and got[2] != self.index:
            return f"index {got[2]}, not {self.index}"
        return ""

    def __str__(self):
        words = [self.kind]
        if self.step is not None:
            words.append(f"at step {self.step}")
        if self.fields:
            words.append(" or ".join(self.fields))
        if self.index is not None:
            words.append(f"index {self.index}")
        return ", ".join(words)


def ask(recrank, *words):
    """The exit status of a command and its JSON report, {} where it wrote none."""
    try:
        done = subprocess.run([recrank, *map(str, words), "--json", "-"], capture_output=True, text=True,
                              timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return -1, {"reason": "it hangs"}
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"reason": done.stderr.strip()}


def named(name, function, *first):
    """A kind of mutant of a function that makes several."""
    kind = functools.partial(function, *first)
    kind.__name__ = name
    return kind


def unchanged(_thing, _random):
    return Expect("clean"), "as it was recorded"


def flipped(data, random, begin=0, end=None):
    """The bytes with one bit changed between two places."""
    changed = bytearray(data)
    changed[random.randrange(begin, len(data) if end is None else end)] ^= 1 << random.randrange(8)
    return bytes(changed)


def state_of(place):
    """Of every file its bytes and when it was changed."""
    return {each.relative_to(place): (each.stat().st_mtime_ns, hashlib.sha256(each.read_bytes()).digest())
            for each in place.rglob("*") if each.is_file()}
