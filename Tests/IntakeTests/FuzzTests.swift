import Foundation
import Intake
import Schema
import Testing

/// Random inputs, from fixed seeds.
@Suite struct FuzzTests {
    @Test(arguments: 0..<8)
    func linesAreAcceptedExactlyWhenFoundationAndTheRulesAgree(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<4_000 {
            let line = random.mutatedLine()
            let batch = try ExampleParser.parse(line, format: .ndjson)
            let shown = String(decoding: line, as: UTF8.self)
            // Foundation takes a comma before a closing brace; RFC 8259 does not.
            if shown.contains(/,\s*[\]}]/) { continue }
            if let expected = foundationExample(line) {
                #expect(batch.examples.map(\.example) == [expected], "\(shown)")
            } else {
                #expect(batch.examples.isEmpty, "\(shown)")
            }
        }
    }

    @Test(arguments: ExampleFormat.allCases)
    func theCutsBetweenChunksDoNotMatter(_ format: ExampleFormat) throws {
        var random = SplitMix(state: 99)
        for _ in 0..<60 {
            let bytes = random.document(format)
            let whole = Result { try parse(bytes, format: format, chunk: .max) }
            for chunk in [1, 2, 3, 7, 64] {
                let cut = Result { try parse(bytes, format: format, chunk: chunk) }
                switch (whole, cut) {
                case (.success(let whole), .success(let cut)):
                    #expect(whole.examples == cut.examples)
                    #expect(whole.refused.errors == cut.refused.errors)
                case (.failure, .failure): break
                default:
                    Issue.record("chunks of \(chunk) change the outcome of \(String(decoding: bytes, as: UTF8.self))")
                }
            }
        }
    }

    /// What a lenient parser and the rules of examples make of a line.
    private func foundationExample(_ line: [UInt8]) -> Example? {
        guard String(validating: line, as: UTF8.self) != nil,
            let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            Set(object.keys).isSubset(of: ["text", "label", "id", "timestamp"]),
            let text = object["text"] as? String, let label = object["label"] as? String,
            !label.isEmpty, text.utf8.contains(where: { $0 > 0x20 }), !text.utf8.contains(0),
            label.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), label.first != " ", label.last != " "
        else { return nil }
        // A repeated key, which Foundation takes silently, shows as more quoted names than keys.
        let names = ["text", "label", "id", "timestamp"].map {
            String(decoding: line, as: UTF8.self).ranges(of: "\"\($0)\":").count
        }
        guard names.allSatisfy({ $0 <= 1 }) else { return nil }
        var example = Example(text: text, label: label)
        switch object["timestamp"] {
        case nil, is NSNull: break
        case let number as NSNumber where (-62_135_769_600..<253_402_300_800).contains(number.doubleValue):
            example.timestamp = number.doubleValue
        default: return nil
        }
        switch object["id"] {
        case nil, is NSNull: break
        case let id as String
        where id.utf8.contains { $0 > 0x20 } && id.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && id.first != " " && id.last != " ":
            example.id = id
        default: return nil
        }
        return example
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A line that is an example, or nearly.
    mutating func mutatedLine() -> [UInt8] {
        let texts = [#""hello""#, #""h\u00e9\ud83d\ude00""#, #""日本""#, #""a\"b\\""#, #"" ""#, "null", "7", "[]"]
        let labels = [#""a""#, #""card arrival""#, #""""#, "true", #"{"x":[1,null]}"#, #""\u0001""#]
        let extras = ["", #","id":"7""#, #","id":null"#, #","timestamp":-1.5e3"#, #","timestamp":0"#, #","more":{}"#]
        var line = Array(
            #"{"text":\#(texts.randomElement(using: &self)!), "label":\#(labels.randomElement(using: &self)!)\#(extras.randomElement(using: &self)!)}"#
                .utf8)
        for _ in 0..<Int.random(in: 0...2, using: &self) {
            let place = Int.random(in: 0..<line.count, using: &self)
            // A line break would make two lines of it.
            var byte = UInt8.random(in: .min ... .max, using: &self)
            if byte == UInt8(ascii: "\n") { byte = UInt8(ascii: " ") }
            switch Int.random(in: 0..<4, using: &self) {
            case 0: line[place] = byte
            case 1: line.insert(Array(#"{}[]",:\u019.eE-+ "#.utf8).randomElement(using: &self)!, at: place)
            case 2: line.remove(at: place)
            default: line[place] = Array(#"{}[]",:\u019.eE-+ "#.utf8).randomElement(using: &self)!
            }
            if line.isEmpty { line = [UInt8(ascii: "{")] }
        }
        return line
    }

    mutating func document(_ format: ExampleFormat) -> [UInt8] {
        switch format {
        case .ndjson:
            return (0..<20).flatMap { _ in mutatedLine() + [UInt8(ascii: "\n")] }
        case .json:
            let elements = (0..<5).map { _ in mutatedLine() }
            return [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
        case .csv:
            let pieces = ["a", "\"", "\"\"", ",", "\n", "\r\n", "\r", "é", "word", "\"q,\n\""]
            let rows = (0..<60).map { _ in pieces.randomElement(using: &self)! }.joined()
            return Array("\u{FEFF}text,label\r\nhello,a\n\(rows)\nbye,b".utf8)
        }
    }
}
