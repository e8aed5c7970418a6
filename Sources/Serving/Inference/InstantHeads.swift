import Adapters
import Foundation
import Logging
import Schema
import ServiceLifecycle
import Store

/// Learns examples as they are acknowledged, so that the next answer knows them: each task's saved sums and every
/// training example of the ledger that is not in them yet.
///
/// What it holds is a function of the store, so nothing of it needs saving: after a restart it is made again from the
/// last generation, which was committed together with the examples that left the ledger, and the rows still there.
actor InstantHeads: Service {
    private let store: Store
    private let engine: InferenceEngine
    private let cache: AdapterCache
    private let recipe: @Sendable (String) -> Recipe?
    private let logger: Logger
    /// Texts embedded at once: a head counts them together.
    private static let part = 16
    /// So many of them are read in a row while they only join heads that are being made: others behind them are reached
    /// soon, and a flood is not read as fast as it is written, at the cost of those who write it.
    private static let partsRead = 16
    /// Tasks whose inverse is kept in memory; the others keep the head that answers.
    private static let solvers = 8
    /// What inverses may take that no example has asked for yet. They are there because a first example is to count as
    /// soon as any other.
    private static let bytesAhead = 64 << 20

    private nonisolated let published = PublishedHeads()
    private nonisolated let waiters = InstantWaiters()
    private nonisolated let bell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// Embeds and counts behind what answers, so that a flood of examples slows no query.
    private var thread: BackgroundThread?
    /// Solves sums that were saved, while other tasks go on learning.
    private var solving: BackgroundThread?
    private var solutions: [UUID: Task<Void, Never>] = [:]
    private var states: [TaskName: InstantTask] = [:]
    /// Last use last.
    private var order: [TaskName] = []
    private var backlogs = InstantBacklogs()
    private var cursor: Int64?
    /// What each task's head was to be made from at the last look.
    private var followed: [TaskName: InstantBasis] = [:]
    private var retries = InstantRetries()
    /// How many examples of each had been released from quarantine by then.
    private var released: [TaskName: Int]?
    /// Whether something may have been withdrawn.
    private var isToReview = false
    private var tasks: [TaskName: ServedTask] = [:]

    init(
        store: Store, engine: InferenceEngine, cache: AdapterCache,
        recipe: @escaping @Sendable (String) -> Recipe?, logger: Logger
    ) {
        self.store = store
        self.engine = engine
        self.cache = cache
        self.recipe = recipe
        self.logger = logger
    }

    /// What answers for a task besides its adapter; `nil` where nothing was learned that its version does not hold.
    nonisolated func head(of task: TaskName) -> InstantHead? { published.head(of: task) }

    /// Whether a task's recipe lets an analytic head answer.
    nonisolated func learns(_ task: LearningTask) -> Bool {
        recipe(task.update.recipe).map { $0.head != .adapter } ?? false
    }

    /// Tokens a text is truncated to.
    nonisolated func maximumLength(of task: TaskName) -> Int { published.maximumLength(of: task) }

    /// Examples may have been acknowledged.
    nonisolated func examplesArrived() { bell.continuation.yield() }

    /// Tasks or their champions may have changed, or examples may have come from another process.
    ///
    /// A head that stands on what is no champion any more ends here: an older version asked for by name answers as it did.
    nonisolated func changed(_ served: [ServedTask]) {
        published.changed(served)
        bell.continuation.yield()
    }

    /// Returns once every example of a task up to this one counts, when no more can be counted, or when the caller is
    /// cancelled.
    nonisolated func caughtUp(with sequence: Int64, of task: TaskName) async {
        await waiters.wait(for: sequence, of: task) { bell.continuation.yield() }
    }

    /// Lets go who waited for what counts now.
    private func resumeCounted() {
        if let cursor { waiters.resume(upTo: cursor, but: backlogs.waiting) }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in await learn() }
        for solution in solutions.values { solution.cancel() }
        retries.removeAll()
        for thread in [thread, solving] { thread?.stop() }
        (thread, solving) = (nil, nil)
        waiters.end()
    }

    private func learn() async {
        guard let classifier = await engine.awaitedClassifier else { return }
        for await _ in bell.stream {
            do {
                var isBusy = true
                while isBusy {
                    try await follow()
                    resumeCounted()
                    let hasTaken = try await takeNext(classifier)
                    resumeCounted()
                    if !hasTaken { try await review() }
                    solve(with: classifier)
                    let hasMade = try await makeNext(classifier)
                    isBusy = hasTaken || hasMade
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("the analytic heads could not learn; adapters answer without them: \(error)")
                waiters.resume()
                // Another try, also where nothing new comes.
                try? await Task.sleep(for: .seconds(1))
                bell.continuation.yield()
            }
        }
    }

    private var background: BackgroundThread {
        let thread = self.thread ?? BackgroundThread(name: "instant", priority: .low)
        self.thread = thread
        return thread
    }

    private var solver: BackgroundThread {
        let thread = solving ?? BackgroundThread(name: "solve", priority: .low)
        solving = thread
        return thread
    }

    /// Takes up new champions and what was withdrawn or released, and forgets tasks that are gone.
    private func follow() async throws {
        guard let served = published.takeNews() else { return }
        let last: Int64
        let releases: [TaskName: Int]
        do {
            last = try await store.lastSequence()
            releases = try await store.releasedExamples()
        } catch {
            published.putBack(served)
            throw error
        }
        isToReview = true
        tasks = Dictionary(uniqueKeysWithValues: served.map { ($0.task.name, $0) })
        for (name, state) in states where tasks[name]?.task.createdAt != state.createdAt {
            forget(name)
            followed[name] = nil
        }
        for backlog in backlogs.all where tasks[backlog.name]?.task.createdAt != backlog.task.task.createdAt {
            forget(backlog.name)
            followed[backlog.name] = nil
        }
        followed = followed.filter { tasks[$0.key] != nil }
        retries.keep(only: Set(tasks.keys))
        let cursor = cursor ?? last
        self.cursor = cursor
        let before = released ?? releases
        released = releases
        var quiet: [ServedTask] = []
        for task in served {
            let recipe = recipe(task.task.update.recipe)
            let name = task.task.name
            published.truncate(name, to: recipe?.maximumLength)
            guard let recipe, recipe.head != .adapter, task.champion == nil || task.analytic != nil else {
                forget(name)
                followed[name] = nil
                continue
            }
            let (state, basis) = (states[name], InstantBasis(task.analytic, recipe))
            let isSame = (state?.basis ?? followed[name]) == basis
            followed[name] = basis
            let hasReleased = before[name] != releases[name]
            try await attempt(name) {
                guard !isSame || hasReleased else { return }
                let open = try await store.openExamples(name)
                if let state, try await state.advances(to: task, by: recipe, open: open) {
                    published.publish(state, name)
                } else if isSame, let state, open.allSatisfy({ state.holds($0.sequence) || $0.sequence > cursor }) {
                    return
                } else if open.isEmpty {
                    forget(name)
                    quiet.append(task)
                } else {
                    rebuild(task, recipe)
                }
            }
        }
        prepare(quiet)
    }

    /// Has heads made that nobody waits for, newest versions first.
    private func prepare(_ quiet: [ServedTask]) {
        var bytes = states.values.filter { $0.count == 0 }.map { InstantTask.bytes(of: $0.generation) }.reduce(0, +)
        bytes += backlogs.all.filter(\.isAhead).map { InstantTask.bytes(of: $0.task.analytic) }.reduce(0, +)
        let newest = quiet.filter { $0.analytic != nil }.sorted {
            ($0.champion?.createdAt.seconds ?? 0) > ($1.champion?.createdAt.seconds ?? 0)
        }
        for task in newest {
            bytes += InstantTask.bytes(of: task.analytic)
            guard states.count + backlogs.count < Self.solvers, bytes <= Self.bytesAhead,
                let recipe = recipe(task.task.update.recipe)
            else { return }
            backlogs.add(InstantBacklog(task: task, recipe: recipe, isAhead: true))
        }
    }

    /// After a look at the tasks: what was withdrawn without another example in its place counts no more.
    private func review() async throws {
        guard isToReview else { return }
        isToReview = false
        for (name, state) in states {
            guard let task = tasks[name], let recipe = recipe(task.task.update.recipe) else { continue }
            try await attempt(name) {
                let count = state.count
                let isSame = try await withdraw(from: state, task, recipe)
                if isSame, state.count < count { published.publish(state, name) }
            }
        }
    }

    /// Takes out what was relabelled, replaced, held out or set aside since.
    ///
    /// - Returns: `false` when the state is made anew instead, from everything that is open.
    private func withdraw(from state: InstantTask, _ task: ServedTask, _ recipe: Recipe) async throws -> Bool {
        guard let first = state.firstSequence else { return true }
        let name = task.task.name
        guard try await state.remove(try await store.withdrawn(name, from: first)) else {
            rebuild(task, recipe)
            return false
        }
        return true
    }

    /// Learns the next few examples that arrived since the last look; those of heads that are being made only join
    /// them.
    ///
    /// - Returns: whether there were any.
    private func takeNext(_ classifier: any TextClassifier) async throws -> Bool {
        var hasTaken = false
        for _ in 0..<Self.partsRead {
            guard let cursor else { break }
            try Task.checkCancellation()
            let newest = try await store.lastSequence()
            let rows = try await store.openExamples(after: cursor, limit: Self.part)
            guard let last = rows.last else {
                // What came since is held out or replaced: nobody need wait for it.
                self.cursor = max(cursor, newest)
                break
            }
            for (name, examples) in Dictionary(grouping: rows, by: \.task) {
                try await attempt(name) { try await take(name, examples.map(\.example), classifier) }
            }
            self.cursor = last.example.sequence
            hasTaken = true
            guard rows.allSatisfy({ backlogs.contains($0.task) }) else { break }
        }
        return hasTaken
    }

    /// What goes wrong with one task must not keep the others from learning.
    private func attempt(_ name: TaskName, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as CancellationError {
            throw error
        } catch {
            fail(name, error)
        }
    }

    private func fail(_ name: TaskName, _ error: any Error) {
        logger.error("the analytic head of task \(name) cannot learn: \(error)")
        forget(name)
        retries.add(name) { [weak self] in await self?.retry(name) }
    }

    /// Has a head that failed made again, from what is there then.
    private func retry(_ name: TaskName) {
        followed[name] = nil
        published.putBack(Array(tasks.values))
        bell.continuation.yield()
    }

    private func take(
        _ name: TaskName, _ examples: [LedgerExample], _ classifier: any TextClassifier
    ) async throws {
        if backlogs.contains(name) { return backlogs.append(examples, to: name) }
        var known = tasks[name]
        // Newer than the last look at the store.
        if known == nil { known = try await store.served().first { $0.task.name == name } }
        guard let task = known, let recipe = recipe(task.task.update.recipe), recipe.head != .adapter,
            task.champion == nil || task.analytic != nil
        else { return }
        guard let state = states[name] else { return rebuild(task, recipe) }
        use(name)
        guard try await withdraw(from: state, task, recipe) else { return }
        try await add(examples, to: state, recipe, classifier)
        published.publish(state, name)
        try await state.settle()
    }

    /// From the saved sums and all open examples, as its turns come; what answers by now does so until then.
    private func rebuild(_ task: ServedTask, _ recipe: Recipe) {
        drop(task.task.name)
        backlogs.add(InstantBacklog(task: task, recipe: recipe, isAhead: false))
    }

    /// Begins to solve the sums of the heads whose turn it is; those that an answer waits for are first.
    private func solve(with classifier: any TextClassifier) {
        backlogs.prefer(waiters.tasks)
        for backlog in backlogs.takeUnsolved() {
            let (begun, home, solver, background) = (ContinuousClock.now, store.home, solver, background)
            solutions[backlog.id] = Task { [weak self] in
                let result: Result<InstantTask, any Error>
                do {
                    let state = try await InstantTask(
                        backlog.task, recipe: backlog.recipe, home: home, classifier: classifier, solving: solver,
                        thread: background)
                    result = .success(state)
                } catch {
                    result = .failure(error)
                }
                await self?.finish(backlog, with: result, begun: begun)
            }
        }
    }

    private func finish(
        _ solved: InstantBacklog, with result: Result<InstantTask, any Error>, begun: ContinuousClock.Instant
    ) {
        solutions[solved.id] = nil
        guard backlogs.contains(solved.id) else { return }
        switch result {
        case .success(let state): backlogs.finish(solved.id, state, begun: begun)
        case .failure(let error):
            backlogs.remove(solved.id)
            if !(error is CancellationError) { fail(solved.name, error) }
        }
        bell.continuation.yield()
    }

    /// Counts the next few examples of a head that is being made.
    ///
    /// - Returns: whether there is one.
    private func makeNext(_ classifier: any TextClassifier) async throws -> Bool {
        guard let backlog = backlogs.takeSolved() else { return false }
        try await attempt(backlog.name) {
            guard let next = try await advanced(backlog, classifier) else { return }
            backlogs.putBack(next)
        }
        return true
    }

    /// A head with its next few examples; `nil` when those were the last.
    private func advanced(
        _ backlog: InstantBacklog, _ classifier: any TextClassifier
    ) async throws -> InstantBacklog? {
        guard case .solved(let state, let begun) = backlog.stage else { return backlog }
        let (recipe, name) = (backlog.recipe, backlog.name)
        var next = backlog
        if !next.hasRead { next.begin(with: try await store.openExamples(name)) }
        try await add(Array(next.rest.prefix(Self.part)), to: state, recipe, classifier)
        next.rest = next.rest.dropFirst(Self.part)
        guard next.rest.isEmpty else {
            published.publish(state, name, begun: begun)
            return next
        }
        states[name] = state
        retries.remove(name)
        use(name, isAhead: next.isAhead)
        published.publish(state, name)
        if order.count > Self.solvers, let oldest = order.first { states[oldest] = nil }
        order.removeAll { states[$0] == nil }
        // What was withdrawn meanwhile may be in it.
        isToReview = true
        return nil
    }

    private func add(
        _ examples: [LedgerExample], to state: InstantTask, _ recipe: Recipe, _ classifier: any TextClassifier
    ) async throws {
        let new = examples.filter { !state.holds($0.sequence) }
        guard !new.isEmpty else { return }
        var adapter: (any ServableAdapter)?
        if let digest = state.adapter { adapter = try await cache.adapter(digest, from: classifier) }
        let inputs = new.map { [adapter] in
            ClassifierInput(
                tokens: classifier.tokens(of: $0.text, maximumLength: recipe.maximumLength), adapter: adapter,
                heads: nil)
        }
        let features = try await background.run { try classifier.features(inputs) }
        try await state.add(zip(new, features).map { ($0, $1) })
    }

    /// - Parameter isAhead: of a head that nobody has asked for yet, which takes the place of none.
    private func use(_ name: TaskName, isAhead: Bool = false) {
        order.removeAll { $0 == name }
        order.insert(name, at: isAhead ? 0 : order.count)
    }

    private func forget(_ name: TaskName) {
        drop(name)
        published.forget(name)
    }

    /// What learns, but not what answers.
    private func drop(_ name: TaskName) {
        states[name] = nil
        order.removeAll { $0 == name }
        backlogs.remove(name)
    }
}
