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
        func decoded(_ values: [String: Any]) throws -> Value {
            try JSONDecoder().decode(Value.self, from: JSONSerialization.data(withJSONObject: values))
        }
        do {
            return try decoded(merged)
        } catch let error as DecodingError {
            // The decoder does not say which number does not fit its place.
            let words = misfit(merged, base, path: "") { values in
                do {
                    _ = try decoded(values)
                } catch DecodingError.dataCorrupted(let context) {
                    return !context.codingPath.isEmpty
                } catch {}
                return true
            }
            throw ConfigurationError(source: source, message: words ?? explain(error))
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
                merged[key] = try plain(value, name, source: source)
            }
        }
        return merged
    }

    private static func plain(_ node: Node, _ name: String, source: String) throws -> Any {
        if let sequence = node.sequence { return try sequence.map { try plain($0, name, source: source) } }
        if let mapping = node.mapping {
            let values = try mapping.map { ($0.key.string ?? "", try plain($0.value, name, source: source)) }
            return Dictionary(values, uniquingKeysWith: { $1 })
        }
        if let number = node.float, !number.isFinite {
            throw ConfigurationError(
                source: source, line: node.mark?.line, message: "\(name) must be a finite number, not \(number)")
        }
        return node.bool as Any? ?? node.int as Any? ?? node.float as Any? ?? node.string as Any? ?? NSNull()
    }

    /// Names the first number that does not fit its place, each tried alone over the defaults.
    ///
    /// - Parameter fits: whether these values in the place of `base` have no such number.
    private static func misfit(
        _ values: [String: Any], _ base: [String: Any], path: String, fits: ([String: Any]) -> Bool
    ) -> String? {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            var alone = base
            alone[key] = value
            guard !fits(alone) else { continue }
            let name = path.isEmpty ? key : "\(path).\(key)"
            guard let section = value as? [String: Any], let old = base[key] as? [String: Any] else {
                return "\(name) must be \(words(forMisfit: value)), not \(value)"
            }
            return misfit(section, old, path: name) { values in
                var all = base
                all[key] = values
                return fits(all)
            }
        }
        return nil
    }

    private static func words(forMisfit value: Any) -> String {
        switch value {
        case let number as Int where number < 0: "a whole number of at least 0"
        case let number as Double where number == number.rounded(): "a whole number of at most 18 digits"
        default: "a whole number"
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func name(_ context: DecodingError.Context) -> String {
            context.codingPath.reduce("") { path, key in
                if let index = key.intValue { return "\(path)[\(index)]" }
                return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
            }
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
