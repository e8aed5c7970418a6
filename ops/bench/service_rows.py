"""Rows of the service, measured from outside: HTTP on this machine, the trainer beside it."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable

from context import Context
from row import Row, only, ratio
from service import Service

#: Requests a second asked of the service while an update is timed or tails are compared: a share of what it can do.
LOAD_SHARE = 0.5


def rows(context: Context) -> list[Row]:
    return [
        tail(context),
        *(update(context, count) for count in (100, 500, 1000)),
        pause(context),
        ingest(context),
        post(context),
        instant(context),
        start(context),
        memory(context),
        *long_stream(context),
    ]


def once(measure: Callable[[int], dict]) -> Callable[[int], dict]:
    """One measurement a round, of which several figures are taken."""
    answers: dict[int, dict] = {}

    def remembered(number: int) -> dict:
        if number not in answers:
            answers[number] = measure(number)
        return answers[number]

    return remembered


def half_load(context: Context, service: Service, task: str) -> float:
    """Half of what 16 clients get who ask again as soon as they are answered, in queries a second."""
    return LOAD_SHARE * service.load(task, context.test, seconds=context.seconds(4))["achieved_rate"]


def tail(context: Context) -> Row:
    @once
    def measure(number: int) -> dict:
        with Service(context.program) as service:
            service.make_task("tail")
            service.learn("tail", context.examples(0, 500))
            rate = half_load(context, service, "tail")
            seconds = context.seconds(8)
            idle = service.load("tail", context.test, rate=rate, seconds=seconds)
            # Enough for the update to outlast the load. The head that counts examples at once is given the time to do
            # so: a flood of them is another load than training.
            service.send("tail", context.examples(500, 8000))
            service.settle("tail")
            running = service.request_update("tail")
            service.wait(running, "training")
            busy = service.load("tail", context.test, rate=rate, seconds=seconds)
            status = service.update(running)["status"]
            if status != "training":
                raise RuntimeError(f"the update was {status} before the load ended")
            service.call("POST", f"/v1/updates/{running}/cancel")
            return {"idle": idle["p99_ms"], "training": busy["p99_ms"], "rate": rate}

    return Row(
        "tail", "p99 of predict at half load while an update trains, against idle", "ms",
        {name: lambda number, name=name: measure(number)[name] for name in ("idle", "training")}
        | {"queries/s": lambda number: measure(number)["rate"]},
        ratio("training", "idle"), "×", at_most=1.5, aim=1.2,
    )  # fmt: skip


def update(context: Context, count: int) -> Row:
    """From the request for an update to its promotion: training with replay, gate, registry."""

    rates: dict[int, float] = {}

    def measure(number: int, loaded: bool, precision: str = "float32") -> float:
        with Service(context.program, precision=precision) as service:
            service.make_task("update")
            service.learn("update", context.examples(0, 1000))
            load = None
            if loaded:
                # What is half the load in float32 is less of it in fewer bits.
                if precision == "float32":
                    rates[number] = half_load(context, service, "update")
                rate = rates[number]
                load = subprocess.Popen(
                    [
                        context.program, "bench", "load", "--url", service.url, "--task", "update", "--data",
                        context.test, "--rate", str(rate), "--seconds", "120", "--json",
                    ],
                    stdout=subprocess.DEVNULL,
                )  # fmt: skip
            try:
                service.send("update", context.examples(1000, count))
                service.settle("update")
                begin = time.perf_counter()
                ended = service.wait(service.request_update("update"), "promoted", "rejected")
                seconds = time.perf_counter() - begin
            finally:
                if load:
                    load.kill()
                    load.wait()
            if ended["status"] != "promoted":
                raise RuntimeError(f"the update was {ended['status']}: {ended['verdict']['reason']}")
            return seconds

    limits = {"at_most": 10, "aim": 5} if count == 500 else {}
    contestants = {"under load": lambda number: measure(number, True), "idle": lambda number: measure(number, False)}
    if "bfloat16" in context.precisions:
        contestants["bfloat16, under that load"] = lambda number: measure(number, True, "bfloat16")
    return Row(
        f"update-{count}", f"{count} new examples with replay to promoted, service at half load", "s", contestants,
        only("under load"), "s", **limits,
    )  # fmt: skip


def pause(context: Context) -> Row:
    """30 new examples by a trainer that ended meanwhile, with what models made of older texts on disk and without."""

    names = ("right after", "after 45 s", "after 45 s, features removed")

    @once
    def measure(number: int) -> dict:
        with Service(context.program) as service:
            service.make_task("pause")
            service.learn("pause", context.examples(0, 6000))
            seconds = {}
            for place, name in enumerate(names):
                if place > 0:
                    time.sleep(45)
                if place == 2:
                    shutil.rmtree(service.home / "features")
                service.send("pause", context.examples(6000 + 30 * place, 30))
                service.settle("pause")
                begin = time.perf_counter()
                ended = service.wait(service.request_update("pause"), "promoted", "rejected")
                seconds[name] = time.perf_counter() - begin
                if ended["status"] != "promoted":
                    raise RuntimeError(f"the update was {ended['status']}: {ended['verdict']['reason']}")
            return seconds

    return Row(
        "update-pause", "30 new examples to promoted after 6,000, the trainer's process started anew", "s",
        {name: lambda number, name=name: measure(number)[name] for name in names},
        only(names[1]), "s",
    )  # fmt: skip


def ingest(context: Context) -> Row:
    def measure(_: int) -> float:
        with Service(context.program, worker=False) as service:
            command = [
                context.program, "bench", "ingest", "--url", service.url, "--data", context.train, "--lines",
                "100000" if context.quick else "400000", "--connections", "2", "--json",
            ]  # fmt: skip
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return json.loads(answer)["examples_per_second"]

    return Row(
        "ingest", "Durable ingest over HTTP, NDJSON, 10,000 lines a request, 2 connections", "examples/s",
        {"Perennial": measure}, only("Perennial"), "examples/s", at_least=50_000, aim=150_000,
    )  # fmt: skip


def post(context: Context) -> Row:
    @once
    def measure(_: int) -> dict:
        with Service(context.program) as service:
            service.make_task("post")
            return service.load("post", context.train, kind="example", rate=1000, seconds=context.seconds(10))

    return Row(
        "post", "POST of one example, durable, at 1,000/s", "ms",
        {"p50": lambda number: measure(number)["p50_ms"], "p99": lambda number: measure(number)["p99_ms"]},
        only("p99"), "ms", at_most=10, aim=3,
    )  # fmt: skip


def instant(context: Context) -> Row:
    """Asked some time after an acknowledgement: how many answers know the example. Sums of the final width."""
    asked = 20 if context.quick else 60

    @once
    def measure(_: int) -> dict:
        with Service(context.program) as service:
            service.make_task("instant", recipe="instant")
            service.learn("instant", context.examples(0, 3000))
            waiting = iter(context.examples(3000, 20 * asked))
            # Sums are solved within moments after an update, before anyone sends an example.
            time.sleep(5)

            def counted() -> int:
                answer = service.call("POST", "/v1/tasks/instant/predict", {"input": "hello"})[1]
                return (answer.get("analytic") or {}).get("examples", 0)

            def share(delay: float) -> float:
                known = learned = 0
                while learned < asked:
                    before = counted()
                    service.call("POST", "/v1/tasks/instant/examples", next(waiting))
                    time.sleep(delay)
                    after = counted()
                    time.sleep(0.3)
                    # What is held out never counts, and one may be held out for another that comes.
                    if counted() != before:
                        learned += 1
                        known += after != before
                return 100 * known / asked

            return {delay: share(delay / 1000) for delay in (10, 25, 50)}

    return Row(
        "instant", "Answers that know an example, asked 50 ms after its acknowledgement", "%",
        {f"after {delay} ms": lambda number, delay=delay: measure(number)[delay] for delay in (10, 25, 50)},
        only("after 50 ms"), "%", at_least=100,
    )  # fmt: skip


def start(context: Context) -> Row:
    def measure(_: int) -> float:
        with Service(context.program) as service:
            return service.seconds_to_ready

    return Row(
        "start", "Start to ready", "s", {"Perennial": measure}, only("Perennial"), "s", at_most=0.5, aim=0.2
    )


def memory(context: Context) -> Row:
    """Once a home: 100 tasks take a while to learn."""
    count = 20 if context.quick else 100
    prepared: list[Service] = []

    def prepare() -> Service:
        service = Service(context.program)
        # As the default, but trained for a moment: what an adapter learned does not change its size. The service reads
        # which recipes there are when it starts.
        (service.home / "recipes").mkdir()
        (service.home / "recipes/moment.yaml").write_text("optimization:\n  min_steps: 1\n")
        service.start()
        for number in range(count):
            service.make_task(f"task-{number}", recipe="moment")
            ended = service.learn(f"task-{number}", context.pair(number, 20))
            if ended["status"] != "promoted":
                raise RuntimeError(f"an update was {ended['status']}: {ended['verdict']['reason']}")
        prepared.append(service)
        return service

    @once
    def measure(number: int) -> dict:
        service = prepared[0] if prepared else prepare()
        service.stop()
        service.start()
        try:
            for number in range(count):
                service.call("POST", f"/v1/tasks/task-{number}/predict", {"input": ["hello", "where is it?"]})
            sizes = service.memory()
        finally:
            service.stop()
        parts = {name: sizes[name]["proportional"] for name in ("service", "trainer")} | {"sum": sizes["sum"]}
        return {name: size / 1e6 for name, size in parts.items()}

    return Row(
        "memory", f"Resident memory of service and trainer with {count} adapters, all queried", "MB",
        {name: lambda number, name=name: measure(number)[name] for name in ("sum", "service", "trainer")},
        only("sum"), "MB", at_most=250, aim=150,
    )  # fmt: skip


def long_stream(context: Context) -> list[Row]:
    @once
    def measure(_: int) -> dict:
        command = [
            context.program, "bench", "updates", "--data", context.train, "--updates",
            "30" if context.quick else "100", "--examples", "100", "--threads", str(context.threads), "--json",
        ]  # fmt: skip
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    last = 30 if context.quick else 100
    return [
        Row(
            f"updates-{what}", f"Update {last} of a stream against the 5th, {what}", unit,
            {
                "5th": lambda number, field=field, scale=scale: measure(number)[f"early_{field}"] * scale,
                f"{last}th": lambda number, field=field, scale=scale: measure(number)[f"late_{field}"] * scale,
            },
            ratio(f"{last}th", "5th"), "×", at_most=1.1, aim=1.0,
        )
        for what, field, unit, scale in (("time", "seconds", "s", 1), ("memory", "resident_bytes", "MB", 1e-6))
    ]  # fmt: skip
