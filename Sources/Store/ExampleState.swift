/// Where an accepted example is. Each is in exactly one state.
///
///     pending → claimed → consumed          trained on, and part of a promoted adapter
///        ↑         ├────→ heldOut           in a held-out slice
///        └─────────┤                        its update was rejected, failed or was cancelled
///               parked → pending            given back too often; released by command
///     claimed → quarantined → pending       its label is doubted; released by command …
///                    └──────→ dropped       … or dropped by command, its hash left for deduplication
///     any → superseded                      relabelled or replaced
enum ExampleState: Int, CustomStringConvertible {
    case pending = 0
    case claimed = 1
    case consumed = 2
    case parked = 3
    case superseded = 4
    case heldOut = 5
    case quarantined = 6
    case dropped = 7

    /// As SQL. Literals, not bound values, so that SQLite can see that a partial index applies.
    var description: String { String(rawValue) }

    /// States of the examples an update holds: a superseded one is held until the update ends, so that a restarted
    /// update has the same inputs.
    static let held = "state IN (\(claimed), \(superseded))"
    static let open = "state IN (\(pending), \(parked))"
    /// States of the examples that were set aside, whatever a reviewer decided.
    static let doubted = "state IN (\(quarantined), \(dropped))"
}
