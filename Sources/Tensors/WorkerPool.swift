import CProcess
import Glibc
import Synchronization

/// A fixed set of threads that work on shares of one job: fork, compute, join, without locks in between.
///
/// The calling thread takes the first share, so a pool of two starts one thread. Which thread runs which share is
/// fixed, and with it everything that is summed share by share. Calls from several threads take turns; a call from
/// within a share would wait for itself and is a programmer's error.
public final class WorkerPool: Sendable {
    /// Number of shares.
    public let count: Int
    private let crew: Crew

    /// One thread's part of a job.
    public struct Share {
        public let index: Int
        public let count: Int
        /// Scratch memory that belongs to this share and stays between jobs.
        public let arena: Arena
    }

    /// - Parameter profiling: note the time of every operation, see `profile`.
    public init(count: Int = 2, profiling: Bool = false) {
        precondition(count >= 1, "a pool needs at least one thread, found \(count)")
        self.count = count
        crew = Crew(count: count, profiling: profiling)
        crew.start()
    }

    deinit { crew.stop() }

    /// Where the threads' time went so far, summed over them; empty without profiling.
    public var profile: OperationProfile { crew.profile }

    /// Frees the shares' scratch memory, which grows again as it is needed.
    public func emptyScratch() { run { $0.arena.empty() } }

    /// Runs `body` once for each share and returns when all are done.
    public func run(_ body: @Sendable (Share) -> Void) {
        withoutActuallyEscaping(body) { crew.run($0) }
    }

    /// Runs `body` on the calling thread while the other threads stand by to take parts of its operations.
    public func lead<Result>(_ body: (Team) -> Result) -> Result { crew.lead(body) }

    /// All threads of a pool at the disposal of one of them.
    public struct Team {
        /// Number of threads, the leader's included.
        public var count: Int { crew.count }
        /// Scratch memory of the leader.
        public let arena: Arena
        fileprivate let crew: Crew

        /// Runs `body` on parts of `0..<count` that are as even as possible, and returns when all are done.
        func forEachShare(of count: Int, _ body: @Sendable (_ share: Int, _ part: Range<Int>) -> Void) {
            withoutActuallyEscaping(body) { body in
                crew.fork { share in
                    let start = count * share.index / share.count
                    let end = count * (share.index + 1) / share.count
                    if start < end { body(share.index, start..<end) }
                }
            }
        }
    }

