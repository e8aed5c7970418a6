import Adapters
import Crypto
import Foundation
import Synchronization

/// The features that a fixed model makes of texts seen lately.
///
/// What an update asks for, held-out texts and exemplars, the next one asks for again; what was learned and not kept is
/// never asked for again. So a text is forgotten once ``limit`` rests went by without it.
package final class TextCache: Sendable {
    /// Of a text's tokens. The text cannot be had from it again.
    struct Key: Sendable, Hashable {
        var high: UInt64
        var low: UInt64

        init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        init(_ tokens: [Int32]) {
            let digest = tokens.withUnsafeBytes { SHA256.hash(data: $0) }
            (high, low) = digest.withUnsafeBytes {
                ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
        }
    }

    struct Entry {
        var features: [Float]
        /// The rest before it was asked for last.
        var use: Int
    }

    struct State {
        var known: [Key: Entry] = [:]
        var rests = 0
        /// Whether a text came or went since the features were read from disk or written there.
        var isChanged = false
    }

    let state: Mutex<State>
    /// Rests a text outlives without being asked for: updates of as many other tasks may come in between.
    package static let limit = 8
    /// Texts kept at most, of 1.6 kB each at a width of 384.
    static let texts = 16_384

    package init() { state = Mutex(State()) }

    init(_ known: [Key: Entry]) { state = Mutex(State(known: known)) }

    /// In order of the texts.
    ///
    /// - Parameter compute: features of the distinct texts that are not known yet.
    package func features(_ texts: [[Int32]], compute: ([[Int32]]) -> [[Float]]) -> [[Float]] {
        let keys = texts.map { Key($0) }
        var found = state.withLock { state in
            keys.map { key in
                state.known[key]?.use = state.rests
                return state.known[key]?.features
            }
        }
        var missing: [Key: [Int32]] = [:]
        for index in texts.indices where found[index] == nil { missing[keys[index]] = texts[index] }
        guard !missing.isEmpty else { return found.map { $0 ?? [] } }
        let asked = Array(missing)
        let computed = Dictionary(uniqueKeysWithValues: zip(asked.map(\.key), compute(asked.map(\.value))))
        for index in texts.indices where found[index] == nil { found[index] = computed[keys[index]] }
        state.withLock { state in
            if state.known.count + computed.count > Self.texts { state.known.removeAll() }
            guard computed.count <= Self.texts else { return }
            for (key, features) in computed { state.known[key] = Entry(features: features, use: state.rests) }
            state.isChanged = true
        }
        return found.map { $0 ?? [] }
    }

    /// Forgets what has not been asked for in a while.
    package func rest() {
        state.withLock { state in
            state.rests += 1
            let oldest = state.rests - Self.limit
            let before = state.known.count
            // Into storage of its own size.
            state.known = state.known.filter { $0.value.use >= oldest }
            if state.known.count < before { state.isChanged = true }
        }
    }
}

/// Caches of the base model and of the adapters used last: an update asks the parent and the candidate, and the next one the
/// better of both. With files, what leaves memory is there again when it is asked for.
final class FeatureCaches: Sendable {
    private struct State {
        var base: TextCache?
        var adapters: [ContentDigest: TextCache] = [:]
        /// Last use last.
        var order: [ContentDigest] = []
    }

    private let state = Mutex(State())
    private let files: FeatureFiles?
    private static let adapters = 2

    init(files: FeatureFiles?) { self.files = files }

    /// Of an adapter's features, or the base model's own.
    func cache(of adapter: ClassifierAdapter?) -> TextCache {
        guard let digest = adapter?.featureDigest else {
            return state.withLock { state in
                let cache = state.base ?? files?.read(nil) ?? TextCache()
                state.base = cache
                return cache
            }
        }
        return state.withLock { state in
            state.order.removeAll { $0 == digest }
            state.order.append(digest)
            if state.order.count > Self.adapters {
                let oldest = state.order.removeFirst()
                if let cache = state.adapters.removeValue(forKey: oldest), let files {
                    files.write(cache, of: oldest)
                    files.removeOld()
                }
            }
            let cache = state.adapters[digest] ?? files?.read(digest) ?? TextCache()
            state.adapters[digest] = cache
            return cache
        }
    }

    func rest() {
        for (_, cache) in all() { cache.rest() }
    }

    /// Writes what is not on disk yet.
    func write() {
        guard let files else { return }
        for (digest, cache) in all() { files.write(cache, of: digest) }
        files.removeOld()
    }

    private func all() -> [(digest: ContentDigest?, cache: TextCache)] {
        state.withLock { state in
            (state.base.map { [(nil, $0)] } ?? [])
                + state.order.compactMap { digest in
                    state.adapters[digest].map { (digest, $0) }
                }
        }
    }
}
