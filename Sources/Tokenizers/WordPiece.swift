/// Splits a word into pieces of the vocabulary, the longest first.
///
/// - SeeAlso: Devlin et al. 2019, BERT, section 3; Schuster and Nakajima 2012.
struct WordPiece: Sendable {
    private let initialPieces: PieceTable
    /// Pieces that continue a word, without their prefix (`##`).
    private let continuations: PieceTable
    let unknownID: Int32
    private let maximumScalars: Int

    /// - Parameters:
    ///   - continuationPrefix: Marks the pieces that continue a word.
    ///   - unknownID: Stands for a word that cannot be split.
    ///   - maximumScalars: A longer word is unknown as a whole.
    init(
        vocabulary: [(token: String, id: Int32)], continuationPrefix: String, unknownID: Int32, maximumScalars: Int
    ) {
        let pieces = vocabulary.map { (bytes: Array($0.token.utf8), id: $0.id) }
        let prefix = Array(continuationPrefix.utf8)
        initialPieces = PieceTable(pieces)
        continuations = PieceTable(
            pieces.filter { $0.bytes.starts(with: prefix) }.map { (Array($0.bytes.dropFirst(prefix.count)), $0.id) })
        self.unknownID = unknownID
        self.maximumScalars = maximumScalars
    }

    /// Appends the ids of the word `bytes[word]`.
    ///
    /// - Parameter hashes: Scratch space, overwritten.
    func append(_ word: Range<Int>, of bytes: [UInt8], to ids: inout [Int32], hashes: inout [UInt64]) {
        let firstID = ids.count
        guard word.count <= maximumScalars || scalarCount(of: bytes, in: word) <= maximumScalars else {
            ids.append(unknownID)
            return
        }
        var rest = word
        while !rest.isEmpty {
            let table = rest.lowerBound == word.lowerBound ? initialPieces : continuations
            guard let (id, length) = table.longestPrefix(of: bytes, in: rest, hashes: &hashes) else {
                ids.removeSubrange(firstID...)
                ids.append(unknownID)
                return
            }
            ids.append(id)
            rest = rest.lowerBound + length..<rest.upperBound
        }
    }

    private func scalarCount(of bytes: [UInt8], in range: Range<Int>) -> Int {
        range.reduce(0) { ValidUTF8.isContinuation(bytes[$1]) ? $0 : $0 + 1 }
    }
}
