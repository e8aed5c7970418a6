/// What became of the lines of one ingest. `accepted + duplicates + rejected` = lines received.
public struct IngestReport: Sendable, Hashable, Codable {
    public var accepted = 0
    public var duplicates = 0
    public var rejected = 0
    /// The first ``maximumErrors`` rejections.
    public var errors: [Rejection] = []
    /// Rejections that ``errors`` has no room for.
    public var errorsOmitted: Int { rejected - errors.count }
    /// Sequence numbers of the first and last accepted example; `nil` when none was accepted.
    public var firstSequence: Int64?
    public var lastSequence: Int64?

    public static let maximumErrors = 100

    public init() {}

    /// Adds a later part of the same stream.
    public mutating func merge(_ other: IngestReport) {
        accepted += other.accepted
        duplicates += other.duplicates
        rejected += other.rejected
        errors.append(contentsOf: other.errors.prefix(Self.maximumErrors - errors.count))
        firstSequence = firstSequence ?? other.firstSequence
        lastSequence = other.lastSequence ?? lastSequence
    }

    public mutating func reject(_ rejection: Rejection) {
        rejected += 1
        if errors.count < Self.maximumErrors { errors.append(rejection) }
    }

    enum CodingKeys: String, CodingKey {
        case accepted, duplicates, rejected, errors
        case firstSequence = "first_sequence"
        case lastSequence = "last_sequence"
    }

    /// What follows from the other fields, and is not read.
    private enum DerivedKeys: String, CodingKey {
        case errorsOmitted = "errors_omitted"
    }

    /// Contract: every field is present, `null` where it does not apply.
    public func encode(to encoder: any Encoder) throws {
        var derived = encoder.container(keyedBy: DerivedKeys.self)
        try derived.encode(errorsOmitted, forKey: .errorsOmitted)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(accepted, forKey: .accepted)
        try values.encode(duplicates, forKey: .duplicates)
        try values.encode(rejected, forKey: .rejected)
        try values.encode(errors, forKey: .errors)
        try values.encode(firstSequence, forKey: .firstSequence)
        try values.encode(lastSequence, forKey: .lastSequence)
    }
}

/// Why one line was not taken: which line, which field, which rule, and what would be right.
public struct Rejection: Sendable, Hashable, Codable, Error {
    /// 1-based line of the body or file; the header of a CSV file is line 1.
    public var line: Int
    /// Of several that were sent together; `nil` where there is but one.
    public var file: String?
    public var field: String?
    /// Machine-readable rule, e.g. `missing_field`, `wrong_type`, `too_long`, `unknown_field`, `invalid_json`.
    public var code: String
    public var message: String

    public init(line: Int, field: String?, code: String, message: String) {
        self.line = line
        self.field = field
        self.code = code
        self.message = message
    }

    /// Contract: every field but the file is present, `null` where it does not apply.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(file, forKey: .file)
        try values.encode(line, forKey: .line)
        try values.encode(field, forKey: .field)
        try values.encode(code, forKey: .code)
        try values.encode(message, forKey: .message)
    }

    enum CodingKeys: CodingKey { case line, file, field, code, message }
}
