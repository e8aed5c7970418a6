import GRDB

/// How a task spells its labels, where Unicode has several ways: SQLite compares bytes, everything that learns compares
/// characters, so the first spelling is kept.
struct LabelSpellings {
    /// Read at the first name that is not plain ASCII and not known as it is written.
    private var names: Set<String>?

    /// The task's own spelling of a label; `nil` where it does not know it.
    mutating func known(_ db: Database, _ task: Int64, _ name: String) throws -> String? {
        guard Self.isAmbiguous(name) else { return nil }
        let names =
            try names
            ?? Set(
                String.fetchAll(
                    db.cachedStatement(sql: "SELECT name FROM label WHERE task = ? ORDER BY id"), arguments: [task]))
        self.names = names
        return names.firstIndex(of: name).map { names[$0] }
    }

    /// Takes note of a label that is new to the task.
    mutating func add(_ name: String) {
        if Self.isAmbiguous(name) { names?.insert(name) }
    }

    private static func isAmbiguous(_ name: String) -> Bool { name.utf8.contains { $0 >= 0x80 } }
}
