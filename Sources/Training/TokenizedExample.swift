/// A text as token ids, special ones included, with the position of its label in the adapter's label list.
public struct TokenizedExample: Sendable, Hashable {
    public var ids: [Int32]
    public var label: Int

    public init(ids: [Int32], label: Int) {
        self.ids = ids
        self.label = label
    }
}
