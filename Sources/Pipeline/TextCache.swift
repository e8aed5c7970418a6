import Adapters
import Synchronization

/// What a fixed model makes of texts seen lately, each passed once.
final class TextCache<Value: Sendable>: Sendable {
    private let known = Mutex<[[Int32]: Value]>([:])
    /// Texts kept: 24 MiB of features of width 384.
    private let limit = 16_384

    /// In order of the texts.
    ///
    /// - Parameter compute: values of the distinct texts that are not known yet.
    func values(of texts: [[Int32]], compute: ([[Int32]]) -> [Value]) -> [Value] {
        let found = known.withLock { known in texts.map { known[$0] } }
        let missing = Array(Set(zip(texts, found).filter { $1 == nil }.map(\.0)))
        let computed = Dictionary(uniqueKeysWithValues: zip(missing, compute(missing)))
        known.withLock { known in
            if known.count + computed.count > limit { known.removeAll() }
            if computed.count <= limit { known.merge(computed) { first, _ in first } }
        }
        return zip(texts, found).compactMap { text, value in value ?? computed[text] }
    }
}

/// What the adapters of one update answer: the new texts are screened, added to the sums and judged by the same parent.
final class OutputCache: Sendable {
    private struct Entry {
        /// Held, so that no other adapter takes its identity.
        var adapter: ClassifierAdapter
        var outputs: TextCache<Classifier.Output>
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    func outputs(of adapter: ClassifierAdapter) -> TextCache<Classifier.Output> {
        entries.withLock { entries in
            let entry = entries[ObjectIdentifier(adapter)] ?? Entry(adapter: adapter, outputs: TextCache())
            entries[ObjectIdentifier(adapter)] = entry
            return entry.outputs
        }
    }
}
