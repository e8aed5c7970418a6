import Foundation
import Logging
import ServiceLifecycle

/// Keeps `perennial work` running beside the service: starts it, starts it again with backoff when it crashes,
/// and ends it when the service ends.
public struct WorkerSupervisor: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "WorkerSupervisor" }

    private let program: String
    private let arguments: [String]
    private let grace: Duration
    private let restLimit: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - program: path of the executable, `arguments` without its name.
    ///   - restLimit: a child that ends with 0 after at least so long may; sooner, it counts as crashed.
    ///   - grace: time between asking the child to end and killing it.
    public init(
        program: String, arguments: [String], grace: Duration = .seconds(3), restLimit: Duration = .seconds(5),
        logger: Logger
    ) {
        self.program = program
        self.arguments = arguments
        self.grace = grace
        self.restLimit = restLimit
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var backoff = RestartBackoff()
            while !Task.isCancelled {
                let start = ContinuousClock.now
                let ending = await runOnce()
                if Task.isCancelled { return }
                let lifetime = ContinuousClock.now - start
                if ending == .exited(0), lifetime >= restLimit {
                    // It was idle after it had learned: the next one starts small.
                    logger.debug("the trainer was idle and starts afresh")
                    continue
                }
                let delay = backoff.delay(afterLifetime: lifetime)
                logger.error("trainer ended (\(ending)); starting it again in \(delay)")
                try? await Task.sleep(for: delay)
            }
        }
    }

    private func runOnce() async -> ChildProcess.Ending {
        let child = ChildProcess(program: program, arguments: arguments)
        return await withTaskCancellationHandler {
            await child.run()
        } onCancel: {
            child.signal(SIGTERM)
            let grace = grace
            Task.detached {
                try? await Task.sleep(for: grace)
                child.signal(SIGKILL)
            }
        }
    }
}
