import Foundation

/// The program that is tested, beside the tests in the same build directory.
///
/// Not by Foundation's `Process`: that learns of an end by a socket which every program started meanwhile inherits,
/// so it waits for the end of them all, and it waits with one of the few threads that all tests run on.
enum Program {
    enum Failure: Error {
        case notStarted(errno: Int32), noChild(errno: Int32), stillRunning(seconds: Int)
        case failed(status: Int32, errors: String)
    }

    static let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "perennial").path

    /// Starts a program without root's right to read and write everything, where the tests run as root.
    static let unprivileged =
        geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - launcher: the command that starts it, if any, such as ``unprivileged``.
    ///   - environment: variables beside this process's own.
    ///   - input: what it reads on standard input; this process's own if `nil`.
    ///   - files: where standard output and standard error go; to this process's own if `nil`.
    ///   - ownGroup: whether it leads a process group of its own.
    static func spawn(
        _ arguments: [String], launcher: [String] = [], environment: [String: String] = [:], input: URL? = nil,
        files: (output: URL, errors: URL)? = nil, ownGroup: Bool = false
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.path, O_RDONLY, 0) }
        if let files {
            for (descriptor, file) in [(STDOUT_FILENO, files.output), (STDERR_FILENO, files.errors)] {
                posix_spawn_file_actions_addopen(&actions, descriptor, file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if ownGroup {
            posix_spawnattr_setpgroup(&attributes, 0)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        }
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let command = launcher + [path] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, &attributes, &argv, &variables)
        guard result == 0 else { throw Failure.notStarted(errno: result) }
        return pid
    }

    /// The status of the ended process, as `waitpid` has it. One that does not end is killed.
    static func waitForEnd(of pid: pid_t, seconds: Int = 600) async throws -> Int32 {
        var status: Int32 = 0
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let ended = waitpid(pid, &status, WNOHANG)
            guard ended == 0 else {
                if ended < 0 { throw Failure.noChild(errno: errno) }
                return status
            }
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                kill(pid, SIGKILL)
                waitpid(pid, &status, 0)
                throw Failure.stillRunning(seconds: seconds)
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Runs a command of the program to its end.
    ///
    /// - Returns: its exit code, or minus the number of the signal that ended it; and what it printed.
    static func run(
        _ arguments: [String], launcher: [String] = [], environment: [String: String] = [:], input: Data? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        // Files hold any amount; a full pipe would stop the program.
        let directory = FileManager.default.temporaryDirectory
        let files = (
            output: directory.appending(path: UUID().uuidString), errors: directory.appending(path: UUID().uuidString)
        )
        let source = input.map { _ in directory.appending(path: UUID().uuidString) }
        if let input, let source { try input.write(to: source) }
        defer {
            for file in [files.output, files.errors, source].compactMap({ $0 }) {
                try? FileManager.default.removeItem(at: file)
            }
        }
        let pid = try spawn(arguments, launcher: launcher, environment: environment, input: source, files: files)
        let status = try await waitForEnd(of: pid)
        let signal = status & 0x7f
        return (
            signal == 0 ? (status >> 8) & 0xff : -signal,
            String(decoding: try Data(contentsOf: files.output), as: UTF8.self),
            String(decoding: try Data(contentsOf: files.errors), as: UTF8.self)
        )
    }

    /// Runs a command to its end, which must be a good one.
    static func runWell(_ arguments: [String]) async throws {
        let result = try await run(arguments)
        guard result.status == 0 else { throw Failure.failed(status: result.status, errors: result.errors) }
    }
}
