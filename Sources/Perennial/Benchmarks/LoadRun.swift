import NIOCore

/// The state of one run.
// @unchecked Sendable: after `init` everything is touched on `loop` alone.
final class LoadRun: @unchecked Sendable {
    let settings: LoadGenerator
    let finished: EventLoopPromise<LoadGenerator.Outcome>
    private let loop: any EventLoop
    private var outcome = LoadGenerator.Outcome()
    private var free: [LoadConnection] = []
    /// When each request that found no free connection was due; those before `nextWaiting` were sent.
    private var waiting: [NIODeadline] = []
    private var nextWaiting = 0
    private var beginning = NIODeadline.now()
    private var end = NIODeadline.now()
    private var sent = 0
    private var inFlight = 0
    private var isSending = true

    init(_ settings: LoadGenerator, loop: any EventLoop) {
        self.settings = settings
        self.loop = loop
        finished = loop.makePromise()
    }

    func add(_ connection: LoadConnection) { free.append(connection) }

    func start() {
        beginning = .now()
        end = beginning + .nanoseconds(Int64((settings.warmUp + settings.seconds) * 1e9))
        // Who has not answered ten seconds after the end will not.
        loop.scheduleTask(deadline: end + .seconds(10)) { self.finish() }
        if settings.rate == nil {
            let connections = free
            free = []
            for connection in connections { send(on: connection, due: .now()) }
        } else {
            sendDue()
        }
    }

    private func sendDue() {
        guard let rate = settings.rate else { return }
        let now = NIODeadline.now()
        while true {
            let due = beginning + .nanoseconds(Int64(Double(sent + waiting.count - nextWaiting) / rate * 1e9))
            if due >= end {
                isSending = false
                return finishIfDone()
            }
            guard due <= now else {
                loop.scheduleTask(deadline: due) { self.sendDue() }
                return
            }
            if let connection = free.popLast() {
                send(on: connection, due: due)
            } else {
                waiting.append(due)
            }
        }
    }

    private func send(on connection: LoadConnection, due: NIODeadline) {
        do {
            let body = try settings.body(sent)
            sent += 1
            inFlight += 1
            connection.send(body, due: due)
        } catch {
            finished.fail(error)
        }
    }

    /// - Parameter failure: why the answer was none.
    func answered(_ connection: LoadConnection, due: NIODeadline, failure: String?) {
        let now = NIODeadline.now()
        inFlight -= 1
        if due >= beginning + .nanoseconds(Int64(settings.warmUp * 1e9)) {
            outcome.answered += failure == nil ? 1 : 0
            outcome.latencies.append(Double((now - due).nanoseconds) / 1e9)
        }
        if let failure { failed(failure) }
        if settings.rate == nil {
            if now < end { send(on: connection, due: now) } else { isSending = false }
        } else if nextWaiting < waiting.count {
            nextWaiting += 1
            send(on: connection, due: waiting[nextWaiting - 1])
        } else {
            free.append(connection)
        }
        finishIfDone()
    }

    func lost(_ connection: LoadConnection, due: NIODeadline?) {
        free.removeAll { $0 === connection }
        guard due != nil else { return }
        inFlight -= 1
        failed("the connection was closed before the answer")
        finishIfDone()
    }

    private func failed(_ reason: String) {
        outcome.failed += 1
        outcome.firstFailure = outcome.firstFailure ?? reason
    }

    private func finishIfDone() {
        if !isSending, inFlight == 0, nextWaiting == waiting.count { finish() }
    }

    private func finish() {
        outcome.failed += inFlight + waiting.count - nextWaiting
        inFlight = 0
        nextWaiting = waiting.count
        outcome.latencies.sort()
        let elapsed = Double((NIODeadline.now() - beginning).nanoseconds) / 1e9 - settings.warmUp
        outcome.seconds = max(elapsed, 1e-9)
        finished.succeed(outcome)
    }
}
