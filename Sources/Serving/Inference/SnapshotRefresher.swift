import Logging
import Schema
import ServiceLifecycle
import Store

/// Keeps the serving snapshot equal to what the store says, whichever process wrote it.
actor SnapshotRefresher: Service {
    private let store: Store
    private let engine: InferenceEngine
    private let cache: AdapterCache
    private let instant: InstantHeads
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let interval: Duration
    nonisolated let snapshot = SnapshotReference()
    private var last: Task<Void, any Error>?

    init(
        store: Store, engine: InferenceEngine, cache: AdapterCache, instant: InstantHeads, metrics: ServiceMetrics,
        logger: Logger,
        interval: Duration = .milliseconds(100)
    ) {
        self.store = store
        self.engine = engine
        self.cache = cache
        self.instant = instant
        self.metrics = metrics
        self.logger = logger
        self.interval = interval
    }

    /// Polls the store's data version, which costs a memory access, until graceful shutdown.
    func run() async throws {
        // What ends the polling is the cancellation, which is no error here.
        await cancelWhenGracefulShutdown { [self] in try? await poll() }
    }

    private func poll() async throws {
        guard await engine.awaitedClassifier != nil else { return }
        var seen: Int64?
        while true {
            do {
                let version = try await store.dataVersion()
                if version != seen {
                    try await refresh()
                    seen = version
                }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.error("the store cannot be read; serving goes on as it is", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: interval)
        }
    }

    /// Makes the snapshot what the store says at a moment after the call. Does nothing before the base is loaded.
    ///
    /// Refreshes run one after the other: an older reading never replaces a newer one.
    func refresh() async throws {
        let previous = last
        let task = Task {
            _ = await previous?.result
            try await self.readStore()
        }
        last = task
        try await task.value
    }

    private func readStore() async throws {
        guard let classifier = engine.loadedClassifier else { return }
        let old = snapshot.current
        var new = ServingSnapshot()
        let all = try await store.served()
        for served in all {
            let previous = old?.tasks[served.task.name]
            var entry = ServingSnapshot.Entry(task: served.task, champion: previous?.champion)
            if let version = served.champion {
                await load(version, served.analytic, from: classifier, into: &entry, previous: previous)
            } else {
                entry.champion = nil
            }
            new.tasks[served.task.name] = entry
        }
        // First: no query is to find the head of a task that is gone under the name of a new one.
        instant.changed(all)
        snapshot.replace(with: new)
        engine.isBesideTraining = try await store.isTraining()
    }

    /// An adapter that does not load leaves the one before it, if there is one, in service.
    private func load(
        _ version: AdapterVersion, _ generation: AnalyticGeneration?, from classifier: any TextClassifier,
        into entry: inout ServingSnapshot.Entry,
        previous: ServingSnapshot.Entry?
    ) async {
        if let served = entry.champion?.reference, served.version == version.version, served.digest == version.digest {
            return
        }
        do {
            let adapter = try await cache.adapter(version.digest, from: classifier)
            let head = try await cache.analytic(generation, store.home, from: classifier)
            entry.champion = ServedVersion(version, adapter: adapter, generation: generation, analytic: head)
            metrics.adapterLoaded()
            logger.info("now serving", metadata: ["task": "\(entry.task.name)", "adapter": "\(version.version)"])
        } catch {
            let failure = "\(version.version) does not load: \(error)"
            entry.failure = failure
            // Said once, not at every poll.
            if previous?.failure != failure {
                metrics.adapterFailed()
                let rest =
                    entry.champion.map { "\($0.reference.version) stays in service" }
                    ?? "no other version is in service"
                logger.error(
                    "the champion does not load; \(rest)",
                    metadata: ["task": "\(entry.task.name)", "adapter": "\(version.version)", "error": "\(error)"])
            }
        }
    }
}
