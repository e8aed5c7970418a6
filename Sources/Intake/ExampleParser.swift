import Schema

/// Bytes → examples, fed part by part so that a file or body of any length needs little memory.
///
///     var parser = ExampleParser(format: .ndjson)
///     for chunk in chunks {
///         var batch = ExampleBatch()
///         try parser.parse(chunk, into: &batch)
///     }
///     try parser.finish(into: &batch)
///
/// Every line ends as an example or as a rejection; blank lines are no lines. NDJSON and CSV give examples as
/// they arrive; JSON gives all of them at ``finish(into:)``.
public struct ExampleParser: Sendable {
    private enum State: Sendable {
        case json(JSONDocumentParser)
        case ndjson(NDJSONParser)
        case csv(CSVParser)
    }

    private var state: State

    public init(format: ExampleFormat) {
        switch format {
        case .json: state = .json(JSONDocumentParser())
        case .ndjson: state = .ndjson(NDJSONParser())
        case .csv: state = .csv(CSVParser())
        }
    }

    /// - Throws: `Rejection` of the whole input, before any example of it was given: a CSV header without a `text`
    ///   column, JSON that does not parse. What one line does wrong is in `batch` instead.
    public mutating func parse(_ chunk: [UInt8], into batch: inout ExampleBatch) throws(Rejection) {
        switch state {
        case .json(var parser):
            // Emptied while the parser works on its own copy, so that buffers stay uniquely referenced.
            state = .ndjson(NDJSONParser())
            defer { state = .json(parser) }
            try parser.parse(chunk)
        case .ndjson(var parser):
            state = .ndjson(NDJSONParser())
            defer { state = .ndjson(parser) }
            parser.parse(chunk, into: &batch)
        case .csv(var parser):
            state = .ndjson(NDJSONParser())
            defer { state = .csv(parser) }
            try parser.parse(chunk, into: &batch)
        }
    }

    /// Ends the input: what was still waiting for more bytes is taken as it stands.
    ///
    /// - Throws: as ``parse(_:into:)``.
    public mutating func finish(into batch: inout ExampleBatch) throws(Rejection) {
        switch state {
        case .json(let parser): try parser.finish(into: &batch)
        case .ndjson(var parser): parser.finish(into: &batch)
        case .csv(var parser): try parser.finish(into: &batch)
        }
    }

    /// Parses a whole input.
    ///
    /// - Throws: as ``parse(_:into:)``.
    public static func parse(_ bytes: [UInt8], format: ExampleFormat) throws(Rejection) -> ExampleBatch {
        var parser = Self(format: format)
        var batch = ExampleBatch()
        try parser.parse(bytes, into: &batch)
        try parser.finish(into: &batch)
        return batch
    }
}
