/// A text as token ids, special ones included, with the position of its label in the adapter's label list.
public struct TokenizedExample: Sendable, Hashable {
    public var ids: [Int32]
    public var label: Int
    /// What an earlier model answered to it, for the labels of that time; empty where nobody kept that.
    public var logits: [Float]

    public init(ids: [Int32], label: Int, logits: [Float] = []) {
        self.ids = ids
        self.label = label
        self.logits = logits
    }
}
