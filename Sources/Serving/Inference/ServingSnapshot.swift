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

/// One adapter version in memory: what a request is answered with from first to last.
struct ServedVersion: Sendable {
    var reference: AdapterReference
    var createdAt: Timestamp
    var adapter: any ServableAdapter

    init(_ version: AdapterVersion, adapter: any ServableAdapter) {
        reference = AdapterReference(version: version.version, digest: version.digest)
        createdAt = version.createdAt
        self.adapter = adapter
    }

    func matches(_ selector: AdapterSelector) -> Bool {
        switch selector {
        case .champion: true
        case .version(let version): version == reference.version
        case .digest(let digest): digest == reference.digest
        }
    }
}

/// The current snapshot, swapped as a whole.
final class SnapshotReference: Sendable {
    private let snapshot = Mutex<ServingSnapshot?>(nil)

    /// `nil` until the base model is loaded and the first snapshot was made.
    var current: ServingSnapshot? { snapshot.withLock { $0 } }

    func replace(with new: ServingSnapshot) { snapshot.withLock { $0 = new } }
}
