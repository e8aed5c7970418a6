/// A kind of operation on a tape, as profiles tell them apart.
public enum Operation: String, Sendable, CaseIterable, Comparable {
    case embedding
    case frozenLinear = "frozen linear"
    case lowRank = "low rank"
    case attention
    case layerNorm = "layer norm"
    case gelu
    case dropout
    case pooling
    case head

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What an operation must at least do: arithmetic operations, a multiply-add counted as two, and bytes read and
/// written once each, whatever a cache may save.
struct OperationCost {
    var operations = 0
    var bytes = 0

    /// Of a pass over `elements` floats, read or written.
    static func streaming(_ elements: Int, operations: Int) -> Self {
        Self(operations: operations, bytes: elements * MemoryLayout<Float>.stride)
    }
}

/// Where the time of a thread's passes went, by operation.
public struct OperationProfile: Sendable {
    public struct Key: Sendable, Hashable, Comparable {
        public let operation: Operation
        public let isBackward: Bool

        public static func < (left: Self, right: Self) -> Bool {
            left.isBackward == right.isBackward ? left.operation < right.operation : right.isBackward
        }
    }

    public struct Entry: Sendable {
        public var calls = 0
        public var seconds = 0.0
        /// Arithmetic operations, a multiply-add counted as two.
        public var operations = 0.0
        public var bytes = 0.0
    }

    public private(set) var entries: [Key: Entry] = [:]

    mutating func add(_ operation: Operation, isBackward: Bool, seconds: Double, cost: OperationCost) {
        var entry = Entry(calls: 1, seconds: seconds)
        entry.operations = Double(cost.operations)
        entry.bytes = Double(cost.bytes)
        merge(entry, into: Key(operation: operation, isBackward: isBackward))
    }

    /// Adds another thread's profile.
    mutating func add(_ other: Self) {
        for (key, entry) in other.entries { merge(entry, into: key) }
    }

    private mutating func merge(_ entry: Entry, into key: Key) {
        entries[key, default: Entry()].calls += entry.calls
        entries[key, default: Entry()].seconds += entry.seconds
        entries[key, default: Entry()].operations += entry.operations
        entries[key, default: Entry()].bytes += entry.bytes
    }
}

extension Tape {
    /// Runs `body`, its time noted where the arena keeps a profile.
    func timed<Result>(
        _ operation: Operation, isBackward: Bool = false, _ cost: @autoclosure () -> OperationCost,
        _ body: () -> Result
    ) -> Result {
        if arena.profile == nil { return body() }
        let start = ContinuousClock.now
        let result = body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        arena.profile?.add(operation, isBackward: isBackward, seconds: seconds, cost: cost())
        return result
    }
}
