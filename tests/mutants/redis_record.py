"""A Redis append-only directory that a real server writes, and what it holds."""
import os
import shutil
import socket
import subprocess
import time

BASE, LOG, MANIFEST, DIGESTS = ("appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest",
                                "digests")


def resp(*words):
    parts = [each if isinstance(each, bytes) else str(each).encode() for each in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in parts)


class Server:
    def __init__(self, place):
        self.place = place
        place.mkdir()
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", "s", "--appendonly", "yes", "--appendfsync", "always",
             "--save", "", "--enable-debug-command", "yes", "--logfile", "log"], cwd=place)
        here = os.getcwd()
        for left in range(1000, -1, -1):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                os.chdir(place)  # the path of a socket may not be long
                self.socket.connect("s")
                break
            except OSError:
                if not left:
                    raise
                time.sleep(0.01)
            finally:
                os.chdir(here)
        self.answers = self.socket.makefile("rb")

    def tell(self, *words):
        self.socket.sendall(resp(*words))
        return self.answer()

    def answer(self):
        line = self.answers.readline()
        if line[:1] == b"$" and line[1:2] != b"-":
            return self.answers.read(int(line[1:]) + 2)[:-2]
        if line[:1] == b"*":
            return [self.answer() for _ in range(int(line[1:]))]
        return line[1:].strip()

    def rewrite(self):
        self.tell("BGREWRITEAOF")
        while len(list((self.place / "appendonlydir").glob("appendonly*"))) != 3 or b"in_progress:1" in self.tell(
                "INFO", "persistence"):
            time.sleep(0.01)

    def note_digest(self, place):
        log = next(place.glob("*.incr.aof"))
        with open(place / DIGESTS, "a") as file:
            file.write(f"{log.name} {log.stat().st_size} {self.tell('DEBUG', 'DIGEST').decode()}\n")

    def stop(self):
        self.socket.sendall(resp("SHUTDOWN", "NOSAVE"))
        self.process.wait()


def record(place):
    server = Server(place / "server")
    directory = place / "server" / "appendonlydir"
    server.tell("SET", "founded", "2021")
    server.tell("RPUSH", "old", "a", "b", "c")
    server.rewrite()
    for i in range(6):
        server.tell("SET", f"key{i}", "v" * (i + 1))
        server.tell("RPUSH", "orders", f"o{i}")
        server.note_digest(directory)
        server.tell("HSET", "customer", f"name{i}", b"\0\r\n\xff" + bytes([i]))
        server.tell("INCRBY", "founded", i + 1)
        server.tell("MULTI")
        server.tell("SADD", "members", f"m{i}")
        server.tell("LPOP", "orders")
        server.tell("EXEC")
        server.note_digest(directory)
    server.stop()
    shutil.move(directory, place / "appendonlydir")
    shutil.rmtree(place / "server")


class Command:
    def __init__(self, data, begin):
        self.begin, at = begin, data.index(b"\n", begin) + 1
        self.lengths, self.words, self.texts = [(begin + 1, at - 2)], [], []
        for _ in range(int(data[begin + 1:at])):
            end = data.index(b"\n", at) + 1
            size = int(data[at + 1:end])
            self.lengths.append((at + 1, end - 2))
            self.words.append((end, end + size))
            self.texts.append(bytes(data[end:end + size]))
            at = end + size + 2
        self.end = at


class Log:
    """The commands of a directory, and which of them a digest follows."""

    def __init__(self, path):
        self.path = path
        self.data = (path / LOG).read_bytes()
        self.commands, at = [], 0
        while at < len(self.data):
            self.commands.append(Command(self.data, at))
            at = self.commands[-1].end
        lines = (path / DIGESTS).read_text().split("\n")[:-1]
        self.digests = [(int(line.split()[1]), line.split()[2]) for line in lines]

    def digest_from(self, step):
        """The step of the first digest that is taken behind a command."""
        ends = {each.end: i for i, each in enumerate(self.commands)}
        return min((ends[size] for size, _ in self.digests if ends[size] >= step), default=None)

    def in_transaction(self, step):
        names = [each.texts[0] for each in self.commands[:step + 1]]
        return b"MULTI" in names and names[::-1].index(b"MULTI") < (names[::-1] + [b"EXEC"]).index(b"EXEC")

    def put(self, data):
        (self.path / LOG).write_bytes(data)

    def put_digests(self, digests):
        (self.path / DIGESTS).write_text("".join(f"{LOG} {size} {digest}\n" for size, digest in digests))

    def put_moved(self, data, begin, by):
        """With every size behind a place moved, as if it had always been so."""
        self.put(data)
        self.put_digests([(size + (by if size > begin else 0), digest) for size, digest in self.digests])
