import Foundation
import GRDB
import Schema
import Store
import Testing

@Suite("Durability")
struct DurabilityTests {
    @Test(
        "a promotion that is cut at any of its writes leaves nothing, and succeeds when repeated",
        arguments: [
            "INSERT ON replay_generation", "INSERT ON version", "INSERT ON alias_move", "UPDATE ON version",
            "UPDATE ON example", "UPDATE OF experiences ON task", "INSERT ON evaluation", "UPDATE ON update_run",
        ])
    func cutPromotion(write: String) async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            let examples = (0..<8).map { Example(text: "text \($0)", label: "x") }
            try await fixture.append(examples)
            let work = try await fixture.claim()
            let generation = ReplayGeneration(digest: Candidate.digest("g"), examples: 1, bytes: 1)
            let promotion = Promotion.fixture(work, replay: generation)

            let database = try fixture.database()
            let before = try await Self.dump(database)
            try await database.write {
                try $0.execute(sql: "CREATE TRIGGER cut AFTER \(write) BEGIN SELECT RAISE(ABORT, 'cut'); END")
            }
            await #expect(throws: StoreError.self) { _ = try await fixture.store.promote(work.update.id, promotion) }
            try await database.write { try $0.execute(sql: "DROP TRIGGER cut") }
            #expect(try await Self.dump(database) == before)
            #expect(try await fixture.store.promote(work.update.id, promotion).version == "v1")
        }
    }

    @Test("an append that is cut leaves nothing, and every caller of its transaction is told")
    func cutAppend() async throws {
        try await StoreFixture.with { fixture in
            let database = try fixture.database()
            try await database.write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER cut AFTER INSERT ON example WHEN new.text = 'bad'
                        BEGIN SELECT RAISE(ABORT, 'cut'); END
                        """)
            }
            let batch = LedgerBatch(
                entries: ["good", "bad"].enumerated().map {
                    LedgerEntry(line: $0.offset, example: Example(text: $0.element, label: "x"))
                }, idempotency: IdempotencyKey(key: "k", bodyDigest: Data([1])))
            await #expect(throws: StoreError.self) { _ = try await fixture.store.append(batch, to: fixture.task) }
            #expect(try await fixture.store.counts(fixture.task).total == 0)
            #expect(try await fixture.store.task(fixture.task).labels.isEmpty)
            try await database.write { try $0.execute(sql: "DROP TRIGGER cut") }
            let answer = try await fixture.store.append(batch, to: fixture.task)
            #expect(!answer.replayed && answer.report.accepted == 2)
        }
    }

    @Test("a commit survives a power cut, and readers do not wait for it")
    func settings() async throws {
        try await StoreFixture.with { fixture in
            let diagnostics = try await fixture.store.diagnostics()
            #expect(diagnostics.journalMode == "wal" && diagnostics.synchronous == 2 && diagnostics.foreignKeys)
            #expect(diagnostics.bytes > 0 && diagnostics.sqliteVersion.hasPrefix("3."))
        }
    }

    @Test("memory that is released changes nothing: commits stay durable, and are noticed")
    func releasedMemory() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let version = try await fixture.store.dataVersion()
            fixture.store.releaseMemory()
            #expect(try await fixture.store.dataVersion() == version)
            try await fixture.append(Example(text: "2", label: "x"))
            #expect(try await fixture.store.dataVersion() != version)
            #expect(try await fixture.store.counts(fixture.task).total == 2)
            #expect(try await fixture.store.diagnostics().synchronous == 2)
        }
    }

    @Test("a running update whose task is deleted is unknown to its worker")
    func deletedTask() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let work = try await fixture.claim()
            _ = try await fixture.store.deleteTask(fixture.task)
            await #expect(throws: StoreError.unknownUpdate(work.update.id)) {
                try await fixture.store.advance(work.update.id, to: .training, progress: 0.1)
            }
            await #expect(throws: StoreError.unknownUpdate(work.update.id)) {
                _ = try await fixture.store.promote(work.update.id, .fixture(work))
            }
        }
    }

    @Test("two stores on one home see each other's commits, and share the ledger's rules")
    func twoStores() async throws {
        try await StoreFixture.with { fixture in
            let other = try Store(home: fixture.store.home)
            let before = try await other.dataVersion()
            #expect(try await other.dataVersion() == before)
            try await fixture.append(Example(text: "1", label: "x"))
            let after = try await other.dataVersion()
            #expect(after != before)
            let own = try await fixture.store.dataVersion()
            try await fixture.append(Example(text: "2", label: "x"))
            #expect(try await fixture.store.dataVersion() != own)

            let reports = try await withThrowingTaskGroup(of: IngestReport.self) { group in
                for client in 0..<40 {
                    let store = client % 2 == 0 ? fixture.store : other
                    group.addTask {
                        let examples = (0..<50).map { Example(text: "shared \($0)", label: "label \($0 % 3)") }
                        return try await store.append(LedgerBatch(examples), to: fixture.task).report
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reports.map(\.accepted).reduce(0, +) == 50)
            #expect(reports.map(\.duplicates).reduce(0, +) == 39 * 50)

            _ = try await other.requestUpdate(fixture.task)
            #expect(try await fixture.store.claimNextUpdate()?.training.count == 52)
            #expect(try await other.claimNextUpdate() == nil)
            try other.close()
        }
    }

    @Test("several stores may open a new home at once")
    func openAtOnce() async throws {
        for _ in 0..<5 {
            let root = FileManager.default.temporaryDirectory.appending(path: "perennial-store-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: root) }
            // Threads of their own, so that all of them migrate at the same time on two processors too.
            let stores = try await withThrowingTaskGroup(of: Store.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await withCheckedThrowingContinuation { continuation in
                            Thread { continuation.resume(with: Result { try Store(home: Home(root: root)) }) }.start()
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            _ = try await stores[0].putTask(TaskName("t"))
            for store in stores { #expect(try await store.tasks().count == 1) }
            for store in stores { try store.close() }
        }
    }

    @Test("what was acknowledged is there after the home is opened again")
    func reopen() async throws {
        let fixture = try await StoreFixture()
        try await fixture.append(Example(text: "1", label: "x"))
        try fixture.store.close()
        await #expect(throws: StoreError.self) { _ = try await fixture.append(Example(text: "2", label: "x")) }
        let again = try Store(home: fixture.store.home)
        #expect(try await again.pending(fixture.task).training == 1)
        try again.close()
        try FileManager.default.removeItem(at: fixture.store.home.root)
    }

    @Test("a closed home's database file is whole without its write-ahead log")
    func emptiedLog() async throws {
        let fixture = try await StoreFixture()
        try await fixture.append(Example(text: "1", label: "x"))
        try fixture.store.close()
        let copy = Home(root: FileManager.default.temporaryDirectory.appending(path: "perennial-\(UUID().uuidString)"))
        try copy.create()
        try FileManager.default.copyItem(at: fixture.store.home.database, to: copy.database)
        let store = try Store(home: copy)
        #expect(try await store.pending(fixture.task).training == 1)
        try store.close()
        for home in [copy, fixture.store.home] { try FileManager.default.removeItem(at: home.root) }
    }

    @Test("closing waits for nobody who reads or writes the same home", arguments: [false, true])
    func closesBesideOthers(isWriting: Bool) async throws {
        try await StoreFixture.with { fixture in
            let other = try Store(home: fixture.store.home)
            _ = try await other.append(LedgerBatch([Example(text: "1", label: "x")]), to: fixture.task)
            // A transaction that stays open.
            let database = try fixture.database()
            try await database.writeWithoutTransaction { db in
                try db.beginTransaction(isWriting ? .immediate : .deferred)
                _ = try Row.fetchAll(db, sql: "SELECT * FROM task")
                let start = ContinuousClock.now
                try other.close()
                #expect(ContinuousClock.now - start < .seconds(5))
                try db.rollback()
            }
            #expect(try await fixture.store.counts(fixture.task).total == 1)
        }
    }

    @Test("a database knows when it was begun; one of before is as old as its oldest task")
    func begun() async throws {
        try await StoreFixture.with { fixture in
            let task = try await fixture.store.task(fixture.task)
            let begun = try await fixture.store.begun()
            #expect(abs(begun.seconds - task.createdAt.seconds) < 60)
            try fixture.store.close()
            try await fixture.database().write { db in
                try db.execute(
                    sql: """
                        DROP TABLE origin;
                        DELETE FROM grdb_migrations WHERE identifier = '5-origin';
                        UPDATE task SET created_at = 1000;
                        """)
            }
            let again = try Store(home: fixture.store.home)
            #expect(try await again.begun() == Timestamp(seconds: 1_000))
            try again.close()
        }
    }

    @Test("a database written by a newer program is refused")
    func newer() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.database().write {
                try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999-future')")
            }
            #expect(throws: StoreError.newerDatabase(path: fixture.store.home.database.path)) {
                _ = try Store(home: fixture.store.home)
            }
        }
    }

    @Test("a file that is not a database is named as damaged")
    func damaged() throws {
        let home = Home(root: FileManager.default.temporaryDirectory.appending(path: "perennial-\(UUID().uuidString)"))
        try home.create()
        defer { try? FileManager.default.removeItem(at: home.root) }
        try Data(repeating: 7, count: 8_192).write(to: home.database)
        do {
            _ = try Store(home: home)
            Issue.record("opened a file that is not a database")
        } catch StoreError.corrupt(let path, _) {
            #expect(path == home.database.path)
        }
    }

    @Test("a home that cannot be made is named")
    func unwritable() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "perennial-\(UUID().uuidString)")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            _ = try Store(home: Home(root: file.appending(path: "home")))
            Issue.record("made a home inside a file")
        } catch StoreError.cannotWrite(let path, let reason) {
            #expect(path.hasPrefix(file.path) && !reason.isEmpty)
        }
    }

    /// Every table as text, row by row.
    private static func dump(_ database: DatabaseQueue) async throws -> [String] {
        try await database.read { db in
            let tables = try String.fetchAll(
                db,
                sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            return try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table) \($0.debugDescription)" }
            }
        }
    }
}
