import Schema

/// What one part of a stream held: the examples that keep every rule, and why the others do not.
public struct ExampleBatch: Sendable {
    public var examples: [NumberedExample] = []
    /// How many lines were refused, and the first ``IngestReport/maximumErrors`` of them in words.
    public private(set) var refused = IngestReport()

    public init() {}

    /// Examples and rejections together: the lines received so far.
    public var count: Int { examples.count + refused.rejected }

    mutating func accept(_ example: Example, line: Int) {
        examples.append(NumberedExample(line: line, example: example))
    }

    /// Words are made only for rejections that will be shown, so a body of bad lines costs no more than a good one.
    mutating func reject(_ fault: Fault, line: Int) {
        refused.rejected += 1
        if refused.errors.count < IngestReport.maximumErrors { refused.errors.append(fault.rejection(line: line)) }
    }
}

/// An example and where it stood.
public struct NumberedExample: Sendable, Hashable {
    /// 1-based line of the body or file; in JSON, position among the examples.
    public var line: Int
    public var example: Example

    public init(line: Int, example: Example) {
        self.line = line
        self.example = example
    }
}
