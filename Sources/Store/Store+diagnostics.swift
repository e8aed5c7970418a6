import GRDB

/// How the database is kept, for `doctor`.
public struct StoreDiagnostics: Sendable, Hashable, Codable {
    public var sqliteVersion: String
    /// `wal`: readers never wait for the writer.
    public var journalMode: String
    /// 2 is `FULL`: a commit survives a power cut.
    public var synchronous: Int
    public var foreignKeys: Bool
    /// The database file, without its write-ahead log.
    public var bytes: Int

    enum CodingKeys: String, CodingKey {
        case sqliteVersion = "sqlite_version"
        case journalMode = "journal_mode"
        case synchronous
        case foreignKeys = "foreign_keys"
        case bytes
    }
}

extension Store {
    /// How the connection that writes is set up.
    public func diagnostics() async throws -> StoreDiagnostics {
        try await write { db in
            StoreDiagnostics(
                sqliteVersion: try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "",
                journalMode: try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                synchronous: try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0,
                foreignKeys: try Bool.fetchOne(db, sql: "PRAGMA foreign_keys") ?? false,
                bytes: try Int.fetchOne(
                    db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0)
        }
    }
}
