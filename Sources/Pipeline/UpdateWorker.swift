import Adapters
import CProcess
import Evaluation
import Foundation
import Logging
import Replay
import Schema
import ServiceLifecycle
import Store
import Synchronization
import Training

/// The trainer: starts updates that are due, learns one at a time, and writes how each ended.
///
/// Everything it knows is in the store. Killed at any moment, the next one queues what was running again, with the
/// same examples; nothing is doubled and no half-written adapter has a row.
public struct UpdateWorker: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "UpdateWorker" }

    let store: Store
    let learner: Learner
    private let recipe: @Sendable (String) throws -> Recipe
    let keptVersions: Int
    private let interval: Duration
    private let idleLimit: Duration?
    let logger: Logger

    /// - Parameters:
    ///   - recipe: the recipe of a name; an error fails the update with its words.
    ///   - keptVersions: newest versions of a task that are kept; the champion always is.
    ///   - interval: how often it looks for work.
    ///   - idleLimit: return after so long without work; `nil` waits for ever.
    public init(
        store: Store, learner: Learner, recipe: @escaping @Sendable (String) throws -> Recipe, keptVersions: Int = 10,
        interval: Duration = .milliseconds(200), idleLimit: Duration? = nil, logger: Logger
    ) {
        self.store = store
        self.learner = learner
        self.recipe = recipe
        self.keptVersions = keptVersions
        self.interval = interval
        self.idleLimit = idleLimit
        self.logger = logger
    }

    public func run() async throws {
        for update in try await store.recoverUpdates() {
            logger.notice("update \(update.id) of task \(update.task) was interrupted and is queued again")
        }
        await sweep()
        await cancelWhenGracefulShutdown {
            // At once, while the learner still stops: whoever ends this process may not wait for it.
            await withTaskCancellationHandler {
                await work()
            } onCancel: {
                Task { await giveBack() }
            }
        }
        await giveBack()
        learner.writeFeatures()
    }

    private func work() async {
        var idleSince = ContinuousClock.now
        var backoff = RestartBackoff()
        while !Task.isCancelled {
            var pause = interval
            do {
                let ran = try await runNextUpdate()
                backoff = RestartBackoff()
                if ran {
                    idleSince = .now
                    continue
                }
            } catch {
                if Task.isCancelled { return }
                pause = backoff.delay(afterLifetime: .zero)
                // Whoever waits for the disk is not idle: a new process would begin with the shortest pause.
                idleSince = .now
                logger.error("the trainer could not go on and tries again in \(pause): \(error)")
            }
            if let idleLimit, ContinuousClock.now - idleSince > idleLimit { return }
            try? await Task.sleep(for: pause)
        }
    }

    /// Queues what is in the middle again: an end in order is no fault of the update. Not cancelled with its caller.
    private func giveBack() async {
        await Task {
            do {
                for update in try await store.requeueUpdates() {
                    logger.notice("update \(update.id) of task \(update.task) is queued again: the trainer ends")
                }
            } catch {
                logger.error("what the trainer was in the middle of could not be queued again: \(error)")
            }
        }.value
    }

    /// Runs what is due, one update after the other.
    ///
    /// - Throws: what the disk refused.
    public func runDueUpdates() async throws {
        defer { learner.writeFeatures() }
        while try await runNextUpdate() {}
    }

    /// Starts what is due, then runs one update to its end.
    ///
    /// - Returns: whether there was one.
    /// - Throws: what the disk refused, once the update has failed of it; the next one would fail of it too.
    public func runNextUpdate() async throws -> Bool {
        for task in try await store.tasks() {
            do {
                let pending = try await store.pending(task.name)
                let trigger = UpdateTiming.trigger(
                    waiting: pending.fresh, oldest: pending.oldestArrival, policy: task.update, now: .now)
                if let trigger { _ = try await store.requestUpdate(task.name, trigger: trigger) }
            } catch StoreError.unknownTask {
                // Deleted since it was listed.
                continue
            }
        }
        // Where even the end of the last one could not be written.
        for update in try await store.requeueUpdates() {
            logger.notice("update \(update.id) of task \(update.task) could not be ended and is queued again")
        }
        guard let work = try await store.claimNextUpdate() else { return false }
        try await perform(work)
        learner.rest()
        try await BlockingThread.run { store.releaseMemory() }
        process_return_freed_memory()
        return true
    }

    private func perform(_ work: UpdateWork) async throws {
        let id = work.update.id
        let tasks = ([work] + work.sharing).sorted { $0.task.name < $1.task.name }
        logger.info("update \(id) of \(Self.names(tasks)): \(tasks.reduce(0) { $0 + $1.training.count }) new examples")
        do {
            var recipe = try recipe(work.task.update.recipe)
            recipe.replay.ratio *= tasks.map(\.replayFactor).max() ?? 1
            var parts: [Part] = []
            let start = try await start(of: tasks, recipe: recipe)
            if let start {
                logger.info("update \(id) begins as task \(start.task), \(start.similarity) alike: \(start.digest)")
            }
            for work in tasks { parts.append(try await part(work, recipe: recipe, start: start)) }
            let learner = try learner.remembering(parts.map(\.input))
            guard let parts = try await screened(parts, by: learner) else { return }
            let inputs = parts.map(\.input)
            let monitor = UpdateMonitor()
            let results = try await withThrowingTaskGroup(of: [Learner.Result]?.self) { group in
                group.addTask { try await BlockingThread.run { try learner.learn(inputs, monitor: monitor) } }
                group.addTask {
                    try await monitor.report(id, to: store)
                    return nil
                }
                defer { group.cancelAll() }
                while let results = try await group.next() {
                    if let results { return results }
                }
                throw CancellationError()
            }
            try await settle(id, parts, recipe: recipe, results: results)
        } catch _ where Task.isCancelled {
            // Shutting down: the update is queued again, and the next trainer takes it up.
            throw CancellationError()
        } catch StoreError.parentReplaced {
            logger.notice("update \(id): another version was promoted meanwhile; it is queued again on top of that one")
            _ = try await store.restart(id)
        } catch StoreError.updateNotRunning {
            logger.info("update \(id) was cancelled")
        } catch {
            let isOfStorage = Self.isOfStorage(error)
            do {
                _ = try await store.fail(id, error: "\(error)", isFault: !isOfStorage)
            } catch StoreError.unknownUpdate {
                // Whatever went wrong: what the update needed went with its task.
                return logger.notice("update \(id) ends: its task was deleted")
            } catch let refusal {
                logger.error("update \(id) failed: \(error)")
                throw refusal
            }
            logger.error("update \(id) failed: \(error)")
            if isOfStorage { throw error }
        }
    }

    private static func isOfStorage(_ error: any Error) -> Bool {
        if case AdapterError.unwritable = error { return true }
        return (error as? StoreError)?.isOfStorage ?? false
    }

    private static func names(_ works: [UpdateWork]) -> String {
        (works.count > 1 ? "tasks " : "task ") + works.map(\.task.name.rawValue).joined(separator: ", ")
    }

    /// One task's part: what was claimed for it, and what the learner makes of that.
    struct Part {
        var work: UpdateWork
        var input: Learner.Input
        /// Digest of the adapter that learning began from, the parent's where there is one.
        var origin: String?
    }

    private func part(_ work: UpdateWork, recipe: Recipe, start: SimilarStart?) async throws -> Part {
        let task = work.task.name
        let parent = try work.parent.map { version in
            try learner.loadAdapter(version.digest, in: store.home.adapters)
        }
        let loaded = try ReplayFiles(home: store.home).load(work.replay, recipe: recipe)
        for damage in loaded.damages { logger.error("replay memory of task \(task): \(damage)") }
        // The head's rows keep their order, whatever order the task declares its labels in by now. Two spellings of one
        // label, as older ledgers may hold them, are one row.
        let known = parent?.labels ?? []
        var seen = Set(known)
        let labels = known + work.task.labels.filter { seen.insert($0).inserted }
        let files = AnalyticFiles(home: store.home, base: learner.base.digest)
        let replaced = work.training.compactMap { example -> (Int64, String)? in
            guard let old = example.replaced else { return nil }
            // Sums made anew are of the memory then: what it still held was among it, whichever experience it is of.
            let isInSums =
                work.analytic?.contains(experience: old.experience) == true
                || loaded.relabelled[example.text] == old.label
            return isInSums ? (example.sequence, old.label) : nil
        }
        var answers: [Int64: HeldOutAnswer] = [:]
        if let parent = work.parent { answers = try await store.answers(task, version: parent.version) }
        let input = Learner.Input(
            task: task.rawValue, recipe: recipe, experience: work.update.experience, labels: labels, parent: parent,
            start: start?.adapter, blend: work.analytic?.blend ?? .adapterAlone,
            sums: try work.analytic.map(files.load), sumsAreImported: work.analytic?.isImported ?? false,
            analytic: try work.analytic.map(files.head), parentFit: work.analytic?.fit,
            schedule: work.analytic?.schedule ?? TrainingSchedule(), mustTrain: work.replayFactor > 1,
            replaced: Dictionary(uniqueKeysWithValues: replaced), memory: loaded.memory,
            training: work.training, newSlice: work.heldOut, oldSlices: try await store.slices(task),
            parentAnswers: answers)
        return Part(work: work, input: input, origin: work.parent?.digest ?? start?.digest)
    }

    /// Without the examples whose labels are doubted, which are set aside for review.
    ///
    /// - Returns: `nil` when nothing is left to learn; the update has ended then.
    private func screened(_ parts: [Part], by learner: Learner) async throws -> [Part]? {
        var parts = parts
        for index in parts.indices {
            let input = parts[index].input
            let doubted = try await BlockingThread.run { try Screening(learner: learner, input: input).doubted() }
            guard let doubted else { continue }
            let id = parts[index].work.update.id
            let task = parts[index].work.task.name
            let update = try await store.setAside(doubted, from: id)
            if !doubted.isEmpty {
                logger.warning(
                    "update \(id) of task \(task): \(doubted.count) examples with doubted labels are set aside; see: perennial quarantine list \(task)"
                )
            }
            if update.status.isFinal { return nil }
            parts[index].input = input.without(doubted)
            parts[index].work.update = update
            parts[index].work.training = parts[index].input.training
            parts[index].work.heldOut = parts[index].input.newSlice
        }
        return parts
    }
}
