import Hummingbird
import Schema
import Store

/// `GET /metrics`: what this process counted, and what the store knows of learning, in Prometheus' text format.
struct MetricsRoute: Sendable {
    let store: Store
    let engine: InferenceEngine
    let refresher: SnapshotRefresher
    let metrics: ServiceMetrics
    let reporter: Reporter
    let drift: DriftMonitor

    func add(to router: Router<ServiceContext>) {
        router.resource("/metrics", get: show)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var text = PrometheusText()
        metrics.registry.write(to: &text)
        text.gauge("perennial_queue_inputs", "Inputs that wait for the model.", engine.queueDepth)
        text.gauge("perennial_ready", "1 once the base model is loaded.", refresher.snapshot.current == nil ? 0 : 1)
        if let bytes = ProcessMemory.residentBytes {
            text.gauge("perennial_resident_memory_bytes", "Resident memory of the serving process.", bytes)
        }
        var learning = LearningMetrics(tasks: try await store.overview(), updates: try await store.updateCounts())
        learning.quarantine = try await store.quarantineCounts()
        learning.forgetting = try await reporter.forgettings()
        learning.write(to: &text)
        drift.metrics.write(to: &text)
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }
}
