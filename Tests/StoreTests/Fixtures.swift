import Foundation
import GRDB
import Schema
import Store

/// A store in a directory of its own, and raw looks into its database.
struct StoreFixture {
    let store: Store
    let task: TaskName
    /// When the task was made.
    let createdAt: Timestamp
    private let limits: HeldOutLimits

    /// - Parameter holdout: 0 leaves every example on the training side.
    init(holdout: Double = 0, limits: HeldOutLimits = HeldOutLimits(), labels: [String]? = nil) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "perennial-store-\(UUID().uuidString)")
        store = try Store(home: Home(root: root))
        self.limits = limits
        task = try TaskName("support")
        var policy = UpdatePolicy()
        policy.holdout = holdout
        createdAt = try await store.putTask(task, labels: labels, update: policy).task.createdAt
    }

    func remove() throws {
        try store.close()
        try FileManager.default.removeItem(at: store.home.root)
    }

    /// Runs `body` and removes the directory, also when it throws.
    static func with(
        holdout: Double = 0, limits: HeldOutLimits = HeldOutLimits(), labels: [String]? = nil,
        _ body: (StoreFixture) async throws -> Void
    ) async throws {
        let fixture = try await StoreFixture(holdout: holdout, limits: limits, labels: labels)
        do {
            try await body(fixture)
        } catch {
            try fixture.remove()
            throw error
        }
        try fixture.remove()
    }

    @discardableResult
    func append(_ examples: Example...) async throws -> IngestReport { try await append(examples) }

    @discardableResult
    func append(_ examples: [Example]) async throws -> IngestReport {
        try await store.append(LedgerBatch(examples), to: task).report
    }

    func claim() async throws -> UpdateWork {
        _ = try await store.requestUpdate(task)
        guard let work = try await store.claimNextUpdate() else { throw Missing.work }
        return work
    }

    /// Learns all that waits, and ends in a promotion.
    @discardableResult
    func learn(replay: ReplayGeneration? = nil, accuracy: Double = 1) async throws -> AdapterVersion {
        let work = try await claim()
        return try await promote(work, replay: replay, accuracy: accuracy)
    }

    @discardableResult
    func promote(
        _ work: UpdateWork, replay: ReplayGeneration? = nil, accuracy: Double = 1
    ) async throws -> AdapterVersion {
        var promotion = Promotion.fixture(work, replay: replay, accuracy: accuracy)
        promotion.heldOutLimits = limits
        return try await store.promote(work.update.id, promotion)
    }

    /// A connection of its own, as another process would have.
    func database() throws -> DatabaseQueue { try DatabaseQueue(path: store.home.database.path) }

    enum Missing: Error { case work }
}

extension Promotion {
    /// A candidate right on the same share of every new held-out example.
    static func fixture(_ work: UpdateWork, replay: ReplayGeneration? = nil, accuracy: Double = 1) -> Promotion {
        Promotion(candidate: .fixture(work, accuracy: accuracy), replay: replay)
    }
}

extension Candidate {
    static func fixture(_ work: UpdateWork, accuracy: Double = 1) -> Candidate {
        let total = work.heldOut.count
        let correct = Int((Double(total) * accuracy).rounded())
        return Candidate(
            digest: digest(work.update.experience, work.update.id), metrics: .init(accuracy: accuracy, examples: total),
            verdict: .fixture(.promote), replayed: 3,
            evaluations: [SliceEvaluation(experience: work.update.experience, correct: correct, total: total)])
    }

    static func digest(_ parts: any Hashable & CustomStringConvertible...) -> String {
        let hash = ContentHash(parts.map(\.description).joined(separator: "/"))
        let word = [hash.high, hash.low].map {
            String(repeating: "0", count: $0.leadingZeroBitCount / 4) + String($0, radix: 16)
        }
        .joined()
        return "sha256:" + word + word
    }
}

extension Verdict {
    static func fixture(_ decision: Decision) -> Verdict {
        Verdict(decision: decision, reason: "for the test", slices: [], tolerance: 0.02, confidence: 0.95)
    }
}

/// Texts that the hash puts on one side of a held-out share.
func texts(_ count: Int, heldOut: Bool, share: Double, prefix: String = "text") -> [String] {
    Array(
        (0...).lazy.map { "\(prefix) \($0)" }.filter { (ContentHash($0).fraction < share) == heldOut }.prefix(count))
}
