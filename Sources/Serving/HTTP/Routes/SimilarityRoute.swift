import Evaluation
import Hummingbird
import Schema
import Store

/// `GET /v1/similarity`: how alike the tasks' texts are to the base model, whatever was learned of them.
struct SimilarityRoute: Sendable {
    let store: Store
    let engine: InferenceEngine
    let instant: InstantHeads

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/similarity", get: show)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard let classifier = engine.loadedClassifier else { throw ServingError.notReady }
        var entries: [SimilarityReport.Entry] = []
        var measures: [TaskSimilarity] = []
        for task in try await store.tasks() {
            let texts = try await store.sampleTexts(task.name, limit: SimilarityReport.textsPerTask)
            let length = instant.maximumLength(of: task.name)
            let inputs = texts.map {
                ClassifierInput(
                    tokens: classifier.tokens(of: $0, maximumLength: length), adapter: nil, heads: nil)
            }
            measures.append(TaskSimilarity(features: try await engine.patientFeatures(inputs)))
            entries.append(SimilarityReport.Entry(task: task.name, texts: texts.count))
        }
        let similarity = measures.indices.map { row in
            measures.indices.map { row == $0 ? 1 : measures[row].similarity(to: measures[$0]) }
        }
        return try .json(SimilarityReport(tasks: entries, similarity: similarity))
    }
}

extension InferenceEngine {
    /// Features, whatever the queue holds: comparing waits where queries are refused.
    fileprivate func patientFeatures(_ inputs: [ClassifierInput]) async throws -> [[Float]] {
        while true {
            do {
                return try await probabilities(inputs)
            } catch ServingError.overloaded {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
