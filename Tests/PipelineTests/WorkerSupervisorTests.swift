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

    @Test("A crashed child is started again, and the last one ends with the service")
    func restarts() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "supervisor-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: log) }
        // The first run crashes, the second writes its process number and stays.
        let script = """
            if [ -e '\(log.path)' ]; then echo "$$" >> '\(log.path)'; exec sleep 600; fi
            echo first > '\(log.path)'; exit 9
            """
        let supervisor = WorkerSupervisor(
            program: "/bin/sh", arguments: ["-c", script],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await supervisor.run() }
        var lines: [Substring] = []
        while lines.count < 2 {
            lines = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n")
            await Task.yield()
        }
        let child = try #require(pid_t(lines[1]))
        #expect(kill(child, 0) == 0)
        running.cancel()
        try await running.value
        #expect(kill(child, 0) != 0)
        #expect(lines[0] == "first")
    }
}
