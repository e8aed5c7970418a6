import Foundation
import Tensors
import Testing

@Suite("Safetensors files")
struct SafetensorsTests {
    /// A file that goes with its test.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".safetensors")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }

    private func file(header: String, data: [UInt8] = []) -> [UInt8] {
        let length = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
    }

    @Test("return what was written, to the bit")
    func roundTrip() throws {
        let odd: [Float] = [0, -0.0, .infinity, .leastNonzeroMagnitude, .pi, -1e30]
        let bytes = SafetensorsWriter.encode(
            [
                .init(name: "b \"quoted\" \\ \u{1}é", shape: [2, 3], values: odd),
                .init(name: "a", shape: [2], values: [1, 2]), .init(name: "empty", shape: [0, 4], values: []),
            ], metadata: ["format": "pt", "note": "line\nbreak"])
        try withFile(bytes) { path in
            let file = try SafetensorsFile(path: path)
            #expect(file.names == ["a", "b \"quoted\" \\ \u{1}é", "empty"])
            #expect(file.metadata == ["format": "pt", "note": "line\nbreak"])
            let matrix = try file.matrix(named: "b \"quoted\" \\ \u{1}é", shape: [2, 3])
            #expect(matrix.values.map(\.bitPattern) == odd.map(\.bitPattern))
            #expect(matrix.rows == 2 && matrix.columns == 3)
            file.releasePages()
            #expect(matrix.values.map(\.bitPattern) == odd.map(\.bitPattern))
            #expect(try file.matrix(named: "a").rows == 1)
            #expect(try file.matrix(named: "empty").values == [])
        }
    }

    @Test("are the same bytes for the same content in any order")
    func deterministic() {
        let tensors = ["x", "y", "z"].map { SafetensorsWriter.Tensor(name: $0, shape: [1], values: [1]) }
        let pairs = ["p": "1", "q": "2"]
        let bytes = SafetensorsWriter.encode(tensors, metadata: pairs)
        #expect(SafetensorsWriter.encode(tensors.reversed(), metadata: pairs) == bytes)
    }

    @Test("widen F16 and BF16, also from odd addresses")
    func halves() throws {
        let header =
            #"{"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
            + #""h":{"dtype":"F16","shape":[1,2],"data_offsets":[1,5]},"#
            + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[5,9]},"#
            + #""f":{"dtype":"F32","shape":[1],"data_offsets":[9,13]}}"#
        let data: [UInt8] = [9, 0x00, 0x3c, 0x00, 0xc1, 0x80, 0x3f, 0x20, 0xc0, 0, 0, 0x80, 0x3f]
        try withFile(file(header: header, data: data)) { path in
            let file = try SafetensorsFile(path: path)
            #expect(try file.matrix(named: "h").values == [1, -2.5])
            #expect(try file.matrix(named: "b").values == [1, -2.5])
            #expect(try file.matrix(named: "f").values == [1])
            #expect(throws: TensorError.unsupportedElementType(path: path, tensor: "pad", found: "U8")) {
                try file.matrix(named: "pad")
            }
        }
    }

    @Test("ask for tensors they have, in the shape they have")
    func requests() throws {
        let bytes = SafetensorsWriter.encode([.init(name: "a", shape: [2, 1], values: [1, 2])])
        try withFile(bytes) { path in
            let file = try SafetensorsFile(path: path)
            #expect(throws: TensorError.missingTensor(path: path, tensor: "c")) { try file.matrix(named: "c") }
            #expect(throws: TensorError.unexpectedShape(path: path, tensor: "a", found: [2, 1], expected: [1, 2])) {
                try file.matrix(named: "a", shape: [1, 2])
            }
        }
    }

    private static let whole = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

    @Test(
        "refuse a header that breaks a rule, saying which",
        arguments: [
            ("[]", "does not start with"),
            (" " + whole, "does not start with"),
            (whole + "x", "text follows"),
            (whole.replacing("}}", with: "}"), "expected \"}\""),
            (whole.replacing("F32", with: "F31"), "unknown"),
            (whole.replacing("[2]", with: "[3]"), "takes 12 bytes, but its range holds 8"),
            (whole.replacing("[2]", with: "[-2]"), "whole number"),
            (whole.replacing("[2]", with: "[2.0]"), "expected \"]\""),
            (whole.replacing("[2]", with: "[02]"), "start with zero"),
            (whole.replacing("[2]", with: "[9223372036854775807,9]"), "too large"),
            (whole.replacing("[2]", with: "[99999999999999999999]"), "too large"),
            (whole.replacing("[0,8]", with: "[8,0]"), "not a start and an end"),
            (whole.replacing("[0,8]", with: "[0]"), "not a start and an end"),
            (whole.replacing("[0,8]", with: "[0,16]"), "ends at byte 16 of 8"),
            (whole.replacing("\"shape\":[2],", with: ""), "\"shape\" is missing"),
            (whole.replacing("\"dtype\":\"F32\",", with: ""), "\"dtype\" is missing"),
            (whole.replacing("\"data_offsets\":[0,8]", with: "\"x\":[0,8]"), "unknown key"),
            (whole.replacing("\"shape\":[2]", with: "\"shape\":[2],\"shape\":[2]"), "occurs twice"),
            (#"{"__metadata__":{"k":1}}"#, "expected"),
            (#"{"__metadata__":{"k":"1","k":"2"}}"#, "occurs twice"),
            (#"{"\ud800":{}}"#, "surrogate"),
            (#"{"\x":{}}"#, "unknown escape"),
            ("{\"a\u{1}\":{}}", "control character"),
            (
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
                    + #""a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, "\"a\" occurs twice"
            ),
            (
                #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"#
                    + #""b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, "overlaps"
            ),
            (
                #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
                    + #""b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
                "bytes 3..<4 before it belong to no tensor"
            ),
            (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, "last 4 bytes belong to no tensor"),
            ("{}", "last 8 bytes belong to no tensor"),
        ])
    func violations(header: String, reason: String) throws {
        try withFile(file(header: header, data: [UInt8](repeating: 0, count: 8))) { path in
            let error = #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }

    @Test("refuse a length that cannot be", arguments: [100_000_001, UInt64.max, 60])
    func lengths(length: UInt64) throws {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array("{}".utf8)
        try withFile(bytes) { path in
            #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
        }
    }

    @Test("are refused when cut at any byte")
    func truncation() throws {
        let bytes = SafetensorsWriter.encode([.init(name: "a", shape: [2], values: [1, 2])])
        for count in 0..<bytes.count {
            try withFile(Array(bytes[..<count])) { path in
                #expect(throws: TensorError.self, "cut at \(count)") { try SafetensorsFile(path: path) }
            }
        }
    }

    @Test("name the path that cannot be opened")
    func missing() {
        let error = #expect(throws: TensorError.self) { try SafetensorsFile(path: "/nonexistent/x.safetensors") }
        #expect(error?.description == "cannot open /nonexistent/x.safetensors: No such file or directory")
    }
}
