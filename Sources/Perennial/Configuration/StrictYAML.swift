import Foundation
import Yams

/// YAML over defaults: missing keys keep their default, unknown keys and wrong types are errors with their line. A default
/// that is an empty mapping takes any keys.
enum StrictYAML {
    /// - Parameter source: name of the file, for messages.
    /// - Throws: ``ConfigurationError``.
    static func decode<Value: Codable>(_ text: String, over defaults: Value, source: String) throws -> Value {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError(source: source, message: "is not valid YAML: \(error)")
        }
        guard let base = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults)) as? [String: Any] else {
            throw ConfigurationError(source: source, message: "has defaults that are no mapping")
        }
        guard let root, root != Node("", Tag(.null)) else { return defaults }
        let merged = try merge(root, over: base, path: "", source: source)
        do {
            return try JSONDecoder().decode(Value.self, from: JSONSerialization.data(withJSONObject: merged))
        } catch let error as DecodingError {
            throw ConfigurationError(source: source, message: explain(error))
        }
    }

    private static func merge(_ node: Node, over base: [String: Any], path: String, source: String) throws -> [String:
        Any]
    {
        guard let mapping = node.mapping else {
            throw ConfigurationError(
                source: source, line: node.mark?.line,
                message: "\(path.isEmpty ? "the file" : path) must be a mapping of keys to values")
        }
        var merged = base
        for (keyNode, value) in mapping {
            let key = keyNode.string ?? ""
            let name = path.isEmpty ? key : "\(path).\(key)"
            guard let old = base[key] else {
                let known = base.keys.sorted().joined(separator: ", ")
                throw ConfigurationError(
                    source: source, line: keyNode.mark?.line, message: "unknown key \"\(name)\"; known here: \(known)")
            }
            if let section = old as? [String: Any], !section.isEmpty {
                merged[key] = try merge(value, over: section, path: name, source: source)
            } else {
                merged[key] = plain(value)
            }
        }
        return merged
    }

    private static func plain(_ node: Node) -> Any {
        if let sequence = node.sequence { return sequence.map(plain) }
        if let mapping = node.mapping {
            return Dictionary(mapping.map { ($0.key.string ?? "", plain($0.value)) }, uniquingKeysWith: { $1 })
        }
        return node.bool as Any? ?? node.int as Any? ?? node.float as Any? ?? node.string as Any? ?? NSNull()
    }

    private static func explain(_ error: DecodingError) -> String {
        func name(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        return switch error {
        case .typeMismatch(let type, let context): "\(name(context)) must be \(words(for: type))"
        case .dataCorrupted(let context): "\(name(context)): \(context.debugDescription)"
        case .keyNotFound(let key, let context): "\(name(context)) lacks \(key.stringValue)"
        case .valueNotFound(let type, let context): "\(name(context)) must be \(words(for: type)), not null"
        @unknown default: "\(error)"
        }
    }

    private static func words(for type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "a list"
        case is [String: Any].Type: "a mapping"
        default: "\(type)"
        }
    }
}

/// A configuration file that cannot be used: which file, which line, what is wrong.
struct ConfigurationError: ExitStatusProviding, Equatable {
    let source: String
    var line: Int?
    let message: String

    var exitStatus: ExitStatus { .badConfiguration }
    var description: String { "\(source)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
