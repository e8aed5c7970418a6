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
        try AnalyticSums(contentsOf: home.analyticGeneration(generation.digest), base: base)
    }

    /// Makes the sums of an update durable under the digest of their bytes.
    func write(_ result: Learner.Result, of work: UpdateWork, fit: AnalyticFit) throws -> AnalyticGeneration? {
        guard let sums = result.sums, let head = result.analytic else { return nil }
        let data = try sums.encoded(base: base, head: head)
        let digest = ContentDigest(of: data).description
        let file = home.analyticGeneration(digest)
        if !FileManager.default.fileExists(atPath: file.path) { try ReplayFiles.writeDurably(data, to: file) }
        return AnalyticGeneration(
            digest: digest, parent: work.analytic?.digest, examples: sums.count, bytes: data.count, fit: fit,
            blend: result.blend,
            experiences: AnalyticGeneration.experiences(
                work.analytic?.experiences, adding: work.update.experience))
    }
}
