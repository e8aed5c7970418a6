import Foundation
import GRDB
import Glibc
import Schema
import Synchronization

/// Everything a home remembers besides files: tasks, the ledger of examples, updates, the adapter registry,
/// held-out slices and evaluations, in one SQLite database.
///
/// Several processes may open the same home. Every method is one transaction: it happens in whole or not at all,
/// and once it has returned it survives a power cut (write-ahead log, `synchronous=FULL`). Nothing blocks the caller's
/// thread: SQLite runs on GRDB's own queues.
///
/// All methods throw ``StoreError``, or `CancellationError` when the calling task is cancelled before its transaction
/// began to commit.
public final class Store: Sendable {
    public let home: Home
    let appends: AppendQueue
    let servedTasks = ServedTasks()
    private let pool: DatabasePool
    /// A connection that never writes, so that `data_version` also moves for this process's own commits.
    private let observer: DatabaseQueue

    /// Opens the home's database, and makes both where they are missing.
    ///
    /// - Throws: ``StoreError/newerDatabase(path:)`` when a newer program has migrated it,
    ///   ``StoreError/cannotOpen(path:reason:)``, ``StoreError/corrupt(path:reason:)``.
    public init(home: Home) throws {
        self.home = home
        try home.create()
        let path = home.database.path
        let lock = try Self.lock(home.root.path)
        defer { Glibc.close(lock) }
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration())
            try pool.writeWithoutTransaction { db in
                // Opening in WAL mode lowers this to NORMAL, where a power cut can undo a commit.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Hashes arrive in random order, so a large ledger touches many index pages in each transaction: keep
                // them cached, and write them back less often.
                try db.execute(sql: "PRAGMA cache_size = -16384")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            }
            try Self.migrate(pool, path: path)
            var reading = Self.configuration()
            reading.readonly = true
            observer = try DatabaseQueue(path: path, configuration: reading)
        } catch {
            throw StoreError(error, path: path)
        }
        appends = AppendQueue(pool: pool)
    }

    /// Waits for what is under way and closes the database; later calls throw.
    ///
    /// What is in the write-ahead log is copied into the database first, so that a copy of that one file is whole once the
    /// last process has closed it.
    public func close() throws {
        do {
            try observer.close()
            copyLog()
            try pool.close()
        } catch {
            throw StoreError(error, path: home.database.path)
        }
    }

    /// SQLite does it only where the last connection to close may write, and ours that may is closed before its readers.
    ///
    /// Nothing is lost where it fails, as it does while another process reads or writes: that one does it in turn. The log
    /// stays as it is: without it a home that cannot be written could not be read.
    private func copyLog() {
        try? pool.writeWithoutTransaction { db in
            // Nobody is waited for.
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            _ = try db.checkpoint(.full)
        }
    }

    /// Frees what is cached of the database; it is read again when it is needed. Blocks until no access is under way.
    public func releaseMemory() {
        pool.releaseMemory()
        observer.releaseMemory()
    }

    /// A number that changes whenever any connection, of this process or another, has committed. Costs microseconds.
    public func dataVersion() async throws -> Int64 {
        do {
            return try await observer.read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
        } catch {
            throw StoreError.wrap(error, path: home.database.path)
        }
    }

    /// Runs `body` on a consistent snapshot, on a reader's queue.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError.wrap(error, path: home.database.path)
        }
    }

    /// Runs `body` in one immediate transaction on the writer's queue; an error undoes all of it.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            throw StoreError.wrap(error, path: home.database.path)
        }
    }

    /// Seconds to wait for another process: longer than the longest transaction, one of a few thousand appended examples
    /// or the end of an update.
    private static let patience = 20.0

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "perennial.store"
        configuration.busyMode = .timeout(patience)
        configuration.maximumReaderCount = 4
        return configuration
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws {
        let migrator = StoreMigrations.migrator
        guard try pool.read({ try !migrator.hasBeenSuperseded($0) }) else { throw StoreError.newerDatabase(path: path) }
        try migrator.migrate(pool)
    }

    /// Waits until no other process opens the same home: SQLite does not let two make or migrate a database at once, and
    /// tells the second that it is busy instead of having it wait.
    ///
    /// - Returns: a descriptor that holds the lock until it is closed.
    private static func lock(_ directory: String) throws -> Int32 {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError.cannotOpen(path: directory, reason: String(cString: strerror(errno)))
        }
        let deadline = ContinuousClock.now + .seconds(patience)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let failure = errno
            if failure == EWOULDBLOCK || failure == EINTR, ContinuousClock.now < deadline {
                usleep(2_000)
                continue
            }
            Glibc.close(descriptor)
            throw failure == EWOULDBLOCK
                ? StoreError.busy(path: directory)
                : StoreError.cannotOpen(path: directory, reason: String(cString: strerror(failure)))
        }
        return descriptor
    }
}
