import Foundation

/// Turns text into the token ids a model was trained on, as described by a `tokenizer.json`.
///
/// The ids equal those of Hugging Face tokenizers for any text. Truncation is the caller's; the file's own
/// truncation and padding are ignored. A value is immutable and may be used from any number of threads.
public struct Tokenizer: Sendable {
    /// Number of ids: one more than the greatest, of added and special tokens too.
    public let vocabularySize: Int
    /// Number of special tokens put around every text.
    public var specialTokenCount: Int { prefix.count + suffix.count }
    /// Ids beyond it are cut whatever ``encode(_:maximumLength:)`` is asked for: how many positions a model has.
    public var maximumLength = Int.max
    /// Id that stands for what the vocabulary does not hold.
    public var unknownID: Int32 { model.unknownID }

    /// Added tokens looked for in the text as given, and those looked for after normalisation.
    private let verbatimTokens: AddedTokens
    private let normalizedTokens: AddedTokens
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let model: WordPiece
    private let prefix: [Int32]
    private let suffix: [Int32]

    init(_ configuration: TokenizerConfiguration) {
        vocabularySize = configuration.vocabularySize
        verbatimTokens = AddedTokens(configuration.verbatimTokens)
        normalizer = configuration.normalizer
        normalizedTokens = AddedTokens(configuration.normalizedTokens)
        preTokenizer = configuration.preTokenizer
        model = configuration.model
        prefix = configuration.prefix
        suffix = configuration.suffix
    }

    /// Reads a tokenizer.
    ///
    /// - Parameter url: A `tokenizer.json`, or a directory that holds one.
    /// - Throws: ``TokenizerError`` that names what is missing or not supported.
    public static func load(from url: URL) throws -> Tokenizer {
        let file = url.hasDirectoryPath || url.pathExtension != "json" ? url.appending(path: "tokenizer.json") : url
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw TokenizerError.unreadable(path: file.path, reason: error.localizedDescription)
        }
        return try Tokenizer(json: [UInt8](data))
    }

    /// Reads a tokenizer from the content of a `tokenizer.json`.
    ///
    /// - Throws: ``TokenizerError`` that names what is missing or not supported.
    public init(json: [UInt8]) throws {
        try self.init(TokenizerConfiguration(JSONField(value: JSONReader.parse(json), path: "")))
    }

    /// The ids of a text, special tokens included.
    ///
    /// - Parameter maximumLength: Ids beyond it are cut from the text's end; the special tokens stay, so the
    ///   result is never shorter than they are.
    /// - Complexity: O(*n*) in the bytes of the text; word splitting ends where the result is full.
    public func encode(_ text: String, maximumLength: Int = .max) -> [Int32] {
        encode(validUTF8: Array(text.utf8), maximumLength: maximumLength)
    }

    /// The ids of a text given as UTF-8; ill-formed bytes count as U+FFFD.
    public func encode(utf8 bytes: [UInt8], maximumLength: Int = .max) -> [Int32] {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            return encode(validUTF8: bytes, maximumLength: maximumLength)
        }
        return encode(String(decoding: bytes, as: UTF8.self), maximumLength: maximumLength)
    }

    private func encode(validUTF8 bytes: [UInt8], maximumLength: Int) -> [Int32] {
        let length = max(min(maximumLength, self.maximumLength), 0)
        let limit = max(length - suffix.count, prefix.count)
        var ids = prefix
        ids.reserveCapacity(min(bytes.count / 2 + specialTokenCount, limit + suffix.count))
        var hashes: [UInt64] = []
        for segment in verbatimTokens.segments(of: bytes, in: bytes.indices) where ids.count < limit {
            switch segment {
            case .token(let id):
                ids.append(id)
            case .text(let range):
                let normalized = normalizer.normalize(bytes, in: range)
                appendIDs(ofNormalized: normalized, to: &ids, limit: limit, hashes: &hashes)
            }
        }
        if ids.count > limit { ids.removeSubrange(limit...) }
        return ids + suffix
    }

    private func appendIDs(
        ofNormalized bytes: [UInt8], to ids: inout [Int32], limit: Int, hashes: inout [UInt64]
    ) {
        for segment in normalizedTokens.segments(of: bytes, in: bytes.indices) {
            switch segment {
            case .token(let id):
                ids.append(id)
            case .text(let range):
                var position = range.lowerBound
                while ids.count < limit,
                    let word = preTokenizer.nextWord(in: bytes, from: position, to: range.upperBound)
                {
                    model.append(word, of: bytes, to: &ids, hashes: &hashes)
                    position = word.upperBound
                }
            }
        }
    }
}
