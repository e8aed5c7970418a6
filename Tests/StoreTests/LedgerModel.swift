import Schema
import Store

/// The ledger's rules as plain values: what the database must agree with after any sequence of operations.
///
/// Held-out sides are not modelled (each test fixes the share at 0 or reads the sides back), superseded examples are
/// only counted.
struct LedgerModel {
    struct Row: Equatable {
        var text: String
        var label: String
        var id: String?
        var state: State
        var rejections = 0
        var failures = 0
        var wasClaimed = false
    }

    enum State: Equatable { case pending, claimed, consumed, parked }

    private(set) var live: [Row] = []
    private(set) var superseded = 0
    private(set) var accepted = 0
    /// Rows the running update holds, as they were claimed.
    private(set) var claim: [Row]?
    private(set) var removals: Set<String> = []
    /// Whether the newest update was cancelled, and nothing has come since.
    private var wasCancelled = false

    mutating func append(_ example: Example) -> Bool {
        let byText = live.firstIndex { $0.text == example.text }
        let byID = example.id.flatMap { id in live.firstIndex { $0.id == id } }
        var leaving: [Int] = []
        var isDuplicate = false
        if let byID, byID != byText { leaving.append(byID) }
        if let byText {
            if live[byText].label == example.label { isDuplicate = true } else { leaving.append(byText) }
        }
        for index in leaving.sorted(by: >) {
            let row = live.remove(at: index)
            superseded += 1
            if row.state == .claimed || row.state == .consumed { removals.insert(row.text) }
        }
        if !isDuplicate {
            accepted += 1
            wasCancelled = false
            live.append(Row(text: example.text, label: example.label, id: example.id, state: .pending))
        }
        return !isDuplicate
    }

    var pending: [Row] { live.filter { $0.state == .pending } }

    /// What should start an update.
    var fresh: Int { wasCancelled ? 0 : pending.count { $0.rejections + $0.failures == 0 } }

    func count(_ state: State) -> Int { live.count { $0.state == state } }

    mutating func claimAll() {
        claim = pending
        wasCancelled = false
        for index in live.indices where live[index].state == .pending { live[index].state = .claimed }
    }

    mutating func promote() {
        for index in live.indices where live[index].state == .claimed { live[index].state = .consumed }
        claim = nil
    }

    mutating func giveBack(_ fault: WritableKeyPath<Row, Int>?) {
        for index in live.indices where live[index].state == .claimed {
            if let fault { live[index][keyPath: fault] += 1 }
            live[index].state = fault.map { live[index][keyPath: $0] >= 3 } == true ? .parked : .pending
        }
        claim = nil
        wasCancelled = fault == nil
    }

    mutating func release() {
        for index in live.indices where live[index].state == .parked {
            live[index].state = .pending
            live[index].rejections = 0
            live[index].failures = 0
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same operations for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
