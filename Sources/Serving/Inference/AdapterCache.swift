import Adapters
import Dispatch
import Schema
import Store
import Synchronization

/// Loaded adapters by digest, the least recently used given up first.
///
/// Keyed by digest and never by name: a name may move to other content, a digest cannot.
final class AdapterCache: Sendable {
    private struct State {
        var adapters: [String: any ServableAdapter] = [:]
        /// Oldest use first.
        var order: [String] = []
    }

    let capacity: Int
    private let state = Mutex(State())
    /// Reading and checking an adapter blocks; one at a time, so two requests never load the same twice.
    private let loading = DispatchQueue(label: "perennial.adapters")

    init(capacity: Int = 64) { self.capacity = capacity }

    func adapter(_ digest: String, from classifier: any TextClassifier) async throws -> any ServableAdapter {
        if let adapter = cached(digest) { return adapter }
        return try await withCheckedThrowingContinuation { continuation in
            loading.async { [self] in
                continuation.resume(
                    with: Result {
                        if let adapter = cached(digest) { return adapter }
                        let adapter = try classifier.adapter(digest: digest)
                        insert(adapter, digest)
                        return adapter
                    })
            }
        }
    }

    /// The saved head of a version. Reads its weights, not its sums.
    func analytic(
        _ generation: AnalyticGeneration?, _ home: Home, from classifier: any TextClassifier
    ) async throws -> AnalyticHead? {
        guard let generation else { return nil }
        return try await withCheckedThrowingContinuation { continuation in
            loading.async {
                continuation.resume(
                    with: Result {
                        try AnalyticHead(
                            contentsOf: home.analyticGeneration(generation.digest), base: classifier.baseDigest)
                    })
            }
        }
    }

    private func cached(_ digest: String) -> (any ServableAdapter)? {
        state.withLock { state in
            guard let adapter = state.adapters[digest] else { return nil }
            if state.order.last != digest, let index = state.order.firstIndex(of: digest) {
                state.order.append(state.order.remove(at: index))
            }
            return adapter
        }
    }

    private func insert(_ adapter: any ServableAdapter, _ digest: String) {
        state.withLock { state in
            state.adapters[digest] = adapter
            state.order.append(digest)
            if state.order.count > capacity { state.adapters[state.order.removeFirst()] = nil }
        }
    }
}
