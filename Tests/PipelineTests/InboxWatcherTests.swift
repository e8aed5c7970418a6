import Foundation
import Pipeline
import RecordedLog
import Schema
import Store
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
}
