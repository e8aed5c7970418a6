/// Why a `tokenizer.json` cannot be used.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The text is not JSON: what should stand at a byte offset.
    case malformedJSON(offset: Int, expected: String)
    /// A field, named by its path, is missing or holds something else.
    case invalidField(path: String, expected: String, found: String)
    /// A component of the pipeline that this tokenizer does not implement.
    case unsupported(component: String, found: String, supported: [String])
    /// A token that another part relies on is not in the vocabulary.
    case missingToken(String, neededBy: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "cannot read the tokenizer at \(path): \(reason)"
        case .malformedJSON(let offset, let expected):
            "tokenizer.json is not valid JSON: expected \(expected) at byte \(offset); fetch the file again"
        case .invalidField(let path, let expected, let found):
            "tokenizer.json: \(path) must be \(expected), not \(found)"
        case .unsupported(let component, let found, let supported):
            "tokenizer.json: \(component) \"\(found)\" is not supported; "
                + "use one of \(supported.joined(separator: ", "))"
        case .missingToken(let token, let user):
            "tokenizer.json: the vocabulary lacks \"\(token)\", which \(user) needs"
        }
    }
}
