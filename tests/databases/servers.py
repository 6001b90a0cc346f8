"""Real database servers for tests: each in a folder of its own, on a socket and a free port of 127.0.0.1, without a word
of a system-wide set-up. Ended by their own process."""
import getpass
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ports import free_port  # noqa: E402

START_SECONDS = 120


def unprivileged(user):
    """Servers refuse to run as root; as anyone else they run as who we are."""
    return user if os.getuid() == 0 else getpass.getuser()


class Server:
    """`with Postgres() as server:` gives a running server; `stop(kill=True)` and `start()` as often as is wanted."""

    user = ""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="db-", dir="/tmp"))
        self.port = free_port()
        self.runs_as = unprivileged(self.user)
        if os.getuid() == 0:
            shutil.chown(self.folder, self.runs_as)
        self.process = None

    def __enter__(self):
        self.set_up()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(kill=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        return ["setpriv", f"--reuid={self.runs_as}", f"--regid={pwd.getpwnam(self.runs_as).pw_gid}", "--clear-groups", *words] if os.getuid() == 0 else list(words)

    def start(self):
        log = open(self.folder / "server.log", "ab")
        self.process = subprocess.Popen(self.command(*self.start_words()), stdout=log, stderr=log, cwd=self.folder,
                                        env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C"})
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server does not start:\n{(self.folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, kill=False):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if kill and self.quits else signal.SIGKILL if kill else signal.SIGTERM)
        self.process.wait(timeout=START_SECONDS)
        self.process = None


class Postgres(Server):
    user = "postgres"
    quits = True          # SIGQUIT is its way to end at once, with its children
    settings = ()

    def binary(self, name):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        return str(found[-1]) if found else name

    def set_up(self):
        password = self.folder / "password"
        password.write_text("s3cret/@word")
        if os.getuid() == 0:
            shutil.chown(password, self.runs_as)
        subprocess.run(self.command(self.binary("initdb"), "-D", str(self.folder / "data"), "-U", "tailrace", "-A", "scram-sha-256", f"--pwfile={password}",
                                    "-E", "UTF8", "--locale=C", "--no-sync"), check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def start_words(self):
        words = [self.binary("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "timezone=America/New_York"]
        for setting in self.settings:
            words += ["-c", setting]
        return words

    def answers(self):
        return subprocess.run([self.binary("pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]).returncode == 0

    def sql(self, text):
        done = subprocess.run([self.binary("psql"), "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port), "-U", "tailrace",
                               "-d", "postgres"], input=text, text=True, capture_output=True, env={**os.environ, "PGPASSWORD": "s3cret/@word"})
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def url(self):
        return f"postgresql://tailrace@127.0.0.1:{self.port}/postgres"

    password = "s3cret/@word"
    kind = "postgres"


class MariaDb(Server):
    user = "mysql"
    quits = False
    settings = ()

    def set_up(self):
        subprocess.run(self.command("mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--auth-root-authentication-method=normal",
                                    "--skip-test-db", f"--user={self.runs_as}"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)

    def start_words(self):
        return ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 'socket'}", f"--port={self.port}",
                "--bind-address=127.0.0.1", f"--pid-file={self.folder / 'pid'}", "--default-time-zone=-05:00", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=16M", *self.settings]

    def answers(self):
        return subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={self.folder / 'socket'}", "-u", "root", "ping"], capture_output=True).returncode == 0

    def sql(self, text):
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.folder / 'socket'}", "-u", "root", "--batch", "--skip-column-names",
                               "--default-character-set=utf8mb4"], input=text, text=True, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def url(self):
        return f"mysql://tailrace@127.0.0.1:{self.port}/shop"

    password = "s3cret/@word"
    kind = "mysql"
