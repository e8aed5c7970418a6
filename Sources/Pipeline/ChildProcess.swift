import CProcess
import Foundation
import Synchronization

/// One child process, started and awaited by a thread of its own.
///
/// The thread lives as long as the child: Linux sends a parent-death signal when the *thread* that started a
/// child ends (prctl(2), PR_SET_PDEATHSIG), so a pool's thread must not start one.
///
/// The child inherits standard input, output and error, and no other descriptor.
final class ChildProcess: Sendable {
    enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
        case notStarted(errno: Int32)
    }

    private enum State {
        case starting(stop: Int32?)
        case running(pid_t)
        case ended
    }

    private let state = Mutex(State.starting(stop: nil))
    private let program: String
    private let arguments: [String]

    init(program: String, arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// Starts the child and returns how it ended. Call once.
    func run() async -> Ending {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: self.runOnThisThread()) }
            thread.name = "child"
            thread.start()
        }
    }

    /// Sends a signal, also when the child is only just starting.
    func signal(_ number: Int32) {
        state.withLock { state in
            switch state {
            case .starting: state = .starting(stop: number)
            case .running(let pid): kill(pid, number)
            case .ended: break
            }
        }
    }

    private func runOnThisThread() -> Ending {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals this process ignores or blocks are the child's own business again.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        // Not every library has its sockets closed on exec, and a connection ends only once no process holds it.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var result = process_close_from(&actions, STDERR_FILENO + 1)

        var pid: pid_t = 0
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        if result == 0 { result = posix_spawn(&pid, program, &actions, &attributes, &argv, environ) }
        guard result == 0 else {
            state.withLock { $0 = .ended }
            return .notStarted(errno: result)
        }
        let early = state.withLock { state -> Int32? in
            guard case .starting(let stop) = state else { return nil }
            state = .running(pid)
            return stop
        }
        if let early { kill(pid, early) }
        // WNOWAIT keeps the zombie until the lock is held, so that `signal` never hits a reused number.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, Int32(WEXITED | WNOWAIT)) != 0 && errno == EINTR {}
        var status: Int32 = 0
        state.withLock { state in
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            state = .ended
        }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }
}
