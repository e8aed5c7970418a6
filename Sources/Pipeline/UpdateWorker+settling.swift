import Adapters
import Schema
import Store

extension UpdateWorker {
    /// Writes what was learned, then ends the update for all its tasks in one transaction.
    func settle(
        _ id: String, _ parts: [Part], recipe: Recipe, results: [Learner.Result]
    ) async throws {
        var candidates: [String: Candidate] = [:]
        for (part, result) in zip(parts, results) {
            let lineage = lineage(of: part, among: parts, recipe: recipe)
            let digest = try learner.write(result.adapter, lineage: lineage, into: store.home.adapters)
            candidates[part.work.update.id] = Candidate(
                digest: digest,
                metrics: AdapterVersion.Metrics(accuracy: result.accuracy, examples: result.heldOutCount),
                verdict: result.verdict, replayed: result.replayed, evaluations: result.evaluations,
                answers: result.answers)
        }
        let summary = results[0].verdict.summary
        if results[0].verdict.decision == .promote {
            var promotions: [String: Promotion] = [:]
            for (part, result) in zip(parts, results) {
                guard let candidate = candidates[part.work.update.id] else { continue }
                promotions[part.work.update.id] = try await promotion(
                    candidate, part.work, recipe: recipe, result: result)
            }
            let versions = try await store.promote(promotions)
            logger.info("update \(id) promoted as \(Self.names(versions, parts)): \(summary)")
        } else {
            let versions = try await store.reject(candidates)
            logger.warning("update \(id) rejected (\(Self.names(versions, parts))): \(summary)")
        }
        for part in parts { await removeGarbage(part.work.task.name) }
    }

    private static func names(_ versions: [AdapterVersion], _ parts: [Part]) -> String {
        guard versions.count > 1 else { return versions.first?.version ?? "" }
        return zip(parts, versions).map { "\($1.version) of \($0.work.task.name)" }.joined(separator: ", ")
    }

    private func lineage(of part: Part, among parts: [Part], recipe: Recipe) -> AdapterLineage {
        func range(_ work: UpdateWork) -> AdapterLineage.LedgerRange? {
            work.range.map { AdapterLineage.LedgerRange(first: $0.lowerBound, last: $0.upperBound) }
        }
        let work = part.work
        let others = parts.filter { $0.work.task.name != work.task.name }.map { other in
            AdapterLineage.Shared(
                task: other.work.task.name.rawValue, parent: other.origin, ledger: range(other.work),
                replayGeneration: other.work.replay.generation?.digest)
        }
        return AdapterLineage(
            base: learner.base, parent: part.origin, ledger: range(work),
            replayGeneration: work.replay.generation?.digest, recipe: recipe, sharing: others.isEmpty ? nil : others)
    }

    private func promotion(
        _ candidate: Candidate, _ work: UpdateWork, recipe: Recipe, result: Learner.Result
    ) async throws -> Promotion {
        let generation = try ReplayFiles(home: store.home).write(result.memory)
        let before = try await store.rehearsals(work.task.name, generation: work.replay.generation?.digest)
        let detail = try generation.map {
            try ReplayDetail(
                memory: result.memory, rehearsals: before.merging(result.rehearsals, uniquingKeysWith: +),
                storedBytes: $0.bytes)
        }
        let analytic = try AnalyticFiles(home: store.home, base: learner.base.digest)
            .write(result, of: work)
        return Promotion(
            candidate: candidate, replay: generation, replayDetail: detail, analytic: analytic,
            parentOnNewSlice: result.parentOnNewSlice, untrainedOnNewSlice: result.untrainedOnNewSlice,
            heldOutLimits: HeldOutLimits(recipe.gate))
    }
}
