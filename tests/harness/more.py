# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What some tests need beside an instance: its database, further processes of a service, services without an instance."""
import contextlib
import os
import pathlib
import subprocess

import zmq

from harness import utarg as harness


def postgres_bin():
    return sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[4]))[-1]


def conninfo(stack, role="utarg_owner", database="utarg"):
    directory = harness.json.loads((stack.data / "state.json").read_text())["socket_directory"]
    return f"host={directory} port=5432 dbname={database} user={role} passfile={stack.data}/secrets/{role}.pgpass"


def sql(stack, text, role="utarg_owner", database="utarg"):
    """Runs statements one by one and returns what they print."""
    done = subprocess.run(
        [str(postgres_bin() / "psql"), "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", conninfo(stack, role, database)],
        input=text, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def stats(stack, service, process=None):
    """name -> value, of the instance's own service or of another process."""
    client = process.asker() if process else stack.asker(service)
    return {counter.name: counter.value for counter in client.ask(stats={}).stats.counters}


def keys(folder):
    """Server, services' and operator's keys in a folder, as `utarg migrate --keys` leaves them (which makes them known)."""
    folder = pathlib.Path(folder)
    if not (folder / "server.key_secret").exists():
        server, secret = zmq.curve_keypair()
        _certificate(folder / "server.key_secret", "server", server, secret, server)
        _certificate(folder / "server.key_public", "server", server, None, server)
        for name in (*harness.PORTS, "operator"):
            _certificate(folder / f"{name}.key", name, *zmq.curve_keypair(), server)
    return folder


def _certificate(path, name, public, secret, server):
    lines = ["metadata", f'    name = "{name}"', f'    server-key = "{server.decode()}"', "curve", f'    public-key = "{public.decode()}"']
    path.write_text("\n".join(lines + ([f'    secret-key = "{secret.decode()}"'] if secret else [])) + "\n")
    path.chmod(0o600 if secret else 0o644)


def key_file(folder):
    """The pseudonyms' key of the instance that the folder is or lies in; without one, a key of its own."""
    for place in (pathlib.Path(folder), pathlib.Path(folder).parent):
        if (path := place / "secrets/pseudonym.key").exists():
            return path
    path = pathlib.Path(folder) / "pseudonym.key"
    if not path.exists():
        path.touch(0o600)
        path.write_text("5a" * 32 + "\n")
    return path


class Process:
    """A service of its own, with ports, keys and a log of its own, on any database. As a context manager it ends after.
    Its keys lie in `folder` (made there unless an instance's are): its own can always ask how it is."""

    def __init__(self, service, database, folder, options=(), environment=()):
        self.service, self.folder = service, pathlib.Path(folder)
        self.offset, self._lock = harness.take_offset()
        self._clients, self._asker = contextlib.ExitStack(), None
        self.log_path = self.folder / f"{service}-{self.offset}.log"
        instances = [place / "secrets" for place in (self.folder, self.folder.parent)]
        self.keys = next((place for place in instances if (place / "server.key_secret").exists()), None) or keys(self.folder)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("UTARG_", "PG"))}
        if service == "ingest" and not any(option.startswith("--pseudonym-key=") for option in options):
            options = [*options, f"--pseudonym-key={key_file(self.folder)}"]
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [str(harness.BIN / f"utarg-{service}"), f"--port-offset={self.offset}", f"--database={database}",
                 f"--server-key-file={self.keys}/server.key_secret", f"--key-file={self.keys}/{service}.key", *options],
                stdout=log, stderr=log, env=kept | dict(environment),
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._clients.close()
        self.end()
        self._lock.close()

    def end(self):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(harness.TIMEOUT_S)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def endpoint(self, publishes=False):
        return f"tcp://127.0.0.1:{harness.PORTS[self.service] + self.offset + (1 if publishes else 0)}"

    def key(self, name=None):
        public = next(place for place in (self.keys / "server.key_public", self.keys.parent / "server.key_public") if place.exists())
        return harness.Key(self.keys / f"{name or self.service}.key", public)

    def asker(self):
        """One a process: tests ask in loops."""
        if self._asker is None:
            self._asker = self._clients.enter_context(harness.Asker(self.endpoint(), self.key()))
        return self._asker

    def publisher(self):
        return self._clients.enter_context(harness.Publisher(self.endpoint(), self.key("operator")))

    def ready(self):
        """(ready, reason)."""
        reply = self.asker().ask(ready={}).ready
        return reply.ready, reply.reason

    def wait_ready(self, wanted=True, sentence=""):
        return harness.wait_until(
            lambda: (now := self.ready())[0] == wanted and sentence in now[1] and now, what=f"{self.service} {sentence}"
        )


@contextlib.contextmanager
def another(stack, service):
    """One more process of a service on the instance's database, hearing the instance's doorbells."""
    # Doorbells come by port offset; the sweep finds the rest.
    with Process(service, conninfo(stack, f"utarg_{service}"), stack.data) as process:
        yield process