    /// The shares' results, in order of the shares.
    public func map<Result: Sendable>(_ body: @Sendable (Share) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: count))
        run { share in
            let result = body(share)
            results.withLock { $0[share.index] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}

/// What the threads of a pool share.
// @unchecked Sendable: `job` is written by the caller who holds `callers` while every worker waits, and published
// by the release of `generation`; each arena is touched by the thread of its index alone, index 0 under `callers`;
// the thread handles are written before the first job; `placedFor` and `areBeside` under `callers`.
private final class Crew: @unchecked Sendable {
    let count: Int
    private let arenas: [Arena]
    private var threads: [pthread_t] = []
    private var job: (@Sendable (WorkerPool.Share) -> Void)?
    private var isStopping = false
    private let generation = Atomic<Int>(0)
    private let remaining = Atomic<Int>(0)
    private let callers = Mutex<Void>(())
    private let bell: Bell = Bell()
    /// The caller's processor when the workers were placed last.
    private var placedFor: Int32?
    /// Whether they were given others than that.
    private var areBeside = false
    /// Whether these threads run only when nothing else wants a processor, as training does beside a service. They then
    /// go where there is room, and who waits sleeps: both halves of a job must share what others leave.
    private let yields = process_is_idle() != 0
    private let done = Bell()

    /// Rounds of asking before a worker goes to sleep, about twenty microseconds: within a step the next job comes
    /// sooner than that, and waking a sleeper costs as much.
    private static let patience = 2_000
    /// The same while a leader is at work: its threads' next operation comes after some work of its own, and a query
    /// that woke them for each would take half as long again. And before a caller whose workers have processors of their
    /// own gives its away.
    private static let longPatience = 200_000
    private let isLed = Atomic<Bool>(false)

    init(count: Int, profiling: Bool) {
        self.count = count
        arenas = (0..<count).map { _ in Arena() }
        if profiling { for arena in arenas { arena.profile = OperationProfile() } }
    }

    var profile: OperationProfile {
        callers.withLock { _ in
            var sum = OperationProfile()
            for arena in arenas { arena.profile.map { sum.add($0) } }
            return sum
        }
    }

    func start() {
        for index in 1..<max(count, 1) {
            let start = Unmanaged.passRetained(Start(crew: self, index: index))
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    start.crew.work(start.index)
                    return nil
                }, start.toOpaque())
            precondition(status == 0, "cannot start thread \(index): \(String(cString: strerror(status)))")
            threads.append(thread)
        }
    }

    private final class Start {
        let crew: Crew
        let index: Int
        init(crew: Crew, index: Int) {
            self.crew = crew
            self.index = index
        }
    }

    func run(_ job: @escaping @Sendable (WorkerPool.Share) -> Void) {
        callers.withLock { _ in fork(job) }
    }

    func lead<Result>(_ body: (WorkerPool.Team) -> Result) -> Result {
        // The lock's closure may not take `body` along, which need not be sendable.
        var result: Result?
        callers.withLock { _ in
            isLed.store(true, ordering: .relaxed)
            result = body(WorkerPool.Team(arena: arenas[0], crew: self))
            isLed.store(false, ordering: .relaxed)
        }
        guard let result else { preconditionFailure("the lock runs its closure") }
        return result
    }

    /// Needs `callers`.
    fileprivate func fork(_ job: @escaping @Sendable (WorkerPool.Share) -> Void) {
        self.job = job
        standBeside()
        publish()
        job(share(0))
        // Who waits for a thread beside it would give its own processor away to training, until the next tick.
        let patience = areBeside ? Self.longPatience : Self.patience
        var rounds = 0
        while remaining.load(ordering: .acquiring) > 0 {
            rounds += 1
            if rounds <= patience { continue }
            if yields {
                done.wait { remaining.load(ordering: .acquiring) == 0 }
            } else {
                sched_yield()
            }
        }
        // Perhaps there are fewer processors than there were.
        if rounds > Self.longPatience { placedFor = nil }
        self.job = nil
    }

    /// Keeps the workers off the caller's processor. The kernel likes to wake a thread where it ran last or where it is
    /// woken from, and while all the others are idle both may take turns on one for several milliseconds.
    ///
    /// Needs `callers`.
    private func standBeside() {
        guard count > 1, !yields else { return }
        let processor = process_processor()
        guard processor != placedFor else { return }
        areBeside = process_keep_off(processor, threads, Int32(threads.count)) == 0
        placedFor = processor
    }

    func stop() {
        callers.withLock { _ in
            isStopping = true
            publish()
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private func publish() {
        remaining.store(count - 1, ordering: .relaxed)
        generation.add(1, ordering: .releasing)
        bell.ring()
    }

    private func share(_ index: Int) -> WorkerPool.Share {
        WorkerPool.Share(index: index, count: count, arena: arenas[index])
    }

    private func work(_ index: Int) {
        var seen = 0
        while true {
            var rounds = 0
            while generation.load(ordering: .acquiring) == seen {
                rounds += 1
                if rounds > Self.patience, rounds > Self.longPatience || !isLed.load(ordering: .relaxed) {
                    bell.wait { generation.load(ordering: .acquiring) != seen }
                }
            }
            seen += 1
            if isStopping { return }
            job?(share(index))
            let isLast = remaining.subtract(1, ordering: .releasing).newValue == 0
            if isLast && yields { done.ring() }
        }
    }
}

/// Wakes threads that sleep until something has happened.
// @unchecked Sendable: the condition and its mutex are made for use from many threads and are never moved.
private final class Bell: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// What the sleepers ask about must have been changed before.
    func ring() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    func wait(until happened: () -> Bool) {
        pthread_mutex_lock(mutex)
        while !happened() { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }
}
