import Synchronization

/// The base model's features of texts seen lately. They never change, and a held-out text is judged by in every update.
final class FeatureCache: Sendable {
    private let known = Mutex<[[Int32]: [Float]]>([:])
    /// Texts kept: 24 MiB of features of width 384.
    private static let limit = 16_384

    /// In order of the texts.
    ///
    /// - Parameter compute: features of the distinct texts that are not known yet.
    func features(_ texts: [[Int32]], compute: ([[Int32]]) -> [[Float]]) -> [[Float]] {
        var found = known.withLock { known in texts.map { known[$0] } }
        let missing = Array(Set(zip(texts, found).filter { $1 == nil }.map(\.0)))
        let computed = Dictionary(uniqueKeysWithValues: zip(missing, compute(missing)))
        for index in texts.indices where found[index] == nil { found[index] = computed[texts[index]] }
        known.withLock { known in
            if known.count + computed.count > Self.limit { known.removeAll() }
            if computed.count <= Self.limit { known.merge(computed) { first, _ in first } }
        }
        return found.map { $0 ?? [] }
    }
}
