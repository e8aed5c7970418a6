import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Gives what is no valid HTTP the answer that every other error has: its JSON, and `x-request-id`.
///
/// The server answers such a request by itself once those before it have theirs, but with a status alone. That answer
/// is known by what all others have: it is the one without `x-request-id`.
final class RefusalHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What the parser found.
    private var refusal: HTTPParserError?

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { refusal = error }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let refusal, case .head(let head) = unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.requestID] == nil,
            // Without its words the answer is what it was.
            let body = try? APIError(refusal).content
        else { return context.write(data, promise: promise) }
        let fields: HTTPFields = [
            .contentType: "application/json", .contentLength: "\(body.readableBytes)", .connection: "close",
            .requestID: RequestIDMiddleware.newID,
        ]
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .badRequest, headerFields: fields))), promise: promise)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }
}

extension APIError {
    fileprivate init(_ error: HTTPParserError) {
        self = .invalid(nil, code: "invalid_http", "the request is not valid HTTP/1.1: \(Self.words(error))")
    }

    /// What is wrong, as far as the parser says, and what would be right.
    private static func words(_ error: HTTPParserError) -> String {
        switch error {
        case .invalidMethod: "its method is unknown; use GET, HEAD, PUT, POST or DELETE"
        case .invalidURL: "its path has bytes that may not stand there; percent-encode them"
        case .invalidVersion: "its version is not supported; speak HTTP/1.1"
        case .headerOverflow: "its header is too large; send at most 80 KiB, and what is long in the body"
        case .invalidHeaderToken: "a header line has no valid name and colon; write \"Name: value\""
        case .invalidContentLength: "Content-Length is no number of bytes; give the body's length in digits"
        case .unexpectedContentLength:
            "it has more than one length; give either one Content-Length or Transfer-Encoding: chunked"
        case .invalidChunkSize: "the size of a chunk is no hexadecimal number; give that of the bytes that follow"
        case .invalidEOFState, .closedConnection: "it breaks off; send it again, whole"
        case .lfExpected: "a line does not end in CR and LF; end each so"
        default: "send a line \"GET /path HTTP/1.1\", lines \"Name: value\", and an empty line, each ended by CR LF"
        }
    }
}
