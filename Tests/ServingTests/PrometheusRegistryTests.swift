import CoreMetrics
import Serving
import Testing

@Suite struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry(descriptions: [
        "jobs_total": .init("Jobs done."), "wait_seconds": .init("Waiting.", bounds: [0.5, 1]),
    ])

    @Test func countersOfTheSameNameAndLabelsAreOneSeries() {
        Counter(label: "jobs", dimensions: [("kind", "a")], factory: registry).increment(by: 2)
        Counter(label: "jobs", dimensions: [("kind", "a")], factory: registry).increment()
        Counter(label: "jobs_total", dimensions: [("kind", "b")], factory: registry).increment()
        #expect(
            registry.text == """
                # HELP jobs_total Jobs done.
                # TYPE jobs_total counter
                jobs_total{kind="a"} 3
                jobs_total{kind="b"} 1

                """)
    }

    @Test func timersAreHistogramsOfSeconds() {
        Timer(label: "wait", factory: registry).recordMilliseconds(750)
        #expect(
            registry.text == """
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.5"} 0
                wait_seconds_bucket{le="1"} 1
                wait_seconds_bucket{le="+Inf"} 1
                wait_seconds_sum 0.75
                wait_seconds_count 1

                """)
    }

    @Test func gaugesKeepTheLastValueAndForeignNamesAreMadeFit() {
        let gauge = Gauge(label: "pool.size-now", factory: registry)
        gauge.record(3)
        gauge.record(1.5)
        #expect(registry.text.hasSuffix("# TYPE pool_size_now gauge\npool_size_now 1.5\n"))
    }

    @Test func aNameInUseForAnotherKindBecomesAFamilyOfItsOwn() {
        Gauge(label: "x", factory: registry).record(1)
        Recorder(label: "x", factory: registry).record(2)
        #expect(registry.text.contains("# TYPE x gauge\nx 1\n"))
        #expect(registry.text.contains("# TYPE x_histogram histogram\n"))
    }

    @Test func endedSeriesAreNotWritten() {
        let counter = Counter(label: "jobs", dimensions: [("task", "a")], factory: registry)
        Counter(label: "jobs", dimensions: [("task", "b")], factory: registry).increment()
        Counter(label: "jobs", dimensions: [("task", "c")], factory: registry).increment()
        counter.destroy()
        registry.removeSeries(where: "task", is: "b")
        #expect(!registry.text.contains("task=\"a\"") && !registry.text.contains("task=\"b\""))
        #expect(registry.text.contains("jobs_total{task=\"c\"} 1\n"))
    }
}

extension PrometheusRegistry {
    fileprivate var text: String {
        var text = PrometheusText()
        write(to: &text)
        return text.text
    }
}
