import CProcess
import Foundation
import Synchronization
import Tensors
import Testing

@Suite("Worker pool")
struct WorkerPoolTests {
    @Test("runs every share once, results in order", arguments: [1, 2, 3, 8])
    func shares(count: Int) {
        let pool = WorkerPool(count: count)
        for _ in 0..<500 {
            #expect(pool.map { $0.index } == Array(0..<count))
        }
    }

    @Test("keeps an arena for each share")
    func arenas() {
        let pool = WorkerPool(count: 2)
        let first = pool.map { ObjectIdentifier($0.arena) }
        #expect(Set(first).count == 2)
        #expect(pool.map { ObjectIdentifier($0.arena) } == first)
    }

    @Test("takes calls from many tasks in turns")
    func concurrentCallers() async {
        let pool = WorkerPool(count: 2)
        let running = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        pool.run { _ in
                            #expect(running.change(by: 1) <= 2)
                            _ = running.change(by: -1)
                        }
                    }
                }
            }
        }
        #expect(running.change(by: 0) == 0)
    }

    @Test("writes of one job are seen by the next")
    func handOver() {
        let pool = WorkerPool(count: 2)
        let parts = [FloatStorage(count: 64), FloatStorage(count: 64)]
        for round in 1...200 {
            pool.run { parts[$0.index].fill(Float(round + $0.index)) }
            let crossed = pool.map { parts[1 - $0.index][5..<6][0] }
            #expect(crossed == [Float(round + 1), Float(round)])
        }
    }

    @Test("workers keep off the caller's processor where there are enough")
    func beside() throws {
        for count in [2, processors(of: "self").count, processors(of: "self").count + 1] where count > 1 {
            let pool = WorkerPool(count: count)
            let allowed = pool.map { _ in processors(of: "thread-self") }
            let expected = allowed[0].count - (count <= allowed[0].count ? 1 : 0)
            #expect(allowed.dropFirst().allSatisfy { $0.count == expected && $0.isSubset(of: allowed[0]) })
        }
    }

    @Test("threads that yield to all others go wherever there is room")
    func yielding() throws {
        let seen = Mutex<(allowed: [Set<Int>], sums: [Int])>(([], []))
        let ended = DispatchSemaphore(value: 0)
        // One of the test's own: no thread comes back from there.
        Thread {
            _ = process_make_idle(0)
            let pool = WorkerPool(count: 2)
            let allowed = pool.map { _ in processors(of: "thread-self") }
            // The caller's share is the short one, so that it waits beyond its patience.
            let sums = (1...50).map { round in
                pool.map { share in (0..<(share.index == 0 ? 1 : 100_000)).reduce(round) { ($0 ^ $1) &+ 1 } }[1]
            }
            seen.withLock { $0 = (allowed, sums) }
            ended.signal()
        }.start()
        ended.wait()
        let (allowed, sums) = seen.withLock { $0 }
        #expect(allowed.count == 2 && allowed.allSatisfy { $0 == processors(of: "self") })
        #expect(sums == (1...50).map { round in (0..<100_000).reduce(round) { ($0 ^ $1) &+ 1 } })
    }
}

private final class Gauge: Sendable {
    private let value = Atomic<Int>(0)

    func change(by difference: Int) -> Int { value.add(difference, ordering: .sequentiallyConsistent).newValue }
}

/// Where a thread may run, as the kernel lists it: `0-3,8`.
private func processors(of thread: String) -> Set<Int> {
    let status = (try? String(contentsOfFile: "/proc/\(thread)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let ranges = line?.split(separator: ":").last?.split(separator: ",") ?? []
    return ranges.reduce(into: []) { set, range in
        let ends = range.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        if let first = ends.first, let last = ends.last { set.formUnion(first...last) }
    }
}
