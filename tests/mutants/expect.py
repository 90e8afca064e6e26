"""What recrank has to say of a mutant, and whether it does."""
import json
import subprocess

STATUS = {"clean": 0, "diverged": 1, "unjudged": 125}


class Expect:
    """kind: "clean", "diverged" or "unjudged"; fields and index: of a divergence, None: any."""

    def __init__(self, kind, step=None, fields=None, index=None):
        self.kind, self.step, self.fields, self.index = kind, step, fields, index

    def complaint(self, status, report):
        """What is wrong with an answer; empty: nothing."""
        verdict = report.get("verdict") or {}
        kind = verdict.get("kind", "unjudged" if status == 125 else f"status {status}")
        if kind != self.kind or status != STATUS[self.kind]:
            return f"{kind} (status {status}), not {self.kind}: {report.get('reason') or verdict}"
        if self.kind != "diverged":
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
    done = subprocess.run([recrank, *map(str, words), "--json", "-"], capture_output=True, text=True,
                          timeout=300)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"reason": done.stderr.strip()}
