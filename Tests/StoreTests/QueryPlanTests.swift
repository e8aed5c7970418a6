import GRDB
import Store
import Testing

/// What is asked over and over costs the same, however much was learned before.
struct QueryPlanTests {
    /// Statements, a value for each of their parameters, and what SQLite is to find rows by.
    private static let statements: [(sql: String, values: [Int64], steps: [String])] = [
        (Store.selectNextUpdate, [], ["update_run USING INDEX update_active", "other USING INDEX update_active"]),
        (Store.selectIsTraining, [], ["update_run USING COVERING INDEX update_active"]),
        (Store.selectRunningUpdates, [], ["update_run USING INDEX update_active"]),
        (Store.countFinishedUpdates, [0], ["update_run USING COVERING INDEX update_finished"]),
        (Store.selectNewestUpdates, [], ["update_run USING INTEGER PRIMARY KEY", "mine USING COVERING INDEX"]),
        (Store.selectWithdrawn, [1, 1], ["example USING INDEX example_withdrawn (task=? AND rowid>?)"]),
        // As each text that was superseded before is looked for when it arrives.
        (
            "SELECT trained FROM example WHERE task = 1 AND text_hash = ? AND state = 4 ORDER BY sequence DESC LIMIT 1",
            [0], ["example USING INDEX example_superseded (task=? AND text_hash=?)"]
        ),
    ]

    @Test(arguments: statements.indices)
    func `no statement that is polled looks through the history`(index: Int) async throws {
        let statement = Self.statements[index]
        try await StoreFixture.with { fixture in
            let plan = try await fixture.database().read { db in
                try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN " + statement.sql, arguments: StatementArguments(statement.values)
                ).map { $0["detail"] as String }
            }
            for step in statement.steps { #expect(plan.contains { $0.hasPrefix("SEARCH " + step) }, "\(plan)") }
            for table in ["update_run", "other", "mine", "example"] {
                #expect(!plan.contains { $0.hasPrefix("SCAN " + table) }, "\(plan)")
            }
        }
    }
}
