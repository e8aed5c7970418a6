import Tensors

extension Classifier {
    /// Logits and scores of texts for one version's heads, empty where it does not ask: `[texts][labels]` each.
    ///
    /// - Parameter base: features of the base model for the same texts.
    public func outputs(
        _ texts: [[Int32]], adapter: ClassifierAdapter, heads: HeadPair, pool: WorkerPool,
        base: () -> [[Float]]
    ) -> (logits: [[Float]], scores: [[Float]]) {
        let outputs =
            heads.passesAdapter
            ? outputs(texts.map { Request(tokens: $0, adapter: adapter) }, pool: pool) : []
        let features = heads.passesBase ? base() : heads.needsAnalytic ? outputs.map(\.features) : []
        return (outputs.map(\.logits), heads.needsAnalytic ? heads.analytic?.scores(features) ?? [] : [])
    }
}
