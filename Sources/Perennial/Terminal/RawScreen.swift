import Foundation
import Synchronization

/// The terminal's other screen, without echo and line editing. Restored however the process ends.
final class RawScreen: Sendable {
    private static let saved = Mutex<termios?>(nil)

    /// - Throws: ``CommandFailure`` when standard input is no terminal.
    init() throws {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandFailure("standard input is no terminal", .usage)
        }
        Self.saved.withLock { [settings] in $0 = settings }
        atexit { RawScreen.restoreTerminal() }
        for number in [SIGTERM, SIGHUP, SIGINT] {
            signal(number) { number in
                RawScreen.restoreTerminal()
                _exit(128 + number)
            }
        }
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            characters[Int(VMIN)] = 0
            characters[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        Console.output("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Draws over the last frame without clearing first, so that nothing flickers.
    func draw(_ frame: String) {
        let lines = frame.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\u{1B}[K\r\n")
        Console.output("\u{1B}[H" + lines + "\u{1B}[K\u{1B}[J")
    }

    /// The key that was pressed, if any.
    func key() -> Character? {
        var byte: UInt8 = 0
        return read(STDIN_FILENO, &byte, 1) == 1 ? Character(UnicodeScalar(byte)) : nil
    }

    func restore() { Self.restoreTerminal() }

    private static func restoreTerminal() {
        saved.withLock { settings in
            guard var old = settings else { return }
            settings = nil
            Console.output("\u{1B}[?25h\u{1B}[?1049l")
            tcsetattr(STDIN_FILENO, TCSANOW, &old)
        }
    }
}
