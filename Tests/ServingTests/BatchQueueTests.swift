import Serving
import Testing

@Suite struct BatchQueueTests {
    @Test func whateverWaitsGoesIntoTheNextBatch() {
        var queue = BatchQueue(limit: 10)
        #expect(queue.enqueue(1, lengths: [5]) && queue.enqueue(2, lengths: [7, 3]))
        #expect(queue.count == 3)
        let batch = queue.nextBatch(tokens: 100)
        #expect(batch == [.init(request: 1, index: 0), .init(request: 2, index: 0), .init(request: 2, index: 1)])
        #expect(queue.count == 0 && queue.nextBatch(tokens: 100).isEmpty)
    }

    @Test func aSmallRequestDoesNotWaitBehindAllOfALargeOne() {
        var queue = BatchQueue(limit: 100)
        #expect(queue.enqueue(1, lengths: Array(repeating: 10, count: 50)) == true)
        #expect(queue.enqueue(2, lengths: [10]) == true)
        let batch = queue.nextBatch(tokens: 40)
        #expect(batch.count == 4)
        #expect(batch.contains(.init(request: 2, index: 0)))
    }

    @Test func whoWasServedPartlyGoesBehindWhoWasNot() {
        var queue = BatchQueue(limit: 100)
        for id in 1...3 as ClosedRange<UInt64> { #expect(queue.enqueue(id, lengths: [10, 10]) == true) }
        #expect(queue.nextBatch(tokens: 20).map(\.request) == [1, 2])
        #expect(queue.nextBatch(tokens: 20).map(\.request) == [3, 1])
        #expect(queue.nextBatch(tokens: 20).map(\.request) == [2, 3])
    }

    @Test func anInputLongerThanTheBudgetGoesAlone() {
        var queue = BatchQueue(limit: 10)
        #expect(queue.enqueue(1, lengths: [100]) && queue.enqueue(2, lengths: [1]))
        #expect(queue.nextBatch(tokens: 10) == [.init(request: 1, index: 0)])
        #expect(queue.nextBatch(tokens: 10) == [.init(request: 2, index: 0)])
    }

    @Test func theLimitBoundsWhatWaitsButAnEmptyQueueTakesAnything() {
        var queue = BatchQueue(limit: 3)
        #expect(queue.enqueue(1, lengths: [1, 1, 1, 1]) == true)
        #expect(queue.enqueue(2, lengths: [1]) == false)
        _ = queue.nextBatch(tokens: 3)
        #expect(queue.count == 1)
        #expect(queue.enqueue(3, lengths: [1, 1]) == true)
        #expect(queue.enqueue(4, lengths: [1]) == false)
    }

    @Test func cancellingForgetsWhatStillWaits() {
        var queue = BatchQueue(limit: 10)
        #expect(queue.enqueue(1, lengths: [1, 1, 1]) && queue.enqueue(2, lengths: [1]))
        _ = queue.nextBatch(tokens: 2)
        queue.cancel(1)
        queue.cancel(7)
        #expect(queue.count == 0)
        #expect(queue.nextBatch(tokens: 10).isEmpty)
    }

    @Test(arguments: 0..<20)
    func everyInputIsServedExactlyOnceInWhateverOrder(_ seed: UInt64) {
        var random = SeededRandom(state: seed)
        var queue = BatchQueue(limit: 1_000)
        var expected: Set<[UInt64]> = []
        var served: [[UInt64]] = []
        for id in 1...40 as ClosedRange<UInt64> {
            let lengths = (0..<Int.random(in: 1...9, using: &random)).map { _ in Int.random(in: 1...50, using: &random)
            }
            #expect(queue.enqueue(id, lengths: lengths) == true)
            for index in lengths.indices { expected.insert([id, UInt64(index)]) }
            if Bool.random(using: &random) {
                served += queue.nextBatch(tokens: 64).map { [$0.request, UInt64($0.index)] }
            }
        }
        while queue.count > 0 { served += queue.nextBatch(tokens: 64).map { [$0.request, UInt64($0.index)] } }
        #expect(served.count == expected.count && Set(served) == expected)
    }
}

struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
    }
}
