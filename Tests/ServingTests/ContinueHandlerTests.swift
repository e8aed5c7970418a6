import HTTPTypes
import NIOEmbedded
import NIOHTTPTypes
import Serving
import Testing

@Suite struct ContinueHandlerTests {
    @Test(
        arguments: [
            ("100-continue", "1000", true), ("100-Continue", nil, true), ("100-continue", "1001", false),
            (nil, "1000", false), ("something", "10", false),
        ] as [(String?, String?, Bool)])
    func aBodyIsAskedForWhereItIsExpectedAndNotTooLong(
        _ expect: String?, _ length: String?, _ isAsked: Bool
    ) throws {
        let channel = EmbeddedChannel(handler: ContinueHandler(maximumBytes: 1_000))
        var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/")
        head.headerFields[.expect] = expect
        head.headerFields[.contentLength] = length
        try channel.writeInbound(HTTPRequestPart.head(head))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == .head(head))
        let answer = try channel.readOutbound(as: HTTPResponsePart.self)
        #expect(answer == (isAsked ? .head(HTTPResponse(status: .continue)) : nil))
        _ = try channel.finish()
    }
}
