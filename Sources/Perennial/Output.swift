import Foundation

/// JSON as we print it: sorted keys, slashes as they are.
enum JSON {
    static func text(_ value: some Encodable, pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func print(_ value: some Encodable) throws { Console.line(try text(value)) }
    static func printLine(_ value: some Encodable) throws { Console.line(try text(value, pretty: false)) }
}
