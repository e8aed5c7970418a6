import Foundation
import Synchronization

/// Standard output and error of the process.
enum Console {
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1
    static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    static let isInputTerminal = isatty(STDIN_FILENO) == 1

    /// A terminal whose cursor can be moved.
    static var isScreen: Bool { isOutputTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Colour only on a terminal that wants it (no-color.org).
    static var wantsColor: Bool {
        isScreen && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    }

    /// Columns and rows of the terminal; 80 × 24 where there is none.
    static var size: (columns: Int, rows: Int) {
        var window = winsize()
        for descriptor in [STDOUT_FILENO, STDERR_FILENO]
        where ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0 && window.ws_col > 0 {
            return (Int(window.ws_col), Int(window.ws_row))
        }
        return (size("COLUMNS") ?? 80, size("LINES") ?? 24)
    }

    /// `nil` where the variable is no size of a terminal.
    private static func size(_ variable: String) -> Int? {
        let size = ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? 0
        return (1...10_000).contains(size) ? size : nil
    }

    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func output(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
    static func errorOutput(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes all of `text`; a reader that went away ends the process quietly, as in any pipeline.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                if errno == EPIPE { exit(ExitStatus.done.rawValue) }
                return
            }
            bytes = bytes.dropFirst(written)
        }
    }
}
