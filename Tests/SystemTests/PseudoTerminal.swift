import Foundation
import Glibc

/// The program in a pseudo-terminal of its own, as a person would have it.
final class PseudoTerminal {
    let pid: pid_t
    private let master: Int32
    /// What was written and not yet expected; bytes, because a read may end within a character.
    private var bytes: [UInt8] = []
    private var hasEnded = false
    /// `POSIX_SPAWN_SETSID`, which glibc's headers show only to `_GNU_SOURCE`.
    private static let newSession: Int16 = 0x80
    /// Plenty for a busy machine of two cores: how long something takes is no matter here.
    private static let patience = Duration.seconds(120)

    enum Failure: Error { case notOpened(errno: Int32), notStarted(errno: Int32), notShown(String, instead: String) }

    init(_ arguments: [String], columns: UInt16, rows: UInt16, kind: String = "xterm-256color") throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        var (ours, its): (CInt, CInt) = (-1, -1)
        var path = [CChar](repeating: 0, count: 128)
        guard openpty(&ours, &its, nil, nil, &size) == 0, ttyname_r(its, &path, path.count) == 0 else {
            throw Failure.notOpened(errno: errno)
        }
        master = ours
        // It opens its own side by name, which makes it its session's controlling terminal.
        defer { close(its) }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var argv: [UnsafeMutablePointer<CChar>?] =
            ([Program.path] + arguments).map { strdup($0) } + [nil]
        var variables = ProcessInfo.processInfo.environment
        variables["TERM"] = kind
        // What is looked for stands without styles between its characters.
        variables["NO_COLOR"] = "1"
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + environment).forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, Program.path, &actions, &attributes, &argv, &environment)
        guard result == 0 else { throw Failure.notStarted(errno: result) }
        self.pid = pid
    }

    deinit {
        if !hasEnded {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        close(master)
    }

    var output: String { String(decoding: bytes, as: UTF8.self) }

    func type(_ keys: String) { _ = keys.withCString { write(master, $0, strlen($0)) } }

    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Waits until `text` has been written since the last call.
    func expect(_ text: String) async throws {
        let wanted = Array(text.utf8)
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            read()
            if let range = bytes.firstRange(of: wanted) {
                bytes.removeSubrange(..<range.upperBound)
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure.notShown(text, instead: output)
    }

    /// The status of the ended process, as `waitpid` has it.
    func waitForEnd() async throws -> Int32 {
        var status: Int32 = 0
        let deadline = ContinuousClock.now + Self.patience
        while waitpid(pid, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < deadline else { throw Failure.notShown("the end", instead: output) }
            read()
            try await Task.sleep(for: .milliseconds(10))
        }
        hasEnded = true
        read()
        return status
    }

    /// Whether what is typed is shown and edited in lines, as a shell wants it.
    var isPlain: Bool {
        var settings = termios()
        return tcgetattr(master, &settings) == 0
            && settings.c_lflag & tcflag_t(ECHO | ICANON) == tcflag_t(ECHO | ICANON)
    }

    private func read() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(master, &chunk, chunk.count)
            guard count > 0 else { return }
            bytes += chunk.prefix(count)
        }
    }
}
