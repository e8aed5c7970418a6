#!/usr/bin/env python3
"""Checks alert rules and the Grafana dashboard against a running service, with the real Prometheus.

    ops/prometheus/check.py http://127.0.0.1:8088

Wants `prometheus` and `promtool` on the path (Debian: apt-get install prometheus). Checks the syntax of the rules, runs
their tests, checks what the service exposes, lets Prometheus scrape it, and asks every query of the rules and the
dashboard. A query fails when Prometheus refuses it, or when it names a metric that the service does not expose.
"""
import json, os, re, signal, socket, subprocess, sys, tempfile, time, urllib.parse, urllib.request

here = os.path.dirname(os.path.abspath(__file__))


def run(*command, **options):
    print("$", " ".join(command))
    subprocess.run(command, check=True, **options)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def expressions():
    """(where it stands, query) of every alert, panel, variable and annotation."""
    with open(f"{here}/rules.yml") as file:
        for name, expression in re.findall(r"- alert: (\w+)\n\s+expr: (.+)", file.read()):
            yield f"alert {name}", expression
    with open(f"{here}/../grafana/perennial.json") as file:
        board = json.load(file)
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['title']}", target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", re.match(r"label_values\((.+), \w+\)", variable["definition"])[1]
    for annotation in board["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"]


def main(service):
    run("promtool", "check", "rules", f"{here}/rules.yml")
    run("promtool", "test", "rules", f"{here}/rules_test.yml")
    exposed = get(f"{service}/metrics")
    run("promtool", "check", "metrics", input=exposed.encode())
    families = set(re.findall(r"^# TYPE (\S+)", exposed, re.M))

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        host = urllib.parse.urlparse(service).netloc
        with open(f"{home}/prometheus.yml", "w") as file:
            file.write(
                "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                f"rule_files: ['{here}/rules.yml']\n"
                f"scrape_configs: [{{job_name: perennial, static_configs: [{{targets: ['{host}']}}]}}]\n"
            )
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        try:
            base = f"http://127.0.0.1:{port}/api/v1"
            ask = lambda query: json.loads(get(f"{base}/query?" + urllib.parse.urlencode({"query": query})))["data"]["result"]
            for _ in range(60):
                try:
                    if ask("count_over_time(perennial_ready[1m]) > 4"):
                        break
                except OSError:
                    pass
                time.sleep(0.5)
            else:
                sys.exit("Prometheus has not scraped the service within 30 seconds")
            failures = 0
            for place, query in expressions():
                concrete = query.replace("$instance", ".*").replace("$task", ".*")
                names = set(re.findall(r"perennial_\w+", concrete))
                missing = {name for name in names if re.sub(r"_(bucket|sum|count)$", "", name) not in families}
                try:
                    result = f"{len(ask(concrete))} series"
                except Exception as error:
                    result, missing = f"refused: {error}", missing or {"-"}
                failures += bool(missing)
                print(f"{'FAILED' if missing else 'ok':6} {place}: {result}", *sorted(missing))
            rules = json.loads(get(f"{base}/rules"))["data"]["groups"]
            for rule in (rule for group in rules for rule in group["rules"]):
                if rule["health"] == "err":
                    failures += 1
                    print("FAILED rule", rule["name"], rule.get("lastError"))
            sys.exit(f"{failures} failed" if failures else 0)
        finally:
            prometheus.send_signal(signal.SIGTERM)
            prometheus.wait()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"))
