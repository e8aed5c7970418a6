import CoreMetrics
import Schema
import Synchronization

/// What this process counted since it started, through swift-metrics.
///
/// What the trainer knows (updates, versions, forgetting, replay) is read from the store when metrics are asked for;
/// see ``MetricsRoute``.
public final class ServiceMetrics: Sendable {
    /// Where the series are kept. `MetricsSystem.bootstrap` with it adds what libraries and other stages count.
    public let registry = PrometheusRegistry(descriptions: [
        "perennial_requests_total": .init("HTTP requests answered."),
        "perennial_request_duration_seconds": .init("Time from a request's head to its answer."),
        "perennial_batch_inputs": .init("Inputs in a batch of the inference engine.", bounds: Histogram.inputs),
        "perennial_batch_duration_seconds": .init("Time a batch took."),
        "perennial_inference_tokens_total": .init("Tokens that went through the model."),
        "perennial_examples_total": .init("Examples received, by outcome."),
        "perennial_adapter_loads_total": .init("Adapters put into service."),
        "perennial_adapter_load_failures_total": .init("Adapters that did not load."),
    ])
    private let batchInputs: Recorder
    private let batchDuration: Timer
    private let tokens: Counter
    private let adapterLoads: Counter
    private let adapterFailures: Counter
    private let predictions = Mutex(Histogram(bounds: Histogram.seconds))

    /// Answers of ``predictionRoute`` by how long they took.
    var predictionLatency: LatencyHistogram {
        predictions.withLock { LatencyHistogram(bounds: $0.bounds, counts: $0.counts) }
    }

    private static let predictionRoute = "/v1/tasks/{task}/predict"

    public init() {
        batchInputs = Recorder(label: "perennial_batch_inputs", factory: registry)
        batchDuration = Timer(label: "perennial_batch_duration", factory: registry)
        tokens = Counter(label: "perennial_inference_tokens", factory: registry)
        adapterLoads = Counter(label: "perennial_adapter_loads", factory: registry)
        adapterFailures = Counter(label: "perennial_adapter_load_failures", factory: registry)
        registry.announce("perennial_requests_total", .counter)
        registry.announce("perennial_request_duration_seconds", .histogram)
        registry.announce("perennial_examples_total", .counter)
    }

    /// - Parameter route: a template such as `/v1/tasks/{task}`; paths that match none share one value, so that there
    ///   are finitely many.
    func requestEnded(method: String, route: String, status: Int, seconds: Double) {
        if route == Self.predictionRoute { predictions.withLock { $0.observe(seconds) } }
        Counter(
            label: "perennial_requests", dimensions: [("method", method), ("route", route), ("status", "\(status)")],
            factory: registry
        ).increment()
        Timer(label: "perennial_request_duration", dimensions: [("route", route)], factory: registry)
            .recordNanoseconds(Int64(seconds * 1e9))
    }

    func batchRan(inputs: Int, tokens: Int, seconds: Double) {
        batchInputs.record(inputs)
        batchDuration.recordNanoseconds(Int64(seconds * 1e9))
        self.tokens.increment(by: tokens)
    }

    /// A deleted task's series end.
    func forget(_ task: TaskName) { registry.removeSeries(where: "task", is: task.rawValue) }

    func adapterLoaded() { adapterLoads.increment() }
    func adapterFailed() { adapterFailures.increment() }

    /// Counts what became of an ingest.
    func ingested(_ report: IngestReport, task: TaskName) { report.count(task: task, factory: registry) }
}
