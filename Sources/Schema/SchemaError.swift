/// What can be wrong with a value before any stage has looked at it.
public enum SchemaError: Error, Equatable, CustomStringConvertible {
    case invalidTaskName(String)
    case invalidAdapterReference(String)

    public var description: String {
        switch self {
        case .invalidTaskName(let name):
            "task name \"\(name)\" is not valid; use 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit"
        case .invalidAdapterReference(let text):
            "adapter \"\(text)\" is not valid; use \"champion\", a version such as \"v3\", or a digest such as \"sha256:…\""
        }
    }
}
