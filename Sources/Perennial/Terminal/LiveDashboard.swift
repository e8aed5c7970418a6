import Dashboards
import Foundation
import Schema

/// Runs the dashboard: reads, draws, takes keys, until asked to quit.
///
/// Readings and requests run beside the loop, so that a slow service never holds up a key. The processor time of the
/// whole process decides when the next reading is due: it stays within ``share`` of a core however many tasks there
/// are.
struct LiveDashboard {
    /// Of one core.
    static let share = 0.012

    private enum Event: Sendable {
        case keys([Key])
        case closed
        case read(DashboardSource)
        case done(String)
    }

    private let screen: RawScreen
    private let interval: Double
    private var state: DashboardState
    private var snapshot: DashboardSnapshot
    private var drawn: (frame: String, columns: Int, rows: Int)?

    init(screen: RawScreen, state: DashboardState, address: String, interval: Double) {
        self.screen = screen
        self.state = state
        self.interval = interval
        snapshot = DashboardSnapshot(address: address)
    }

    /// Draws the frame where it differs from what is on the screen.
    mutating func paint() {
        let size = Console.size
        let frame = DashboardFrame(snapshot, state: state)
            .text(columns: size.columns, rows: size.rows, color: Console.wantsColor)
        if let drawn, drawn == (frame, size.columns, size.rows) { return }
        screen.draw(frame)
        drawn = (frame, size.columns, size.rows)
    }

    mutating func run(_ client: ServiceClient) async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        Self.readKeys(screen, into: continuation)
        var source: DashboardSource? = DashboardSource(client: client, address: snapshot.address)
        var asked = state.reading
        var started = ContinuousClock.now
        var spent = Self.processorSeconds
        var due = started
        // The key thread speaks up ten times a second, so that a new size and a due reading are noticed.
        for await event in events {
            switch event {
            case .closed: return
            case .keys(let keys):
                let size = Console.size
                for key in keys {
                    guard let request = state.handle(key, snapshot, columns: size.columns, rows: size.rows) else {
                        continue
                    }
                    guard request != .quit else { return }
                    Task { continuation.yield(.done(await Self.perform(request, client))) }
                }
            case .done(let message):
                state.message = message
                due = .now
            case .read(let result):
                snapshot = result.snapshot
                source = result
                let cost = (Self.processorSeconds - spent) / Self.share
                due = started + .seconds(max(interval, cost))
            }
            if let reader = source, ContinuousClock.now >= due || asked != state.reading {
                source = nil
                (asked, started, spent) = (state.reading, .now, Self.processorSeconds)
                Task { [state] in
                    var reader = reader
                    await reader.refresh(state)
                    continuation.yield(.read(reader))
                }
            }
            if screen.wasResumed { drawn = nil }
            paint()
        }
    }

    /// Waits for keys on a thread of its own until nobody listens any more.
    private static func readKeys(_ screen: RawScreen, into events: AsyncStream<Event>.Continuation) {
        let thread = Thread {
            while let keys = screen.keys(within: 100) {
                if case .terminated = events.yield(.keys(keys)) { return }
            }
            events.yield(.closed)
        }
        thread.name = "keys"
        thread.start()
    }

    private static func perform(_ request: DashboardRequest, _ client: ServiceClient) async -> String {
        do {
            switch request {
            case .quit: return ""
            case .promote(let task, let version):
                let serving = try await client.promote(version, task: TaskName(task))
                return "\(task) is answered by \(serving.version) now"
            case .rollback(let task):
                let serving = try await client.rollback(TaskName(task))
                return "\(task) is answered by \(serving.version) again"
            }
        } catch {
            return CommandFailure(error).message
        }
    }

    /// Processor time of this process, all threads together.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
