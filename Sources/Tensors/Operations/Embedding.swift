/// Frozen tables whose rows are summed for every token.
public struct EmbeddingTables: Sendable {
    /// `[vocabulary, C]`.
    public let word: Matrix
    /// `[positions, C]`.
    public let position: Matrix
    /// The one row used of the token types `[types, C]`; `nil` for models without types.
    public let type: Matrix?
    /// Row of the first token's position: 0 in BERT, 2 in RoBERTa.
    public let firstPosition: Int

    public init(word: Matrix, position: Matrix, type: Matrix? = nil, firstPosition: Int = 0) {
        self.word = word
        self.position = position
        self.type = type
        self.firstPosition = firstPosition
    }
}

extension Tape {
    /// Word + position + type embedding of every token, `[T, C]`. Positions start anew in each sequence.
    public func embed(_ ids: [Int32], offsets: [Int], tables: EmbeddingTables) -> Variable {
        precondition(
            offsets.first == 0 && offsets.last == ids.count, "offsets \(offsets) do not span \(ids.count) tokens")
        let width = tables.word.columns
        let y = allocate(rows: ids.count, columns: width)
        timed(.embedding, .streaming(4 * y.count, operations: 2 * y.count)) {
            embed(ids, offsets: offsets, tables: tables, into: values(y))
        }
        return y
    }

    private func embed(
        _ ids: [Int32], offsets: [Int], tables: EmbeddingTables, into y: UnsafeMutablePointer<Float>
    ) {
        let width = tables.word.columns
        var row = y
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            precondition(
                end - start + tables.firstPosition <= tables.position.rows,
                "a sequence of \(end - start) tokens is longer than the model's positions: truncate it")
            for index in start..<end {
                let id = Int(ids[index])
                precondition(
                    0..<tables.word.rows ~= id, "token \(id) lies outside a vocabulary of \(tables.word.rows)")
                row.update(from: tables.word.base + id * width, count: width)
                let position = tables.firstPosition + index - start
                kernels.add_scaled(width, 1, tables.position.base + position * width, row)
                if let type = tables.type { kernels.add_scaled(width, 1, type.base, row) }
                row += width
            }
        }
    }
}
