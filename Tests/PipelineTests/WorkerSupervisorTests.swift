import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import Testing

@Suite("Worker supervisor")
struct WorkerSupervisorTests {
    @Test("Backoff doubles to a limit and starts over after a good run")
    func backoff() {
        var backoff = RestartBackoff()
        let delays = (0..<8).map { _ in backoff.delay(afterLifetime: .seconds(1)) }
        #expect(delays.prefix(3) == [.milliseconds(500), .seconds(1), .seconds(2)])
        #expect(delays.last == RestartBackoff.longest)
        #expect(backoff.delay(afterLifetime: .seconds(61)) == RestartBackoff.first)
    }

    @Test("A crashed child is started again, and the last one ends with the service", .timeLimit(.minutes(1)))
    func restarts() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "supervisor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: log) }
        // The first run crashes, the second writes its process number and stays, without a hold on the tests' output.
        let script = """
            if [ -e '\(log.path)' ]; then echo "$$" >> '\(log.path)'; exec sleep 600 > /dev/null 2>&1; fi
            echo first > '\(log.path)'; exit 9
            """
        let supervisor = WorkerSupervisor(
            program: "/bin/sh", arguments: ["-c", script],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await supervisor.run() }
        defer { running.cancel() }
        var lines: [Substring] = []
        while lines.count < 2 {
            lines = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n")
            try await Task.sleep(for: .milliseconds(5))
        }
        let child = try #require(pid_t(lines[1]))
        #expect(kill(child, 0) == 0)
        running.cancel()
        try await running.value
        #expect(kill(child, 0) != 0)
        #expect(lines[0] == "first")
    }

    @Test("A child that ends by itself after its rest is started again at once", .timeLimit(.minutes(1)))
    func rests() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "supervisor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: log) }
        let supervisor = WorkerSupervisor(
            program: "/bin/sh", arguments: ["-c", "echo run >> '\(log.path)'"], restLimit: .zero,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await supervisor.run() }
        defer { running.cancel() }
        // With the backoff of a crash ten runs would take minutes.
        var runs = 0
        while runs < 10 {
            runs = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").count
            try await Task.sleep(for: .milliseconds(5))
        }
        running.cancel()
        try await running.value
        #expect(runs >= 10)
    }

    @Test("A child inherits standard input, output and error, and nothing else that is open", .timeLimit(.minutes(1)))
    func descriptors() async throws {
        let list = FileManager.default.temporaryDirectory.appending(path: "supervisor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: list) }
        // None of these is closed on exec, as with sockets of libraries that do not ask for it.
        var ends: [Int32] = [-1, -1]
        let made = pipe(&ends)
        try #require(made == 0)
        let copy = dup(ends[1])
        defer { for descriptor in ends + [copy] { close(descriptor) } }
        var status = stat()
        let known = fstat(copy, &status)
        try #require(known == 0)

        let script = """
            ls -l /proc/self/fd > '\(list.path).part'; mv '\(list.path).part' '\(list.path)'
            exec sleep 600 > /dev/null 2>&1
            """
        let supervisor = WorkerSupervisor(
            program: "/bin/sh", arguments: ["-c", script],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await supervisor.run() }
        defer { running.cancel() }
        var inherited = ""
        while inherited.isEmpty {
            inherited = (try? String(contentsOf: list, encoding: .utf8)) ?? ""
            try await Task.sleep(for: .milliseconds(5))
        }
        running.cancel()
        try await running.value
        #expect(inherited.contains(list.lastPathComponent), "\(inherited)")
        #expect(!inherited.contains("pipe:[\(status.st_ino)]"), "\(inherited)")
    }
}
