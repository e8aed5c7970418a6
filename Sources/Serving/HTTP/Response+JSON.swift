import Foundation
import Hummingbird

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(try ByteBuffer.json(value), status: status)
    }

    static func json(_ body: ByteBuffer, status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }
}

extension ByteBuffer {
    /// JSON and a line feed.
    static func json(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        var body = ByteBuffer(bytes: try encoder.encode(value))
        body.writeInteger(UInt8(ascii: "\n"))
        return body
    }
}

/// A list of everything there is of a kind.
struct ObjectList<Element: Encodable>: Encodable {
    var object = "list"
    var data: [Element]
}
