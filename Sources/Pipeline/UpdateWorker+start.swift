import Adapters
import Evaluation
import Schema
import Store

/// What a task's first adapter begins as, where the task asks for it: the low-rank updates of the task it resembles most.
struct SimilarStart: Sendable {
    var task: TaskName
    var similarity: Double
    /// Of the champion it was taken from.
    var digest: String
    /// Without labels: a head of another task says nothing about this one's.
    var adapter: ClassifierAdapter
}

extension UpdateWorker {
    /// Of the tasks that serve an adapter of the recipe's shape, the one whose texts are most like those that an update
    /// learns; `nil` where no task asks for it, one has an adapter already, or none is alike.
    ///
    /// - Parameter works: by task; the first that asks is compared.
    func start(of works: [UpdateWork], recipe: Recipe) async throws -> SimilarStart? {
        guard works.allSatisfy({ $0.parent == nil }),
            let work = works.first(where: { $0.task.update.start == .similar })
        else { return nil }
        let own = try await similarity(evenly(work.training.map(\.text)), recipe)
        var best: SimilarStart?
        for served in try await store.served() {
            guard let champion = served.champion else { continue }
            let texts = try await store.sampleTexts(served.task.name, limit: SimilarityReport.textsPerTask)
            guard let value = own.similarity(to: try await similarity(texts, recipe)), value > best?.similarity ?? 0
            else { continue }
            do {
                let adapter = try learner.loadAdapter(champion.digest, in: store.home.adapters)
                guard try adapter.hasShape(of: recipe.adapter, encoder: learner.encoder) else { continue }
                best = SimilarStart(
                    task: served.task.name, similarity: value, digest: champion.digest,
                    adapter: try adapter.headless(encoder: learner.encoder))
            } catch {
                // Another task's trouble is no reason to learn nothing here.
                logger.warning("\(champion.version) of task \(served.task.name) cannot be begun from: \(error)")
            }
        }
        return best
    }

    private func similarity(_ texts: [String], _ recipe: Recipe) async throws -> TaskSimilarity {
        let tokens = texts.map { learner.tokenizer.encode($0, maximumLength: recipe.maximumLength) }
        return try await BlockingThread.run { TaskSimilarity(features: learner.features(tokens)) }
    }

    /// As many as are compared of any task, evenly over their order.
    private func evenly(_ texts: [String]) -> [String] {
        let count = min(texts.count, SimilarityReport.textsPerTask)
        return (0..<count).map { texts[$0 * texts.count / count] }
    }
}
