import NIOCore
import NIOHTTP1
import NIOPosix

/// Requests over kept connections: at a constant rate whatever the service does (an open loop), or each as soon as the
/// one before it was answered (a closed loop).
///
/// In an open loop a latency counts from the moment the request was due, not from when a connection was free for it: a
/// service that stalls is charged for all who would have asked meanwhile.
///
/// - SeeAlso: Tene 2013, How NOT to Measure Latency, on coordinated omission.
struct LoadGenerator {
    var host: String
    var port: Int
    var path: String
    var connections: Int
    /// Requests a second; `nil` closes the loop.
    var rate: Double?
    var seconds: Double
    /// Seconds at the beginning whose requests are sent but not counted.
    var warmUp: Double
    /// The body of the request with this number.
    var body: @Sendable (Int) throws -> ByteBuffer

    struct Outcome {
        /// Counted ones only.
        var answered = 0
        /// Answered with another status than 2xx, or not at all.
        var failed = 0
        var firstFailure: String?
        /// Sorted, in seconds.
        var latencies: [Double] = []
        /// From the first counted request to the last answer.
        var seconds = 0.0
    }

    /// - Throws: ``CommandFailure`` when nobody listens.
    func run() async throws -> Outcome {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let run = LoadRun(self, loop: loop)
        do {
            for _ in 0..<connections {
                let handler = LoadConnection(run: run)
                _ = try await ClientBootstrap(group: loop).channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connectTimeout(.seconds(5))
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHTTPClientHandlers()
                            try channel.pipeline.syncOperations.addHandler(handler)
                        }
                    }.connect(host: host, port: port).get()
            }
        } catch {
            try? await group.shutdownGracefully()
            throw CommandFailure(
                "no service answers at \(host):\(port) (\(error)); start one with `perennial serve`", .unreachable)
        }
        loop.execute { run.start() }
        let outcome = try await run.finished.futureResult.get()
        try await group.shutdownGracefully()
        return outcome
    }
}
