import Schema

/// One JSON document: an example, an array of examples, or `{"examples": […]}`.
struct JSONDocumentParser: Sendable {
    /// A document is held in memory until it ends.
    static let maximumBytes = 268_435_456

    private var bytes: [UInt8] = []

    mutating func parse(_ chunk: [UInt8]) throws(Rejection) {
        guard bytes.count + chunk.count <= Self.maximumBytes else {
            throw Fault.documentTooLong(limit: Self.maximumBytes).rejection(line: 1)
        }
        bytes.append(contentsOf: chunk)
    }

    /// Gives all examples, numbered by their position, or none: a document that is not JSON says nothing reliable.
    func finish(into batch: inout ExampleBatch) throws(Rejection) {
        var scanner = JSONScanner(bytes, in: 0..<bytes.count)
        var found = ExampleBatch()
        do {
            try Self.document(&scanner, into: &found)
        } catch {
            throw error.rejection(line: line(at: scanner.position))
        }
        batch = found
    }

    private static func document(_ scanner: inout JSONScanner, into batch: inout ExampleBatch) throws(Fault) {
        scanner.skipByteOrderMark()
        scanner.skipWhitespace()
        if scanner.isAtEnd { throw .emptyDocument }
        if scanner.current == UInt8(ascii: "[") {
            try array(&scanner, into: &batch)
        } else if scanner.consumeEnvelope() {
            scanner.skipWhitespace()
            guard scanner.current == UInt8(ascii: "[") else { throw scanner.fault("an array of examples") }
            try array(&scanner, into: &batch)
            if scanner.consume(UInt8(ascii: ",")) {
                scanner.skipWhitespace()
                throw .unknown(try scanner.string(), known: "\"examples\" alone")
            }
            try scanner.expect(UInt8(ascii: "}"), "'}'")
        } else {
            try element(&scanner, number: 1, into: &batch)
        }
        try scanner.expectEnd()
    }

    private static func array(_ scanner: inout JSONScanner, into batch: inout ExampleBatch) throws(Fault) {
        scanner.position += 1
        if scanner.consume(UInt8(ascii: "]")) { return }
        var number = 0
        repeat {
            scanner.skipWhitespace()
            number += 1
            try element(&scanner, number: number, into: &batch)
        } while scanner.consume(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "]"), "',' or ']'")
    }

    private static func element(
        _ scanner: inout JSONScanner, number: Int, into batch: inout ExampleBatch
    ) throws(Fault) {
        switch try scanner.example() {
        case .success(let example): batch.accept(example, line: number)
        case .failure(let fault): batch.reject(fault, line: number)
        }
    }

    private func line(at position: Int) -> Int {
        1 + bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    }
}

extension JSONScanner {
    /// Skips `{"examples":` if it stands at the position.
    fileprivate mutating func consumeEnvelope() -> Bool {
        var ahead = self
        guard ahead.consume(UInt8(ascii: "{")) else { return false }
        ahead.skipWhitespace()
        guard (try? ahead.string()) == "examples", ahead.consume(UInt8(ascii: ":")) else { return false }
        self = ahead
        return true
    }
}
