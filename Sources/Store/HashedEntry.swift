import Foundation
import Schema

/// An entry with its hashes, made before the transaction begins.
struct HashedEntry: Sendable {
    let line: Int
    let example: Example
    let textHash: Data
    let idHash: Data?
    /// Where the text lies between 0 and 1: decides its side.
    let place: Double

    /// - Throws: `Rejection` when SQLite could not give the example back as it came.
    init(_ entry: LedgerEntry) throws(Rejection) {
        line = entry.line
        example = entry.example
        let fields = [
            ("text", example.text), ("label", example.label), ("id", example.id ?? ""),
            ("source", example.source ?? ""),
        ]
        for (field, value) in fields where value.utf8.contains(0) {
            throw Rejection(
                line: entry.line, field: field, code: "nul_character",
                message: "\(field) holds a NUL character (U+0000); remove it")
        }
        let hash = ContentHash(example.text)
        textHash = hash.data
        place = hash.place(of: example.text)
        idHash = example.id.map { ContentHash($0).data }
    }
}
