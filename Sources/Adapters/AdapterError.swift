/// What can be wrong with an adapter, its files or its fit to a base model.
public enum AdapterError: Error, Equatable, CustomStringConvertible {
    case invalidDigest(String)
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case missingFile(name: String, directory: String)
    case digestMismatch(directory: String, expected: String, actual: String)
    case damagedFile(path: String, expected: String, actual: String)
    case invalidFile(name: String, reason: String)
    case missingTensor(name: String, file: String)
    case unexpectedTensor(name: String, file: String)
    case shapeMismatch(tensor: String, expected: [Int], actual: [Int])
    case baseMismatch(expected: String, actual: String)
    case unsupported(file: String, field: String, value: String, expected: String)
    case labelsNotExtended(known: Int, proposed: Int)
    case duplicateLabel(String)
    case notShared(first: String, second: String)
    case unknownTarget(String)
    case invalidOption(field: String, value: String, expected: String)

    public var description: String {
        switch self {
        case .invalidDigest(let text):
            "\"\(text)\" is not a digest; expected \"sha256:\" and 64 lower-case hexadecimal digits"
        case .unreadable(let path, let reason):
            "cannot read \(path): \(reason)"
        case .unwritable(let path, let reason):
            "cannot write \(path): \(reason); check free space and permissions"
        case .missingFile(let name, let directory):
            "adapter directory \(directory) has no \(name); export or copy the adapter again"
        case .digestMismatch(let directory, let expected, let actual):
            "adapter directory \(directory) holds content \(actual) where its name promises \(expected): "
                + "its files were changed or damaged; restore it from a copy or roll back to another version"
        case .damagedFile(let path, let expected, let actual):
            "\(path) holds content \(actual) where its name promises \(expected): "
                + "it was changed or damaged; restore it from a copy or roll back to another version"
        case .invalidFile(let name, let reason):
            "\(name) is not valid: \(reason)"
        case .missingTensor(let name, let file):
            "\(file) has no tensor \"\(name)\", which adapter_config.json calls for"
        case .unexpectedTensor(let name, let file):
            "\(file) has a tensor \"\(name)\" that adapter_config.json does not call for"
        case .shapeMismatch(let tensor, let expected, let actual):
            "tensor \"\(tensor)\" has shape \(actual); this base model, rank and label list need \(expected)"
        case .baseMismatch(let expected, let actual):
            "the adapter was trained on base model \(expected), not on \(actual); load that base model"
        case .unsupported(let file, let field, let value, let expected):
            "\(file): \(field) is \(value); only \(expected) is supported"
        case .labelsNotExtended(let known, let proposed):
            "labels can only be appended: the first \(known) of the \(proposed) proposed labels must be the known ones"
        case .duplicateLabel(let label):
            "label \"\(label)\" is listed twice; labels of an adapter must be distinct"
        case .notShared(let first, let second):
            "tasks \"\(first)\" and \"\(second)\" share an adapter, but serve different low-rank updates; "
                + "promote versions that were made together"
        case .unknownTarget(let target):
            "\"\(target)\" does not name projections that the base model has in every layer; choose other targets"
        case .invalidOption(let field, let value, let expected):
            "\(field) is \(value); it must be \(expected)"
        }
    }
}
