import Adapters
import Synchronization

/// The features that a fixed model makes of texts seen lately.
final class TextCache: Sendable {
    private let known = Mutex<[[Int32]: [Float]]>([:])
    /// Texts kept, of 1.5 KB of features each at a width of 384.
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// In order of the texts.
    ///
    /// - Parameter compute: features of the distinct texts that are not known yet.
    func features(_ texts: [[Int32]], compute: ([[Int32]]) -> [[Float]]) -> [[Float]] {
        var found = known.withLock { known in texts.map { known[$0] } }
        let missing = Array(Set(zip(texts, found).filter { $1 == nil }.map(\.0)))
        let computed = Dictionary(uniqueKeysWithValues: zip(missing, compute(missing)))
        for index in texts.indices where found[index] == nil { found[index] = computed[texts[index]] }
        known.withLock { known in
            if known.count + computed.count > limit { known.removeAll() }
            if computed.count <= limit { known.merge(computed) { first, _ in first } }
        }
        return found.map { $0 ?? [] }
    }
}

/// Caches of the adapters used last: an update asks the parent and the candidate, and the next one the better of both.
final class AdapterCaches: Sendable {
    private struct State {
        var caches: [ContentDigest: TextCache] = [:]
        /// Last use last.
        var order: [ContentDigest] = []
    }

    private let state = Mutex(State())
    private static let adapters = 2
    private static let texts = 8_192

    func cache(of adapter: ClassifierAdapter) -> TextCache {
        let digest = adapter.featureDigest
        return state.withLock { state in
            state.order.removeAll { $0 == digest }
            state.order.append(digest)
            if state.order.count > Self.adapters { state.caches[state.order.removeFirst()] = nil }
            let cache = state.caches[digest] ?? TextCache(limit: Self.texts)
            state.caches[digest] = cache
            return cache
        }
    }
}
