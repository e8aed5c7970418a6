import Foundation
import Pipeline
import RecordedLog
import Schema
import Store
import Synchronization
import Testing

@Suite("Inbox watcher", .timeLimit(.minutes(5)))
struct InboxWatcherTests {
    @Test("A file that cannot be moved is taken once, and only its move is tried again")
    func unmovable() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "inbox-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let store = try Store(home: Home(root: root))
        let task = try TaskName("shop")
        _ = try await store.putTask(task)
        let inbox = store.home.inbox(task)
        try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
        // In the way of the folder that the file is to go to.
        let done = inbox.appending(path: "done")
        try FileManager.default.createSymbolicLink(atPath: done.path, withDestinationPath: "/nowhere/at/all")
        let lines = (0..<20).map { #"{"text": "text \#($0)", "label": "\#($0 % 2)"}"# + "\n" }.joined()
        let file = inbox.appending(path: "new.jsonl")
        try Data(lines.utf8).write(to: file)

        let log = RecordedLog()
        let watcher = InboxWatcher(store: store, settleSeconds: 0, interval: .milliseconds(1), logger: log.logger)
        let running = Task { try await watcher.run() }
        func errors() -> [String] { log.lines.filter { $0.contains("new.jsonl") && $0.hasPrefix("error: ") } }
        while errors().count < 2 { await Task.yield() }
        #expect(errors()[0].contains("was taken, but could not be moved away; tried again in 0.5 seconds"))
        #expect(errors()[1].contains("tried again in 1.0 seconds"))
        #expect(errors().allSatisfy { !$0.contains("Domain=") }, "\(errors())")
        #expect(try await store.counts(task).total == 20)

        try FileManager.default.removeItem(at: done)
        while FileManager.default.fileExists(atPath: file.path) { await Task.yield() }
        running.cancel()
        try await running.value
        let report = try Data(contentsOf: done.appending(path: "new.jsonl.report.json"))
        let ingest = try #require(
            (JSONSerialization.jsonObject(with: report) as? [String: Any])?["ingest"] as? [String: Any])
        #expect(ingest["accepted"] as? Int == 20 && ingest["duplicates"] as? Int == 0)
        try store.close()
    }

    @Test("What is written while a file is taken is taken too, before the file is moved")
    func writtenWhileTaken() async throws {
        let inbox = try await Inbox()
        defer { inbox.remove() }
        let lines = Inbox.lines(0..<5)
        // The writer pauses within its third line.
        let pause = lines.utf8.count / 2
        let file = inbox.directory.appending(path: "slow.jsonl")
        try Data(lines.utf8.prefix(pause)).write(to: file)
        let rest = [UInt8](lines.utf8.dropFirst(pause))
        let writer = open(file.path, O_WRONLY | O_APPEND | O_CLOEXEC)
        try #require(writer >= 0)
        defer { close(writer) }

        let counted = Counted()
        try await inbox.watch(until: { !FileManager.default.fileExists(atPath: file.path) }) { part, _ in
            counted.add(part)
            // The cut line is refused at the end of the file: by now all of it was read.
            if part.rejected == 1 { _ = rest.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) } }
        }
        #expect(try await inbox.store.counts(inbox.task).total == 5)
        let done = inbox.directory.appending(path: "done")
        #expect(try String(contentsOf: done.appending(path: "slow.jsonl"), encoding: .utf8) == lines)
        let report = try inbox.report(done.appending(path: "slow.jsonl.report.json"))
        #expect(report.ingest.accepted == 3 && report.ingest.duplicates == 2 && report.ingest.rejected == 0)
        #expect(counted.parts.map(\.accepted).reduce(0, +) == 5)
        try inbox.store.close()
    }

    @Test("Names that leave no room for a report's are cut between characters, and stay distinct")
    func longNames() async throws {
        let inbox = try await Inbox()
        defer { inbox.remove() }
        let stem = String(repeating: "\u{E4}", count: 119)
        let names = ["\u{E4}", "\u{F6}"].map { stem + $0 + ".jsonl" }
        #expect(names.allSatisfy { $0.utf8.count == 246 })
        let files = names.map { inbox.directory.appending(path: $0) }
        for (number, file) in files.enumerated() { try Data(Inbox.lines(number..<number + 1).utf8).write(to: file) }

        try await inbox.watch(until: { files.allSatisfy { !FileManager.default.fileExists(atPath: $0.path) } })
        let done = inbox.directory.appending(path: "done")
        let moved = [String(stem.dropLast(1)) + ".jsonl", String(stem.dropLast(2)) + "-2.jsonl"]
        let found = try FileManager.default.contentsOfDirectory(atPath: done.path)
        #expect(Set(found) == Set(moved + moved.map { $0 + ".report.json" }))
        for (number, name) in moved.enumerated() {
            let text = try String(contentsOf: done.appending(path: name), encoding: .utf8)
            #expect(text == Inbox.lines(number..<number + 1))
            let report = try inbox.report(done.appending(path: name + ".report.json"))
            #expect(report.file == names[number] && report.ingest.accepted == 1)
        }
        try inbox.store.close()
    }

    @Test("What was taken before a file's end is counted, also when the end is never reached")
    func interrupted() async throws {
        let inbox = try await Inbox()
        defer { inbox.remove() }
        // More than is read at a time.
        let file = inbox.directory.appending(path: "large.jsonl")
        try Data(Inbox.lines(0..<1500, padding: 1000).utf8).write(to: file)

        let counted = Counted()
        try await inbox.watch(until: { !counted.parts.isEmpty }) { part, _ in
            counted.add(part)
            withUnsafeCurrentTask { $0?.cancel() }
        }
        let parts = counted.parts
        #expect(parts.count == 1)
        #expect(parts.map(\.accepted).allSatisfy { 0 < $0 && $0 < 1500 })
        #expect(try await inbox.store.counts(inbox.task).total == parts.map(\.accepted).reduce(0, +))
        #expect(FileManager.default.fileExists(atPath: file.path))
        try inbox.store.close()
    }

    /// The inbox of one task, in a home of its own.
    private struct Inbox {
        struct Report: Decodable {
            var file: String
            var ingest: IngestReport
        }

        let root = FileManager.default.temporaryDirectory.appending(path: "inbox-\(UUID().uuidString)")
        let store: Store
        let task: TaskName

        var directory: URL { store.home.inbox(task) }

        init() async throws {
            store = try Store(home: Home(root: root))
            task = try TaskName("shop")
            _ = try await store.putTask(task)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }

        /// Runs a watcher until something holds.
        func watch(
            until holds: () -> Bool, count: @escaping @Sendable (IngestReport, TaskName) -> Void = { _, _ in }
        ) async throws {
            let watcher = InboxWatcher(
                store: store, settleSeconds: 0, interval: .milliseconds(1), logger: RecordedLog().logger, count: count)
            let running = Task { try await watcher.run() }
            while !holds() { await Task.yield() }
            running.cancel()
            try await running.value
        }

        func report(_ file: URL) throws -> Report {
            try JSONDecoder().decode(Report.self, from: Data(contentsOf: file))
        }

        func remove() { try? FileManager.default.removeItem(at: root) }

        static func lines(_ numbers: Range<Int>, padding: Int = 0) -> String {
            let end = String(repeating: "x", count: padding)
            return numbers.map { #"{"text": "text \#($0) \#(end)", "label": "\#($0 % 2)"}"# + "\n" }.joined()
        }
    }

    /// What a watcher counted, part by part.
    private final class Counted: Sendable {
        private let state = Mutex<[IngestReport]>([])

        var parts: [IngestReport] { state.withLock { $0 } }

        func add(_ part: IngestReport) { state.withLock { $0.append(part) } }
    }
}
