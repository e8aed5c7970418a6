import Adapters
import Schema
import Store
import Synchronization

/// An analytic head as it answers now.
struct InstantHead: Sendable {
    /// Digest of the generation it stands on; `nil` before a task's first update.
    var base: String?
    var head: AnalyticHead
    var reference: AnalyticReference
    /// Since when a head that does not know all open examples yet is being made; `nil` once it does.
    var begun: ContinuousClock.Instant?
}

/// The heads that answer, as requests read them while ``InstantHeads`` learns, and what it has been told of tasks.
final class PublishedHeads: Sendable {
    private struct State {
        var heads: [TaskName: InstantHead] = [:]
        var lengths: [TaskName: Int] = [:]
        /// Not looked at yet.
        var news: [ServedTask]?
        /// When each task that exists was made: a name may come to stand for another task.
        var created: [TaskName: Timestamp] = [:]
    }

    private let state = Mutex(State())

    func head(of task: TaskName) -> InstantHead? { state.withLock { $0.heads[task] } }

    /// Tokens a text is truncated to.
    func maximumLength(of task: TaskName) -> Int { state.withLock { $0.lengths[task] } ?? 128 }

    func truncate(_ task: TaskName, to length: Int?) { state.withLock { $0.lengths[task] = length } }

    /// Takes what the store says, and forgets heads that stand on what is no champion any more.
    func changed(_ served: [ServedTask]) {
        state.withLock { state in
            state.news = served
            let created = Dictionary(uniqueKeysWithValues: served.map { ($0.task.name, $0.task.createdAt) })
            let bases = Dictionary(uniqueKeysWithValues: served.map { ($0.task.name, $0.analytic?.digest) })
            state.heads = state.heads.filter { name, head in
                bases[name] == .some(head.base) && created[name] == state.created[name]
            }
            state.created = created
        }
    }

    /// Takes what ``changed(_:)`` said last; `nil` where it was taken before.
    func takeNews() -> [ServedTask]? {
        state.withLock { state in
            defer { state.news = nil }
            return state.news
        }
    }

    /// Makes news of what was looked at before, where there is nothing newer.
    func putBack(_ served: [ServedTask]) { state.withLock { $0.news = $0.news ?? served } }

    /// - Parameter begun: of a head that is being made: it takes the place of none that knows more.
    func publish(_ task: InstantTask, _ name: TaskName, begun: ContinuousClock.Instant? = nil) {
        var head = task.current
        head?.begun = begun
        let (base, createdAt) = (task.generation?.digest, task.createdAt)
        state.withLock { [head] state in
            guard state.created[name] == createdAt else { return }
            if begun != nil, let known = state.heads[name], known.base == base,
                known.reference.examples > head?.reference.examples ?? 0
            {
                return
            }
            state.heads[name] = head
        }
    }

    func forget(_ name: TaskName) { state.withLock { $0.heads[name] = nil } }
}
