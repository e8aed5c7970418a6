/// Why a model directory cannot be used.
public enum TransformerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `config.json` cannot be read or does not hold what the model needs.
    case invalidConfiguration(path: String, reason: String)
    /// `config.json` names a kind of model that is not known here.
    case unsupportedModelType(path: String, found: String, supported: [String])
    /// A setting has a value that the model cannot follow.
    case unsupportedSetting(path: String, key: String, found: String, expected: String)

    public var description: String {
        switch self {
        case .invalidConfiguration(let path, let reason):
            "\(path) is not a usable model configuration: \(reason)"
        case .unsupportedModelType(let path, let found, let supported):
            "\(path) is a model of type \"\(found)\"; supported are \(supported.joined(separator: ", "))"
        case .unsupportedSetting(let path, let key, let found, let expected):
            "\(path): \(key) is \(found), expected \(expected)"
        }
    }
}
