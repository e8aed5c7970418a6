/// The parts of a tokenizer, checked and built from the fields of a `tokenizer.json`.
struct TokenizerConfiguration {
    private(set) var verbatimTokens: [AddedToken] = []
    private(set) var normalizedTokens: [AddedToken] = []
    let normalizer: Normalizer
    let preTokenizer: PreTokenizer
    let model: WordPiece
    /// Special tokens before and after the text.
    let prefix: [Int32]
    let suffix: [Int32]
    let vocabularySize: Int

    init(_ root: JSONField) throws {
        let vocabulary = try Self.vocabulary(root["model"])
        normalizer = Normalizer(steps: try Self.normalizerSteps(root["normalizer"]))
        preTokenizer = PreTokenizer(steps: Set(try Self.preTokenizerSteps(root["pre_tokenizer"])))
        model = try Self.wordPiece(root["model"], vocabulary)
        (prefix, suffix) = try Self.specialTokens(root["post_processor"])

        var greatestID = (vocabulary.map(\.id) + prefix + suffix).max() ?? -1
        for field in root["added_tokens"].isNull ? [] : try root["added_tokens"].elements() {
            let isNormalized = try field["normalized"].bool(default: true)
            let content = Array(try field["content"].string().utf8)
            let token = AddedToken(
                content: isNormalized ? normalizer.normalize(content, in: content.indices) : content,
                id: try field["id"].index(), singleWord: try field["single_word"].bool(default: false),
                stripsLeft: try field["lstrip"].bool(default: false),
                stripsRight: try field["rstrip"].bool(default: false))
            if isNormalized { normalizedTokens.append(token) } else { verbatimTokens.append(token) }
            greatestID = max(greatestID, token.id)
        }
        vocabularySize = Int(greatestID) + 1
    }

    // MARK: Normaliser

    private static func normalizerSteps(_ field: JSONField) throws -> [Normalizer.Step] {
        if field.isNull { return [] }
        switch try field["type"].string() {
        case "BertNormalizer":
            let lowercases = try field["lowercase"].bool(default: true)
            var steps: [Normalizer.Step] = []
            if try field["clean_text"].bool(default: true) { steps.append(.cleanText) }
            if try field["handle_chinese_chars"].bool(default: true) { steps.append(.separateIdeographs) }
            if try field["strip_accents"].bool(default: lowercases) { steps += [.decompose, .removeNonspacingMarks] }
            if lowercases { steps.append(.lowercase) }
            return steps
        case "Lowercase": return [.lowercase]
        case "NFD": return [.decompose]
        case "StripAccents": return [.removeMarks]
        case "Sequence": return try field["normalizers"].elements().flatMap(normalizerSteps)
        case let other:
            throw TokenizerError.unsupported(
                component: field.path, found: other,
                supported: ["BertNormalizer", "Lowercase", "NFD", "StripAccents", "Sequence"])
        }
    }

    // MARK: Pre-tokeniser

    private static func preTokenizerSteps(_ field: JSONField) throws -> [PreTokenizer.Step] {
        if field.isNull { return [] }
        switch try field["type"].string() {
        case "BertPreTokenizer": return [.bert]
        case "Whitespace": return [.whitespace]
        case "WhitespaceSplit": return [.whitespaceSplit]
        case "Punctuation":
            let behavior = field["behavior"]
            if !behavior.isNull, try behavior.string() != "Isolated" {
                throw TokenizerError.unsupported(
                    component: behavior.path, found: try behavior.string(), supported: ["Isolated"])
            }
            return [.punctuation]
        case "Sequence": return try field["pretokenizers"].elements().flatMap(preTokenizerSteps)
        case let other:
            throw TokenizerError.unsupported(
                component: field.path, found: other,
                supported: ["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Sequence"])
        }
    }

    // MARK: Model

    private static func vocabulary(_ field: JSONField) throws -> [(token: String, id: Int32)] {
        // Files of early releases name no type, and then it is told by its fields.
        let type = field["type"].isNull && !field["continuing_subword_prefix"].isNull ? "WordPiece" : nil
        let found = try type ?? field["type"].string()
        guard found == "WordPiece" else {
            throw TokenizerError.unsupported(component: field.path, found: found, supported: ["WordPiece"])
        }
        return try field["vocab"].members().map { (token: $0.name, id: try $0.field.index()) }
    }

    private static func wordPiece(
        _ field: JSONField, _ vocabulary: [(token: String, id: Int32)]
    ) throws -> WordPiece {
        let unknown = try field["unk_token"].string()
        guard let unknownID = vocabulary.first(where: { $0.token.utf8.elementsEqual(unknown.utf8) })?.id else {
            throw TokenizerError.missingToken(unknown, neededBy: "\(field.path).unk_token")
        }
        let longestWord = field["max_input_chars_per_word"]
        return WordPiece(
            vocabulary: vocabulary, continuationPrefix: try field["continuing_subword_prefix"].string(),
            unknownID: unknownID, maximumScalars: longestWord.isNull ? 100 : Int(try longestWord.index()))
    }

    // MARK: Post-processor

    private static func specialTokens(_ field: JSONField) throws -> (prefix: [Int32], suffix: [Int32]) {
        if field.isNull { return ([], []) }
        switch try field["type"].string() {
        case "TemplateProcessing": return try template(field)
        case "BertProcessing": return ([try pairedID(field["cls"])], [try pairedID(field["sep"])])
        case let other:
            throw TokenizerError.unsupported(
                component: field.path, found: other, supported: ["TemplateProcessing", "BertProcessing"])
        }
    }

    /// The id in a `["[SEP]", 102]`.
    private static func pairedID(_ field: JSONField) throws -> Int32 {
        let pair = try field.elements()
        guard pair.count == 2 else { throw field.mismatch("a token and its id") }
        return try pair[1].index()
    }

    private static func template(_ field: JSONField) throws -> (prefix: [Int32], suffix: [Int32]) {
        var parts: [[Int32]] = [[]]
        for piece in try field["single"].elements() {
            if !piece["SpecialToken"].isNull {
                let name = try piece["SpecialToken"]["id"].string()
                let token = field["special_tokens"][name]
                guard !token.isNull else { throw TokenizerError.missingToken(name, neededBy: piece.path) }
                parts[parts.count - 1] += try token["ids"].elements().map { try $0.index() }
            } else {
                guard try piece["Sequence"]["id"].string() == "A" else { throw piece.mismatch("sequence A") }
                parts.append([])
            }
        }
        guard parts.count == 2 else { throw field["single"].mismatch("a template with sequence A once") }
        return (parts[0], parts[1])
    }
}
