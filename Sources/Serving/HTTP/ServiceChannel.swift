import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// A connection of HTTP/1.1 that also ends as clients of HTTP/1.0 expect.
struct ServiceChannel: ServerChildChannel {
    let http: HTTP1Channel

    /// - Parameters:
    ///   - maximumBytes: of the longest body that any route takes.
    ///   - idleTimeout: after which a silent connection is closed; one that waits for its answer is not silent.
    static func server(maximumBytes: Int, idleTimeout: Duration) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            ServiceChannel(
                http: HTTP1Channel(
                    responder: responder,
                    configuration: .init(
                        additionalChannelHandlers: [ContinueHandler(maximumBytes: maximumBytes), RefusalHandler()],
                        idleTimeout: .init(idleTimeout))))
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            // Further on, requests have no version any more.
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(KeepAliveHandler(), position: .after(decoder))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}

/// Closes the connection after an answer that is the last one, and marks that answer: where the request says
/// `Connection: close`, where one of HTTP/1.0 does not say `keep-alive`, where the answer says so itself, and where it
/// is to what is no valid HTTP.
///
/// What the client still sends then is read and dropped: one that sends all of its body before it reads comes to the
/// answer. None of that keeps the connection from being closed as silent.
///
/// - SeeAlso: RFC 9112, sections 9.3 and 9.6.
private final class KeepAliveHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What `Connection` is to say in the answers that are still owed, oldest request first.
    private var owed: [String?] = []
    /// The newest answer, once the system has taken all of it.
    private var written: EventLoopFuture<Void>?
    /// Whether a request has begun and not ended.
    private var isWithinRequest = false
    /// Whether the last answer has been given.
    private var isOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            owed.append(head.isKeepAlive ? (head.version == .http1_0 ? "keep-alive" : nil) : "close")
            isWithinRequest = true
        case .body: break
        case .end: isWithinRequest = false
        }
        context.fireChannelRead(data)
    }

    /// Nothing can be read after it: the answer to what was not understood is the last one.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, !isOver {
            // A request whose head was understood has its answer already, or gets it still.
            if isWithinRequest, !owed.isEmpty { owed.removeLast() }
            owed.append("close")
            isWithinRequest = false
        }
        context.fireErrorCaught(error)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody further on asks for more.
        if isOver { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        // 100 (Continue) is no answer yet.
        case .head(var head) where head.status.code >= 200 && !owed.isEmpty:
            if !head.isKeepAlive { owed[0] = "close" }
            if let word = owed[0] { head.headers.replaceOrAdd(name: "connection", value: word) }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            let isLast = !owed.isEmpty && owed.removeFirst() == "close"
            let promise = promise ?? context.eventLoop.makePromise()
            written = promise.futureResult
            context.write(data, promise: promise)
            guard isLast else { return }
            context.flush()
            isOver = true
            context.read()
            // One way only: what the client is still sending would reset the connection, and the answer be lost.
            close(context: context, mode: .output, promise: nil)
        default:
            context.write(data, promise: promise)
        }
    }

    /// Waits for what was answered: where the client sends no more either, the channel would drop it.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output, let written else { return context.close(mode: mode, promise: promise) }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.whenComplete { _ in context.value.close(mode: mode, promise: promise) }
    }
}
