import Adapters
import Schema
import Tensors

/// Chooses how a head is solved from its sums, and while a task is small how wide they are to be, by how many held-out
/// answers come out right.
struct AnalyticTuning {
    let options: Recipe.AnalyticOptions
    /// Of held-out examples.
    let features: [[Float]]
    let labels: [String]
    let pool: WorkerPool

    /// The head that answers; the candidate then has the sums and the fit that were chosen.
    ///
    /// - Throws: `TensorError.notPositiveDefinite`.
    func choose(_ sums: AnalyticSums, for candidate: inout Learner.Candidate) throws(TensorError) -> AnalyticHead {
        let isJudged = labels.count >= Blend.minimumExamples
        let isClimbing = isJudged && candidate.isTuned && candidate.fit.kind == .ridge
        var best = try trial(sums, isClimbing ? climbed(from: candidate.fit, sums) : candidate.fit)
        if isJudged {
            // Narrower ones are made anew as long as that is possible: equal is enough for them.
            for narrower in try self.narrower(candidate, than: best) where narrower.right >= best.right {
                best = narrower
            }
        }
        candidate.sums = best.sums
        candidate.fit = best.fit
        candidate.plain = nil
        return best.head
    }

    private struct Trial {
        var sums: AnalyticSums
        var fit: AnalyticFit
        var head: AnalyticHead
        var right: Int
    }

    private func trial(_ sums: AnalyticSums, _ fit: AnalyticFit) throws(TensorError) -> Trial {
        let head = try sums.head(fit, pool: pool)
        let right = zip(head.scores(features), labels).count { scores, label in
            topLabels(scores, count: 1).first.map { head.labels[$0.index] } == label
        }
        return Trial(sums: sums, fit: fit, head: head, right: right)
    }

    /// Up or down by half orders of magnitude, while more comes out right than chance would move. Wide sums are stood for
    /// by a part of their projection, with a ridge in proportion: an eighth of the work for each half of the width.
    private func climbed(from start: AnalyticFit, _ sums: AnalyticSums) throws(TensorError) -> AnalyticFit {
        let isWide = sums.projection.rows > Self.climbingWidth
        let scale = isWide ? Double(Self.climbingWidth) / Double(sums.projection.rows) : 1
        let first = try trial(
            isWide ? sums.narrowed(to: Self.climbingWidth) : sums, AnalyticFit(.ridge, strength: start.strength * scale))
        let needed = max(1, labels.count / 500)
        var best = first
        for factor in [Self.step, 1 / Self.step] where best.fit == first.fit {
            for _ in 0..<Self.steps {
                let next = try trial(first.sums, AnalyticFit(.ridge, strength: best.fit.strength * factor))
                guard next.right >= best.right + needed else { break }
                best = next
            }
        }
        return best.fit == first.fit ? start : AnalyticFit(.ridge, strength: best.fit.strength / scale)
    }

    private static let climbingWidth = 2_048
    private static let step = 10.0.squareRoot()
    private static let steps = 4

    /// Widest first, features as they are last.
    private func narrower(
        _ candidate: Learner.Candidate, than best: Trial
    ) throws(TensorError) -> [Trial] {
        guard let plain = candidate.plain, best.sums.projection.rows > 0 else { return [] }
        var trials: [Trial] = []
        let widths = options.widths(labels: best.sums.labels.count)
        for width in widths.reversed() where width > 0 && width < best.sums.projection.rows {
            trials.append(try trial(best.sums.narrowed(to: width), best.fit))
        }
        // Without a projection the Gram matrix is smaller by two to three orders of magnitude, and so is its ridge.
        let ridge = AnalyticFit(.ridge, strength: options.ridge / 1_000)
        let discriminants = AnalyticFit(.lda, strength: options.shrinkage)
        for fit in [ridge, discriminants] where options.allows(fit.kind) { trials.append(try trial(plain, fit)) }
        return trials
    }
}
