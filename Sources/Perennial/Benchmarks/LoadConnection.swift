import NIOCore
import NIOHTTP1

/// One connection, with at most one request under way.
// @unchecked Sendable: handed to its event loop and touched there alone.
final class LoadConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let run: LoadRun
    private var context: ChannelHandlerContext?
    private var due: NIODeadline?
    private var status = HTTPResponseStatus.ok
    private var failure = ByteBuffer()

    init(run: LoadRun) { self.run = run }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        run.add(self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        run.lost(self, due: due)
        due = nil
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func send(_ body: ByteBuffer, due: NIODeadline) {
        self.due = due
        guard let context else { return }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: run.settings.path)
        head.headers.add(name: "host", value: run.settings.host)
        head.headers.add(name: "content-type", value: "application/json")
        head.headers.add(name: "content-length", value: "\(body.readableBytes)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = head.status
            failure.clear()
        case .body(var part):
            if status.code >= 300 { failure.writeBuffer(&part) }
        case .end:
            guard let due else { return }
            self.due = nil
            let failed = status.code >= 300 ? "\(status.code): \(String(buffer: failure))" : nil
            run.answered(self, due: due, failure: failed)
        }
    }
}
