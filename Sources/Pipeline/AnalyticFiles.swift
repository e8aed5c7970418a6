import Adapters
import Foundation
import Schema
import Store

/// Sums of analytic heads on disk: one immutable file a generation, named by its SHA-256.
struct AnalyticFiles {
    let home: Home
    /// Digest of the base model.
    let base: String

    func load(_ generation: AnalyticGeneration) throws -> AnalyticSums {
        try AnalyticSums(
            contentsOf: home.analyticGeneration(generation.digest), digest: generation.digest, base: base)
    }

    /// What answers, as it was solved.
    func head(_ generation: AnalyticGeneration) throws -> AnalyticHead {
        try AnalyticHead(contentsOf: home.analyticGeneration(generation.digest), base: base)
    }

    /// Makes the sums of an update durable under the digest of their bytes.
    func write(_ result: Learner.Result, of work: UpdateWork) throws -> AnalyticGeneration? {
        guard let sums = result.sums, let head = result.analytic else { return nil }
        let data = try sums.encoded(base: base, head: head)
        let digest = try ReplayFiles.keep(data, at: home.analyticGeneration)
        return AnalyticGeneration(
            digest: digest, parent: result.keepsSums ? work.analytic?.digest : nil,
            isImported: result.keepsSums && work.analytic?.isImported == true, examples: sums.count,
            bytes: data.count, fit: result.fit, isAdapted: sums.isAdapted, width: sums.projection.rows,
            blend: result.blend, schedule: result.schedule,
            experiences: AnalyticGeneration.experiences(
                result.holdsAll ? work.analytic?.experiences : nil, adding: work.update.experience))
    }
}
