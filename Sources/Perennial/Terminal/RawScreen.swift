import CProcess
import Dashboards

/// The terminal's other screen, without echo and line editing. Given back however the process ends; see
/// `terminal_take`.
struct RawScreen: Sendable {
    /// - Throws: ``CommandFailure`` when standard input is no terminal.
    init() throws {
        guard terminal_take() == 0 else { throw CommandFailure("standard input is no terminal", .usage) }
    }

    /// Draws over the last frame without clearing first, so that nothing flickers.
    func draw(_ frame: String) {
        let lines = frame.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\u{1B}[K\r\n")
        Console.output("\u{1B}[?2026h\u{1B}[H" + lines + "\u{1B}[K\u{1B}[J\u{1B}[?2026l")
    }

    /// Whether the terminal was given to someone else meanwhile.
    var wasResumed: Bool { terminal_resumed() != 0 }

    /// The keys pressed within `milliseconds`; `nil` when the terminal is gone. Blocks its thread.
    func keys(within milliseconds: Int32) -> [Key]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = terminal_read(&bytes, Int32(bytes.count), milliseconds)
        return count < 0 ? nil : KeyDecoding.keys(Array(bytes.prefix(Int(count))))
    }

    func restore() { terminal_restore() }
}
