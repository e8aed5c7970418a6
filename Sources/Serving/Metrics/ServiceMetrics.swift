import Schema
import Synchronization

/// What this process counted since it started.
///
/// What the trainer knows (updates, versions, forgetting, replay) is read from the store when metrics are asked for;
/// see ``MetricsRoute``.
public final class ServiceMetrics: Sendable {
    private struct RequestKey: Hashable {
        var method: String
        /// Template such as `/v1/tasks/{task}`; paths that match none share one value, so there are finitely many.
        var route: String
        var status: Int
    }

    private struct State {
        var requests: [RequestKey: Int] = [:]
        var latencies: [String: Histogram] = [:]
        var batchInputs = Histogram(bounds: Histogram.inputs)
        var batchSeconds = Histogram(bounds: Histogram.seconds)
        var tokens = 0
        var examples: [TaskName: IngestReport] = [:]
        var adapterLoads = 0
        var adapterFailures = 0
    }

    private let state = Mutex(State())

    public init() {}

    func requestEnded(method: String, route: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[RequestKey(method: method, route: route, status: status), default: 0] += 1
            state.latencies[route, default: Histogram(bounds: Histogram.seconds)].observe(seconds)
        }
    }

    func batchRan(inputs: Int, tokens: Int, seconds: Double) {
        state.withLock { state in
            state.batchInputs.observe(Double(inputs))
            state.batchSeconds.observe(seconds)
            state.tokens += tokens
        }
    }

    /// Counts what became of an ingest, over HTTP or from files.
    public func ingested(_ report: IngestReport, task: TaskName) {
        state.withLock { state in
            var counts = report
            counts.errors = []
            state.examples[task, default: IngestReport()].merge(counts)
        }
    }

    /// A deleted task's series end.
    func forget(_ task: TaskName) { state.withLock { $0.examples[task] = nil } }

    func adapterLoaded() { state.withLock { $0.adapterLoads += 1 } }
    func adapterFailed() { state.withLock { $0.adapterFailures += 1 } }

    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.family("perennial_requests_total", .counter, "HTTP requests answered.")
        for (key, count) in state.requests.sorted(by: {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }) {
            text.sample(
                "perennial_requests_total",
                [("method", key.method), ("route", key.route), ("status", String(key.status))], count)
        }
        text.family("perennial_request_duration_seconds", .histogram, "Time from a request's head to its answer.")
        for (route, histogram) in state.latencies.sorted(by: { $0.key < $1.key }) {
            text.histogram("perennial_request_duration_seconds", [("route", route)], histogram)
        }
        text.family("perennial_batch_inputs", .histogram, "Inputs in a batch of the inference engine.")
        text.histogram("perennial_batch_inputs", [], state.batchInputs)
        text.family("perennial_batch_duration_seconds", .histogram, "Time a batch took.")
        text.histogram("perennial_batch_duration_seconds", [], state.batchSeconds)
        text.family("perennial_inference_tokens_total", .counter, "Tokens that went through the model.")
        text.sample("perennial_inference_tokens_total", [], state.tokens)
        text.family("perennial_examples_total", .counter, "Examples received, by outcome.")
        for (task, report) in state.examples.sorted(by: { $0.key < $1.key }) {
            let outcomes = [
                ("accepted", report.accepted), ("duplicate", report.duplicates), ("rejected", report.rejected),
            ]
            for (outcome, count) in outcomes {
                text.sample("perennial_examples_total", [("task", task.rawValue), ("outcome", outcome)], count)
            }
        }
        text.family("perennial_adapter_loads_total", .counter, "Adapters put into service.")
        text.sample("perennial_adapter_loads_total", [], state.adapterLoads)
        text.family("perennial_adapter_load_failures_total", .counter, "Adapters that did not load.")
        text.sample("perennial_adapter_load_failures_total", [], state.adapterFailures)
    }
}
