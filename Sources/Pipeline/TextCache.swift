import Adapters
import Synchronization

/// The features that a fixed model makes of texts seen lately.
///
/// What an update asks for, held-out texts and exemplars, the next one asks for again; what was learned and not kept is
/// never asked for again. So a text is forgotten once ``limit`` rests went by without it.
package final class TextCache: Sendable {
    private struct Entry {
        var features: [Float]
        /// The rest before it was asked for last.
        var use: Int
    }

    private struct State {
        var known: [[Int32]: Entry] = [:]
        var rests = 0
    }

    private let state = Mutex(State())
    /// Rests a text outlives without being asked for: updates of as many other tasks may come in between.
    package static let limit = 8
    /// Texts kept at most, of 1.7 kB each at a width of 384.
    private static let texts = 16_384

    package init() {}

    /// In order of the texts.
    ///
    /// - Parameter compute: features of the distinct texts that are not known yet.
    package func features(_ texts: [[Int32]], compute: ([[Int32]]) -> [[Float]]) -> [[Float]] {
        var found = state.withLock { state in
            texts.map { text in
                state.known[text]?.use = state.rests
                return state.known[text]?.features
            }
        }
        let missing = Array(Set(zip(texts, found).filter { $1 == nil }.map(\.0)))
        let computed = Dictionary(uniqueKeysWithValues: zip(missing, compute(missing)))
        for index in texts.indices where found[index] == nil { found[index] = computed[texts[index]] }
        state.withLock { state in
            if state.known.count + computed.count > Self.texts { state.known.removeAll() }
            guard computed.count <= Self.texts else { return }
            for (text, features) in computed { state.known[text] = Entry(features: features, use: state.rests) }
        }
        return found.map { $0 ?? [] }
    }

    /// Forgets what has not been asked for in a while.
    package func rest() {
        state.withLock { state in
            state.rests += 1
            let oldest = state.rests - Self.limit
            // Into storage of its own size.
            state.known = state.known.filter { $0.value.use >= oldest }
        }
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

    func cache(of adapter: ClassifierAdapter) -> TextCache {
        let digest = adapter.featureDigest
        return state.withLock { state in
            state.order.removeAll { $0 == digest }
            state.order.append(digest)
            if state.order.count > Self.adapters { state.caches[state.order.removeFirst()] = nil }
            let cache = state.caches[digest] ?? TextCache()
            state.caches[digest] = cache
            return cache
        }
    }

    func rest() {
        for cache in state.withLock({ Array($0.caches.values) }) { cache.rest() }
    }
}
