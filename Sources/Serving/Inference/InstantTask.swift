import Adapters
import Crypto
import Foundation
import Schema
import Store

/// What a head is made from: where any of it is another, so is the head.
struct InstantBasis: Equatable {
    /// Digest of the generation it stands on.
    let generation: String?
    let head: Recipe.Head
    let analytic: Recipe.AnalyticOptions
    let maximumLength: Int

    init(_ generation: AnalyticGeneration?, _ recipe: Recipe) {
        self.generation = generation?.digest
        head = recipe.head
        analytic = recipe.analytic
        maximumLength = recipe.maximumLength
    }
}

/// One task's analytic head between two saved generations.
///
/// Used by ``InstantHeads`` alone, one call at a time; solving happens on its thread, off the cooperative pool.
// @unchecked Sendable: the actor that owns it awaits each call before the next, so that `solver` and the rest are never
// touched by two threads at once; the thread's hand-over orders what they write.
final class InstantTask: @unchecked Sendable {
    /// Of the task.
    let createdAt: Timestamp
    private(set) var generation: AnalyticGeneration?
    /// Digest of the adapter whose features the sums are of; `nil` where they are of the base model's.
    private(set) var adapter: String?
    private let recipe: Recipe
    private let solver: any AnalyticSolver
    private let fit: AnalyticFit
    /// Of the random projection.
    private let width: Int
    /// What was added since the generation, by sequence.
    private var added: [Int64: AnalyticSums.Row] = [:]
    /// Over the generation's digest and everything done since.
    private var digest: SHA256.Digest
    /// Before a task's first update, which chooses.
    private static let firstWidth = 1_024
    private let thread: BackgroundThread
    private let home: Home
    /// Digest of the base model.
    private let base: String

    /// Solves the generation's sums; a second or two for the widest.
    ///
    /// - Parameters:
    ///   - task: with the version that the generation is of.
    ///   - solving: solves them; `thread` does all that comes after.
    init(
        _ task: ServedTask, recipe: Recipe, home: Home, classifier: any TextClassifier, solving: BackgroundThread,
        thread: BackgroundThread
    ) async throws {
        let generation = task.analytic
        self.recipe = recipe
        self.thread = thread
        self.home = home
        base = classifier.baseDigest
        createdAt = task.task.createdAt
        self.generation = generation
        adapter = generation?.isAdapted == true ? task.champion?.digest : nil
        let fit = generation?.fit ?? recipe.analytic.fit
        self.fit = fit
        let begun = recipe.analytic.widths(labels: 0).last { $0 <= Self.firstWidth } ?? 0
        let solved = try await solving.run {
            let sums =
                try generation.map {
                    try AnalyticSums(
                        contentsOf: home.analyticGeneration($0.digest), digest: $0.digest, base: classifier.baseDigest)
                } ?? AnalyticSums(width: begun, features: classifier.featureWidth)
            return Solved(solver: try sums.solver(fit), width: sums.projection.rows)
        }
        solver = solved.solver
        width = solved.width
        digest = SHA256.hash(
            data: Data("\(generation?.digest ?? "\(classifier.baseDigest) \(width)")".utf8))
    }

    // @unchecked Sendable: made on the thread and handed over whole.
    private struct Solved: @unchecked Sendable {
        var solver: any AnalyticSolver
        var width: Int
    }

    /// What answers; `nil` where the saved generation knows all of it.
    var current: InstantHead? {
        guard !added.isEmpty, solver.count > 0 else { return nil }
        let digits = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return InstantHead(
            base: generation?.digest, head: solver.head,
            reference: AnalyticReference(digest: "sha256:" + digits, examples: solver.count))
    }

    /// What the inverse of a generation's sums takes in memory, about.
    static func bytes(of generation: AnalyticGeneration?) -> Int {
        let width = generation?.width ?? firstWidth
        return 4 * width * width
    }

    /// What it is made from.
    var basis: InstantBasis { InstantBasis(generation, recipe) }

    /// How many examples it holds that are not in the generation.
    var count: Int { added.count }

    /// The oldest of them.
    var firstSequence: Int64? { added.keys.min() }

    func holds(_ sequence: Int64) -> Bool { added[sequence] != nil }

    func add(_ examples: [(LedgerExample, [Float])]) async throws {
        guard !examples.isEmpty else { return }
        let rows = examples.map { example, features in
            let old = example.replaced.flatMap { old in
                generation?.contains(experience: old.experience) == true ? old.label : nil
            }
            return AnalyticSums.Row(features: features, label: example.label, replaced: old)
        }
        try await thread.run { [self] in try solver.add(rows) }
        for ((example, _), row) in zip(examples, rows) {
            added[example.sequence] = row
            chain("+\(example.sequence)")
        }
    }

    /// Does what adding put off, so that the next example need not wait for it.
    func settle() async throws { try await thread.run { [self] in solver.settle() } }

    /// Takes out those of the examples that it holds.
    ///
    /// - Returns: `false` when rounding stands in the way and it must be built anew.
    func remove(_ sequences: [Int64]) async throws -> Bool {
        let rows = sequences.compactMap { sequence in added[sequence].map { (sequence, $0) } }
        guard !rows.isEmpty else { return true }
        do {
            try await thread.run { [self] in try solver.remove(rows.map(\.1)) }
        } catch {
            return false
        }
        for (sequence, _) in rows {
            added[sequence] = nil
            chain("-\(sequence)")
        }
        return true
    }

    /// Goes on as the state after a task's next generation, when that holds exactly what this has added and is no
    /// longer open. The adapter of its version changes no feature.
    ///
    /// - Returns: `false` when it must be built anew, as after a rollback, and where features, width, fit or recipe
    ///   changed.
    func advances(to task: ServedTask, by recipe: Recipe, open: [LedgerExample]) async throws -> Bool {
        guard let next = task.analytic, next.parent == generation?.digest, next.isAdapted == (adapter != nil),
            next.fit == fit, next.width == width, InstantBasis(generation, recipe) == basis
        else { return false }
        let waiting = Set(open.map(\.sequence))
        let rest = added.filter { waiting.contains($0.key) }
        // A relabelled text moves between labels and adds no example.
        let growth = rest.values.count { $0.replaced == nil }
        guard solver.count == next.examples + growth, rest.values.allSatisfy({ $0.replaced == nil }) else {
            return false
        }
        let file = home.analyticGeneration(next.digest)
        do {
            try await thread.run { [self] in
                let known = solver.labels
                try solver.favour(
                    try AnalyticSums.newcomers(contentsOf: file, digest: next.digest, base: base, among: known))
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            return false
        }
        generation = next
        if next.isAdapted { adapter = task.champion?.digest }
        added = rest
        digest = SHA256.hash(data: Data(next.digest.utf8))
        for sequence in rest.keys.sorted() { chain("+\(sequence)") }
        return true
    }

    private func chain(_ change: String) {
        digest = SHA256.hash(data: Data(digest) + Data(change.utf8))
    }
}
