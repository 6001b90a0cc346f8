"""The programs that people would use instead, set up as their manuals say for data that must survive."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

from harness.context import compiled, python_of_peers
from harness.errors import BenchError
from harness.processes import Server, free_port, output_of, run_once

HERE = pathlib.Path(__file__).resolve().parent.parent / "peers"
REDIS_STREAM = "sales"

SALES_TABLE = """
CREATE TABLE sales (
  "InvoiceNo" text NOT NULL, "StockCode" text NOT NULL, "Description" text, "Quantity" bigint NOT NULL, "InvoiceDate" timestamp NOT NULL,
  "UnitPrice" numeric(12,3) NOT NULL, "CustomerID" bigint, "Country" text NOT NULL)
"""


def bare_ceiling(context, *options):
    """Our own bare program: what the machine allows."""
    port = free_port()
    file = context.folder("bare") / "log"
    return Server("bare ceiling", [compiled("bare_ceiling"), port, file, *options], port, context.scratch / "bare.log")


def redis(context):
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", context.folder("redis"), "--appendonly", "yes",
               "--appendfsync", "always", "--save", ""]
    return Server("redis", command, port, context.scratch / "redis.log")


def redis_add(server, record, *, connections, requests):
    """XADD of one record a request; returns rate and p99 in milliseconds."""
    command = ["redis-benchmark", "-p", server.port, "-c", connections, "-n", requests, "--csv", "XADD", REDIS_STREAM, "*", "v", record]
    # The first column is the command with its quotes as they are, so the columns are counted from the end:
    # ..., requests a second, average, least, p50, p95, p99, most.
    columns = output_of(command).strip().splitlines()[-1].rstrip('"').rsplit('","', 7)
    return {"rate": float(columns[1]), "p99_ms": float(columns[6])}


def redis_length(server):
    return int(output_of(["redis-cli", "-p", server.port, "XLEN", REDIS_STREAM]))


def fastapi(context):
    """Checks each sale with pydantic and stores nothing."""
    port = free_port()
    command = [python_of_peers(), "-m", "uvicorn", "fastapi_app:app", "--app-dir", HERE, "--host", "127.0.0.1", "--port", port,
               "--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log"]
    return Server("fastapi", command, port, context.scratch / "fastapi.log")


def nginx(context, root):
    """Serves the files of a folder."""
    port = free_port()
    folder = context.folder("nginx")
    user = "user root;" if os.getuid() == 0 else ""  # the scratch folder belongs to whoever runs the bench
    (folder / "nginx.conf").write_text(f"""
{user}
daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=10000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
""")
    return Server("nginx", ["/usr/sbin/nginx", "-c", folder / "nginx.conf"], port, context.scratch / "nginx.log")


class Postgres:
    """One cluster for the whole run, started for each use. Every commit is synced, as it is by default."""

    def __init__(self, context):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not binaries:
            raise BenchError("PostgreSQL is not there: tools/bench-setup")
        self._bin = binaries[-1]
        self._context = context
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.getuid() == 0 else None
        self.folder = context.scratch / "postgres"
        self._data = self.folder / "data"
        if not self._data.exists():
            self._create()

    def _create(self):
        self.folder.mkdir()
        if self._user:
            shutil.chown(self.folder, self._user)
        run_once("initdb", self._as_user([self._bin / "initdb", "-D", self._data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]),
                 self._context.scratch / "initdb.log")

    def _as_user(self, command):
        return ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--init-groups", *command] if self._user else command

    @contextlib.contextmanager
    def serving(self):
        """With an empty table of sales."""
        port = free_port()
        command = [self._bin / "postgres", "-D", self._data, "-p", port, "-c", "listen_addresses=127.0.0.1",
                   "-c", f"unix_socket_directories={self.folder}", "-c", "synchronous_commit=on", "-c", "fsync=on", "-c", "shared_buffers=256MB",
                   "-c", "max_connections=100"]
        probe = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        server = Server("postgres", command, port, self._context.scratch / "postgres.log", user=self._user,
                        ready=lambda: subprocess.run(probe).returncode == 0, stop_signal=signal.SIGINT)
        with server:
            self.sql(server, "DROP TABLE IF EXISTS sales; " + SALES_TABLE)
            yield server

    def sql(self, server, text):
        return output_of([self._bin / "psql", *self._address(server), "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-Atqc", text])

    def pgbench(self, server, script, *, connections, seconds, mode):
        """Transactions a second of a script, connecting not counted."""
        path = self._context.scratch / "pgbench.sql"
        path.write_text(script)
        text = output_of([self._bin / "pgbench", *self._address(server), "-n", "-c", connections, "-j", 1, "-T", seconds, "-M", mode, "-f",
                          path, "postgres"])
        failed = re.search(r"number of failed transactions: (\d+)", text)
        if failed and int(failed[1]):
            raise BenchError(text)
        return float(re.search(r"tps = ([\d.]+)", text)[1])

    def rows(self, server):
        return int(self.sql(server, "SELECT count(*) FROM sales"))

    @staticmethod
    def _address(server):
        return ["-h", "127.0.0.1", "-p", str(server.port), "-U", "bench"]
