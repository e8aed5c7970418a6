import Foundation
import Testing

/// A real `perennial serve` in a process group of its own, on a port the system chose.
struct ServiceProcess {
    let pid: pid_t
    let home: URL
    private(set) var url = ""

    enum Failure: Error { case notReady(log: String) }

    /// Starts the service and waits until it is ready.
    static func start(home: URL, arguments: [String] = []) async throws -> Self {
        try? FileManager.default.removeItem(at: home.appending(path: "service.json"))
        // A service that outlived a crash of the tests would else hold their output open.
        let pid = try Program.spawn(
            ["serve", "--home", home.path, "--port", "0", "--quiet"] + arguments,
            files: (output: home.appending(path: "service.out"), errors: log(in: home)), ownGroup: true)
        var service = ServiceProcess(pid: pid, home: home)
        do {
            try await service.waitUntilReady()
        } catch {
            service.killGroup()
            throw error
        }
        return service
    }

    private mutating func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if let data = try? Data(contentsOf: home.appending(path: "service.json")),
                let record = try? JSONDecoder().decode(Record.self, from: data)
            {
                url = record.url
                if let (_, status) = try? await HTTP.send("GET", url + "/readyz"), status == 200 { return }
            }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == 0 else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure.notReady(log: (try? String(contentsOf: Self.log(in: home), encoding: .utf8)) ?? "none")
    }

    private static func log(in home: URL) -> URL { home.appending(path: "service.log") }

    /// Kills service and trainer at once, as a power cut would.
    func killGroup() {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Asks the service to end.
    ///
    /// - Returns: its exit code, or `nil` when a signal ended it; and how long it took.
    func terminate() async throws -> (code: Int32?, seconds: Double) {
        let start = ContinuousClock.now
        kill(pid, SIGTERM)
        let status = try await Program.waitForEnd(of: pid)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return (status & 0x7f == 0 ? (status >> 8) & 0xff : nil, seconds)
    }

    private struct Record: Decodable { var url: String }
}

/// Requests by a client that knows nothing of our code.
enum HTTP {
    static func send(
        _ method: String, _ url: String, type: String = "application/json", body: Data = Data()
    ) async throws -> (body: Data, status: Int) {
        try await Connection.shared.send(method, url, type: type, body: body)
    }
}
