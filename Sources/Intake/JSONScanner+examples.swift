import Schema

extension JSONScanner {
    /// Scans one example.
    ///
    /// What is not JSON is thrown at once, for nothing behind it can be found again; the first rule of examples
    /// that is broken only after the whole value was scanned, so that the next one of an array can be read.
    mutating func example() throws(Fault) -> Result<Example, Fault> {
        guard current == UInt8(ascii: "{") else { return .failure(.notAnObject(found: try skipValue())) }
        position += 1
        var fields = ExampleFields()
        var seen: UInt8 = 0
        var broken: Fault?
        if !consume(UInt8(ascii: "}")) {
            repeat {
                skipWhitespace()
                let name = try fieldName()
                try expect(UInt8(ascii: ":"), "':'")
                skipWhitespace()
                switch name {
                case .unknown(let name):
                    try skipValue()
                    broken = broken ?? .unknown(name, known: ExampleField.list)
                case .known(let field):
                    let bit: UInt8 = 1 << field.bit
                    if seen & bit != 0 { broken = broken ?? .repeated(field.rawValue) }
                    seen |= bit
                    if let fault = try value(of: field, into: &fields) { broken = broken ?? fault }
                }
            } while consume(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"), "',' or '}'")
        }
        if let broken { return .failure(broken) }
        do { return .success(try fields.example()) } catch { return .failure(error) }
    }

    /// Reads a value into its field; returns the rule it breaks. `null` is the same as leaving the field out.
    private mutating func value(of field: ExampleField, into fields: inout ExampleFields) throws(Fault) -> Fault? {
        if current == UInt8(ascii: "\"") {
            let text = try string()
            do { try fields.set(field, to: text) } catch { return error }
            return nil
        }
        if field == .timestamp, current == UInt8(ascii: "-") || current &- UInt8(ascii: "0") < 10 {
            let seconds = try number()
            do { try fields.setTimestamp(seconds) } catch { return error }
            return nil
        }
        let kind = try skipValue()
        return kind == .null && !field.isRequired ? nil : .wrongType(field, found: kind)
    }

    private enum FieldName {
        case known(ExampleField)
        case unknown(String)
    }

    /// Reads a key; the five names are recognised without making strings of them.
    private mutating func fieldName() throws(Fault) -> FieldName {
        for field in ExampleField.allCases where matches(field.quotedName) {
            position += field.quotedName.utf8CodeUnitCount
            return .known(field)
        }
        let name = try string()
        return ExampleField(rawValue: name).map(FieldName.known) ?? .unknown(name)
    }

    private func matches(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard position + length <= end else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<length where word[index] != bytes[position + index] { return false }
            return true
        }
    }
}

extension ExampleField {
    fileprivate var quotedName: StaticString {
        switch self {
        case .text: "\"text\""
        case .label: "\"label\""
        case .id: "\"id\""
        case .source: "\"source\""
        case .timestamp: "\"timestamp\""
        }
    }

    fileprivate var bit: UInt8 {
        switch self {
        case .text: 0
        case .label: 1
        case .id: 2
        case .source: 3
        case .timestamp: 4
        }
    }
}
