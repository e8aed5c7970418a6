import Foundation
import Synchronization

/// Progress of long work on standard error: a bar that redraws itself on a terminal, plain lines elsewhere,
/// nothing when quiet.
final class ProgressLine: Sendable {
    private struct State {
        var lastDrawn = ContinuousClock.now - .seconds(3_600)
        var lastTenth = -1
        var drawn = false
    }

    private let title: String
    private let quiet: Bool
    private let state = Mutex(State())

    init(_ title: String, quiet: Bool) {
        self.title = title
        self.quiet = quiet
    }

    /// - Parameters:
    ///   - fraction: 0 to 1.
    ///   - detail: what stands behind the bar, e.g. a rate.
    func update(_ fraction: Double, _ detail: String = "") {
        guard !quiet else { return }
        let fraction = min(max(fraction, 0), 1)
        state.withLock { state in
            if Console.isErrorTerminal {
                guard ContinuousClock.now - state.lastDrawn > .milliseconds(80) || fraction == 1 else { return }
                state.lastDrawn = .now
                state.drawn = true
                let width = 24
                let filled = Int(fraction * Double(width))
                let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
                let percent = String(format: "%3d %%", Int(fraction * 100))
                Console.errorOutput("\r\u{1B}[K\(title) \(bar) \(percent) \(detail)")
            } else {
                let tenth = Int(fraction * 10)
                guard tenth > state.lastTenth else { return }
                state.lastTenth = tenth
                Console.error("\(title) \(Int(fraction * 100)) % \(detail)")
            }
        }
    }

    /// Ends the bar with a last word; the line stays.
    func finish(_ detail: String) {
        guard !quiet else { return }
        state.withLock { state in
            Console.error((state.drawn ? "\r\u{1B}[K" : "") + "\(title) \(detail)")
        }
    }
}
