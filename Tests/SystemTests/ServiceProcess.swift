import Foundation
import Testing

/// A real `perennial serve` in a process group of its own, on a port the system chose.
struct ServiceProcess {
    let pid: pid_t
    let home: URL
    private(set) var url = ""

    enum Failure: Error { case notStarted(errno: Int32), notReady }

    /// Starts the service and waits until it is ready.
    static func start(home: URL, arguments: [String] = []) async throws -> Self {
        var service = try spawn(home: home, arguments: arguments)
        try await service.waitUntilReady()
        return service
    }

    /// Starts the service and returns at once.
    static func spawn(home: URL, arguments: [String] = []) throws -> Self {
        try? FileManager.default.removeItem(at: home.appending(path: "service.json"))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let command = [Self.program.path, "serve", "--home", home.path, "--port", "0", "--quiet"] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, Self.program.path, nil, &attributes, &argv, environ)
        guard result == 0 else { throw Failure.notStarted(errno: result) }
        return ServiceProcess(pid: pid, home: home)
    }

    mutating func waitUntilReady() async throws {
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
        // What was started must not outlive the test: it holds the test program's output open.
        killGroup()
        throw Failure.notReady
    }

    /// Kills service and trainer at once, as a power cut would.
    func killGroup() {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Asks the service to end.
    ///
    /// - Returns: its exit code, or `nil` when a signal ended it; and how long it took.
    func terminate() -> (code: Int32?, seconds: Double) {
        let start = ContinuousClock.now
        kill(pid, SIGTERM)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return (status & 0x7f == 0 ? (status >> 8) & 0xff : nil, seconds)
    }

    private struct Record: Decodable { var url: String }

    /// The program beside the tests, in the same build directory.
    static var program: URL {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "perennial")
    }
}

/// Requests by a client that knows nothing of our code.
enum HTTP {
    static func send(
        _ method: String, _ url: String, type: String = "application/json", body: Data = Data()
    ) async throws -> (body: Data, status: Int) {
        try await Connection.shared.send(method, url, type: type, body: body)
    }
}

extension SystemTest {
    /// Runs a command of the program to its end, which must be a good one.
    static func run(_ arguments: [String]) throws {
        let result = try perennial(arguments)
        try #require(result.status == 0, "\(result.errors)")
    }

    /// Runs a command of the program to its end.
    static func perennial(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = ServiceProcess.program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Files hold any amount; a full pipe would stop the program.
        let directory = FileManager.default.temporaryDirectory
        let files = (0..<2).map { _ in directory.appending(path: UUID().uuidString) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return (process.terminationStatus, texts[0], texts[1])
    }
}
