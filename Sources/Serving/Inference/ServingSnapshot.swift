import Adapters
import Schema
import Synchronization

/// What is served at one moment: each task and its champion, loaded. Immutable; a change makes another one.
struct ServingSnapshot: Sendable {
    struct Entry: Sendable {
        var task: LearningTask
        var champion: ServedVersion?
        /// Why the champion of the store is not the one served.
        var failure: String?
    }

    var tasks: [TaskName: Entry] = [:]
}

/// One version in memory: what a request is answered with from first to last.
struct ServedVersion: Sendable {
    var reference: AdapterReference
    var createdAt: Timestamp
    /// `nil` before the first update: then the analytic head answers alone.
    var adapter: (any ServableAdapter)?
    /// How the version blends, and what its analytic head had learned when it was made.
    var generation: AnalyticGeneration?
    var heads: HeadPair
    /// What the analytic head has learned by now.
    var analytic: AnalyticReference?
    /// Labels of the adapter that had no example when the version was made: declared ones, or all of it held out.
    private var unlearned: Set<String> = []

    init(
        _ version: AdapterVersion, adapter: any ServableAdapter, generation: AnalyticGeneration? = nil,
        analytic: AnalyticHead? = nil
    ) {
        reference = AdapterReference(version: version.version, digest: version.digest)
        createdAt = version.createdAt
        self.adapter = adapter
        self.generation = generation
        heads = HeadPair(adapter: adapter.labels, analytic: analytic, blend: generation?.blend ?? .adapterAlone)
        unlearned = analytic.map { Set(adapter.labels).subtracting($0.learnedLabels) } ?? []
        self.analytic = generation.map { AnalyticReference(digest: $0.digest, examples: $0.examples) }
    }

    /// A task that has no adapter yet.
    init(instant: InstantHead) {
        reference = AdapterReference(version: "instant", digest: instant.reference.digest)
        createdAt = .now
        heads = HeadPair(adapter: nil, analytic: instant.head, blend: .analyticAlone)
        analytic = instant.reference
    }

    /// This version, with what its own analytic head has learned since; a head that stands on another version's sums
    /// has no part in it.
    func with(_ instant: InstantHead?) -> ServedVersion {
        guard let generation, let instant, instant.base == generation.digest else { return self }
        var version = self
        version.heads = HeadPair(
            adapter: adapter?.labels, analytic: instant.head, blend: generation.blend, unlearned: unlearned)
        version.analytic = instant.reference
        return version
    }

    /// A text as this version reads it.
    ///
    /// - Parameter maximumLength: tokens a text is truncated to where there is no adapter to say.
    func input(
        _ text: String, maximumLength: Int = Recipe().maximumLength, for classifier: any TextClassifier
    ) throws -> ClassifierInput {
        let tokens =
            try adapter.map { try classifier.tokens(of: text, for: $0) }
            ?? classifier.tokens(of: text, maximumLength: maximumLength)
        return ClassifierInput(tokens: tokens, adapter: adapter, heads: heads)
    }

    func matches(_ selector: AdapterSelector) -> Bool {
        switch selector {
        case .champion: true
        case .version(let version): version == reference.version
        case .digest(let digest): digest == reference.digest
        }
    }
}

/// What an analytic head has learned: its saved generation and every example since, by one digest.
struct AnalyticReference: Sendable, Hashable, Encodable {
    var digest: String
    var examples: Int
}

/// The current snapshot, swapped as a whole.
final class SnapshotReference: Sendable {
    private let snapshot = Mutex<ServingSnapshot?>(nil)

    /// `nil` until the base model is loaded and the first snapshot was made.
    var current: ServingSnapshot? { snapshot.withLock { $0 } }

    func replace(with new: ServingSnapshot) { snapshot.withLock { $0 = new } }
}
