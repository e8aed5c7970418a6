"""A service on a home that is thrown away, for measurements from outside."""

import atexit
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlparse

STARTUP_LIMIT = 30


class Service:
    """`perennial serve`, from start to readiness; ended and removed when the context ends."""

    def __init__(self, program: Path, worker: bool = True, precision: str = "float32"):
        self.program = program
        self.worker = worker
        self.precision = precision
        self.home = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.seconds_to_ready = 0.0
        atexit.register(self.remove)

    def __enter__(self) -> "Service":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Ends it, and its home with it. At the latest when Python ends."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        """Starts it, or starts it again on the same home. Raises RuntimeError with its log when it does not come up."""
        record = self.home / "service.json"
        record.unlink(missing_ok=True)
        command = [str(self.program), "serve", "--home", str(self.home), "--port", "0", "--quiet"]
        if not self.worker:
            command.append("--no-worker")
        if self.precision != "float32":
            configuration = self.home / "service.yaml"
            configuration.write_text(f"precision: {{serving: {self.precision}, training: {self.precision}}}\n")
            command += ["--config", str(configuration)]
        log = open(self.home / "service.log", "w", encoding="utf-8")
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        while time.perf_counter() - begin < STARTUP_LIMIT:
            if self.process.poll() is not None:
                break
            if record.exists():
                # Written whole once connections are accepted.
                self.url = json.loads(record.read_text())["url"]
                if self.call("GET", "/readyz", check=False)[0] == 200:
                    self.seconds_to_ready = time.perf_counter() - begin
                    return
            time.sleep(0.002)
        raise RuntimeError(f"the service did not start:\n{(self.home / 'service.log').read_text()}")

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.url = ""

    def call(self, method: str, path: str, body: object = None, kind: str = "application/json", check: bool = True):
        """Status and parsed answer; raises RuntimeError with the service's words for anything but success."""
        address = urlparse(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, data, {"content-type": kind} if data is not None else {})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if check and response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {text.decode()}")
        return response.status, json.loads(text) if text[:1] in (b"{", b"[") else text

    # What the rows need of the HTTP contract.

    def make_task(self, name: str, recipe: str = "default") -> None:
        """A task that updates only when asked."""
        policy = {"min_examples": 1_000_000, "recipe": recipe}
        self.call("PUT", f"/v1/tasks/{name}", {"kind": "classify", "update": policy})

    def send(self, name: str, rows: list[dict]) -> None:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        _, report = self.call("POST", f"/v1/tasks/{name}/examples", lines.encode(), "application/x-ndjson")
        if report["accepted"] != len(rows):
            raise RuntimeError(f"{len(rows)} examples sent, {report['accepted']} accepted: {report['errors'][:1]}")

    def request_update(self, name: str) -> str:
        return self.call("POST", f"/v1/tasks/{name}/updates")[1]["id"]

    def update(self, identifier: str) -> dict:
        return self.call("GET", f"/v1/updates/{identifier}")[1]

    def wait(self, identifier: str, *statuses: str) -> dict:
        """The update once it has one of these statuses."""
        while True:
            update = self.update(identifier)
            if update["status"] in statuses:
                return update
            if update["status"] in ("failed", "cancelled"):
                raise RuntimeError(f"the update {update['status']}: {update['error']}")
            time.sleep(0.02)

    def learn(self, name: str, rows: list[dict]) -> dict:
        self.send(name, rows)
        return self.wait(self.request_update(name), "promoted", "rejected")

    def settle(self, name: str, quiet: float = 2.0) -> None:
        """Returns once the analytic head has counted no further example for a while."""
        counted, since = -1, time.perf_counter()
        while time.perf_counter() - since < quiet:
            answer = self.call("POST", f"/v1/tasks/{name}/predict", {"input": "hello"})[1]
            examples = (answer.get("analytic") or {}).get("examples", 0)
            if examples != counted:
                counted, since = examples, time.perf_counter()
            time.sleep(0.2)

    def load(self, name: str, data: Path, **options: object) -> dict:
        """`perennial bench load` on this service."""
        command = [str(self.program), "bench", "load", "--url", self.url, "--task", name, "--data", str(data), "--json"]
        for key, value in options.items():
            command += [f"--{key.replace('_', '-')}", str(value)]
        result = subprocess.run(command, check=True, capture_output=True, text=True)
        answer = json.loads(result.stdout)
        if answer["failed"]:
            raise RuntimeError(f"{answer['failed']} requests failed: {answer.get('first_failure')}")
        return answer

    def memory(self) -> dict:
        """Bytes of the service and of its trainer, pages that both map counted once in the sum."""
        sizes = {}
        for name, pid in [("service", self.process.pid)] + [("trainer", pid) for pid in self.children()]:
            fields = {}
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                key, value = line.split(":")
                fields[key] = int(value.split()[0]) * 1024
            sizes[name] = {"resident": fields["Rss"], "proportional": fields["Pss"], "private": fields["Anonymous"]}
        sizes["sum"] = sum(part["proportional"] for part in sizes.values())
        return sizes

    def children(self) -> list[int]:
        text = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in text for pid in file.read_text().split()]
