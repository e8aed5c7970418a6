/// What can be wrong with a memory's settings or its bytes.
public enum ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
    case invalidConfiguration(name: String, value: Int, rule: String)
    /// The bytes are no memory, or both copies of its index are damaged.
    case unreadable(reason: String)
    case unsupportedVersion(found: Int, supported: Int)
    /// Readable, but not whole. ``ReplayMemory/recover(_:)`` returns what is left.
    case damaged([Damage])
    case codec(operation: String, reason: String)
    case indexOutOfRange(index: Int, count: Int)

    public var description: String {
        switch self {
        case .invalidConfiguration(let name, let value, let rule):
            "\(name) is \(value); it must be \(rule)"
        case .unreadable(let reason):
            "the replay memory cannot be read: \(reason); restore an earlier generation of it"
        case .unsupportedVersion(let found, let supported):
            "the replay memory has format version \(found); this program reads version \(supported)"
        case .damaged(let damages):
            "the replay memory is damaged: " + damages.map(\.description).joined(separator: "; ")
                + "; recover what is left of it, or restore an earlier generation"
        case .codec(let operation, let reason):
            "zstd could not \(operation): \(reason)"
        case .indexOutOfRange(let index, let count):
            "there is no exemplar \(index); the memory holds \(count), counted from 0"
        }
    }
}

/// One damaged part of an encoded memory and what it cost.
public enum Damage: Sendable, Hashable, CustomStringConvertible {
    /// One of the two headers; the other was used, nothing is lost.
    case header(Copy)
    /// One of the two copies of labels, dictionary and index; the other was used, nothing is lost.
    case index(Copy)
    /// A block's exemplars are lost.
    case block(number: Int, exemplars: Int, labels: [String])
    /// The length is wrong.
    case length(expected: Int, found: Int)

    public enum Copy: String, Sendable, Hashable { case first, second }

    /// Exemplars lost by it.
    public var lostExemplars: Int {
        if case .block(_, let exemplars, _) = self { exemplars } else { 0 }
    }

    public var description: String {
        switch self {
        case .header(let copy): "\(copy.rawValue) header, read from its copy"
        case .index(let copy): "\(copy.rawValue) index, read from its copy"
        case .block(let number, let exemplars, let labels):
            "block \(number), \(exemplars) exemplars of \(labels.joined(separator: ", ")) lost"
        case .length(let expected, let found): "\(found) bytes where \(expected) were written"
        }
    }
}
