import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on a free port of this machine that answers as a test says and remembers what it was asked.
final class StubServer: Sendable {
    struct Request: Sendable {
        let path: String
        let headers: HTTPHeaders
    }

    struct Response: Sendable {
        var status = HTTPResponseStatus.ok
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// Holds back the body after so many bytes, until ``StubServer/cut()``.
        var holdAfter: Int?
    }

    private let channel: any Channel
    private let log: Log

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
        let held = Mutex<[any Channel]>([])
    }

    private init(channel: any Channel, log: Log) {
        self.channel = channel
        self.log = log
    }

    var address: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var requests: [Request] { log.requests.withLock { $0 } }

    /// Closes the connections whose bodies are held back.
    func cut() {
        let held = log.held.withLock { held in
            defer { held = [] }
            return held
        }
        for channel in held { channel.close(promise: nil) }
    }

    /// Serves for as long as `body` runs.
    static func run(
        answering answer: @escaping @Sendable (Request) -> Response,
        _ body: (StubServer) async throws -> Void
    ) async throws {
        let log = Log()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(log: log) { request in
                            log.requests.withLock { $0.append(request) }
                            return answer(request)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(StubServer(channel: channel, log: log))
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let log: Log
        private let answer: @Sendable (Request) -> Response

        init(log: Log, answer: @escaping @Sendable (Request) -> Response) {
            self.log = log
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let response = answer(Request(path: head.uri, headers: head.headers))
            var headers = HTTPHeaders(response.headers)
            headers.replaceOrAdd(name: "content-length", value: "\(response.body.count)")
            let body = response.body.prefix(response.holdAfter ?? response.body.count)
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: response.status, headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            if response.holdAfter != nil {
                let channel = context.channel
                log.held.withLock { $0.append(channel) }
                context.flush()
            } else {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
