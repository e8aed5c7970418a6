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

    /// As a service answered it, with one line feed at its end.
    static func printAnswer(_ data: Data) {
        Console.line(String(decoding: data.last == UInt8(ascii: "\n") ? data.dropLast() : data, as: UTF8.self))
    }
}

/// CSV as RFC 4180 has it.
enum CSV {
    static func print(_ header: [String], _ rows: [[String]]) {
        Console.output(([header] + rows).map(line).joined())
    }

    private static func line(_ cells: [String]) -> String { cells.map(quoted).joined(separator: ",") + "\r\n" }

    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    /// Empty for what is not known.
    static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}
