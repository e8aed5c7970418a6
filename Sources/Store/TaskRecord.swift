import Foundation
import GRDB
import Schema

/// A task as its row holds it, with the number other rows know it by.
struct TaskRecord {
    var id: Int64
    var value: LearningTask
    /// Updates that ended in a promotion; experiences are numbered from 1.
    var experiences: Int
    /// Of the adapter it shares; `nil` for a task with one of its own.
    var adapter: String? { value.sharing?.adapter }

    /// - Throws: ``StoreError/unknownTask(_:)``.
    static func find(_ db: Database, _ name: TaskName) throws -> TaskRecord {
        let sql = "SELECT * FROM task WHERE name = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [name.rawValue]) else {
            throw StoreError.unknownTask(name)
        }
        return try TaskRecord(db, row)
    }

    static func find(_ db: Database, id: Int64) throws -> TaskRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM task WHERE id = ?", arguments: [id]).map { try TaskRecord(db, $0) }
    }

    /// The number alone, without reading the labels.
    static func id(_ db: Database, _ name: TaskName) throws -> Int64 {
        let find = try db.cachedStatement(sql: "SELECT id FROM task WHERE name = ?")
        guard let id = try Int64.fetchOne(find, arguments: [name.rawValue]) else {
            throw StoreError.unknownTask(name)
        }
        return id
    }

    /// By name.
    static func all(_ db: Database) throws -> [TaskRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM task ORDER BY name").map { try TaskRecord(db, $0) }
    }

    /// The other tasks on the same adapter, by name.
    func sharers(_ db: Database) throws -> [TaskRecord] {
        let sql = "SELECT * FROM task WHERE adapter = ? AND id <> ? ORDER BY name"
        return try Row.fetchAll(db, sql: sql, arguments: [adapter, id]).map { try TaskRecord(db, $0) }
    }

    private init(_ db: Database, _ row: Row) throws {
        id = row["id"]
        experiences = row["experiences"]
        value = LearningTask(
            name: try TaskName(row["name"]), kind: try StoredValue.decode(row["kind"]), description: row["description"],
            labels: try Self.labels(db, task: id), update: try StoredValue.decodeJSON(row["policy"]),
            sharing: try (row["adapter"] as String?).map { try SharedAdapter(db, $0) },
            createdAt: Timestamp(seconds: row["created_at"]))
    }

    /// Declared ones first, as declared, then in order of arrival.
    private static func labels(_ db: Database, task: Int64) throws -> [String] {
        let sql = "SELECT name FROM label WHERE task = ? ORDER BY declared IS NULL, declared, id"
        return try String.fetchAll(db, sql: sql, arguments: [task])
    }
}

extension SharedAdapter {
    init(_ db: Database, _ adapter: String) throws {
        let sql = "SELECT name FROM task WHERE adapter = ? ORDER BY name"
        self.init(adapter: adapter, tasks: try String.fetchAll(db, sql: sql, arguments: [adapter]).map(TaskName.init))
    }
}

/// Values inside columns: enumerations as their raw text, structures as JSON with sorted keys.
enum StoredValue {
    static func decode<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\"\(text)\" is not a \(Value.self)")
        }
        return value
    }

    static func decodeJSON<Value: Decodable>(_ text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a stored \(Value.self) cannot be read")
        }
    }

    static func encodeJSON(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
