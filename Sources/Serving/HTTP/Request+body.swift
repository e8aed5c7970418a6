import Hummingbird
import Intake

extension Request {
    /// Bytes of a body other than examples.
    static let maximumBodyBytes = 1_048_576

    /// `?limit=`, 1 to 1000.
    func limit(or standard: Int) throws(APIError) -> Int {
        guard let text = uri.queryParameters["limit"] else { return standard }
        guard let number = Int(text), (1...1_000).contains(number) else {
            throw APIError.invalid("limit", code: "out_of_range", "\"limit\" must be a whole number from 1 to 1000")
        }
        return number
    }

    /// The body as a JSON object. With `isOptional`, no body is an empty object.
    ///
    /// - Throws: ``APIError`` 400, 413 or 415.
    func jsonObject(isOptional: Bool = false) async throws -> JSONObject {
        JSONObject(try await jsonFields(limit: Self.maximumBodyBytes, isOptional: isOptional))
    }

    /// The fields of a body that others define, and may add to.
    ///
    /// - Throws: ``APIError`` 400, 413 or 415.
    func jsonFields(limit: Int, isOptional: Bool = false) async throws -> [String: JSONValue] {
        let bytes = try await bodyBytes(limit: limit)
        if bytes.isEmpty, isOptional { return [:] }
        guard headers[.contentType].flatMap(ExampleFormat.init(mediaType:)) == .json else {
            throw unsupportedMediaType("application/json")
        }
        guard !bytes.isEmpty else {
            throw APIError.invalid(nil, code: "missing_body", "the body is empty; send a JSON object")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw APIError.invalid(error.field, code: error.code, "the body cannot be read: \(error.message)")
        }
        guard case .object(let fields) = value else {
            throw APIError.invalid(nil, code: "wrong_type", "the body must be a JSON object, found \(value.kind)")
        }
        return fields
    }

    private func bodyBytes(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await readBody(limit: limit) { bytes.append(contentsOf: $0.readableBytesView) }
        return bytes
    }

    /// Hands the body over part by part.
    ///
    /// - Throws: ``APIError`` 400 where it breaks off, 413 or 415; what `take` throws.
    func readBody(limit: Int, _ take: (ByteBuffer) throws -> Void) async throws {
        try refuseBody(over: limit)
        var parts = body.makeAsyncIterator()
        var count = 0
        while let part = try await Self.next(&parts) {
            count += part.readableBytes
            guard count <= limit else { throw APIError.tooLarge(limit: limit) }
            try take(part)
        }
    }

    /// What the connection throws is the client's: it hung up, fell silent, or sent no valid chunk.
    private static func next(_ parts: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw APIError.incompleteBody
        }
    }

    /// Refuses by what is announced, before anything is read.
    func refuseBody(over limit: Int) throws(APIError) {
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw APIError(
                status: .unsupportedMediaType, kind: .invalidRequest, code: "unsupported_content_encoding",
                param: "Content-Encoding",
                message: "content encoding \"\(encoding)\" is not supported; send the body as it is, uncompressed and "
                    + "without Content-Encoding",
                headers: [.acceptEncoding: "identity"])
        }
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw .tooLarge(limit: limit) }
    }

    func unsupportedMediaType(_ expected: String) -> APIError {
        APIError(
            status: .unsupportedMediaType, kind: .invalidRequest, code: "unsupported_media_type",
            param: "Content-Type",
            message: "content type \"\(headers[.contentType] ?? "none")\" is not supported; send \(expected)")
    }
}
