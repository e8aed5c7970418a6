/// Rules on where tensors lie: inside the file, without overlap and without a hole.
struct Layout {
    let path: String
    /// Bytes after the header.
    let byteCount: Int

    typealias Description = SafetensorsFile.Description

    func validate(_ entries: [(name: String, entry: HeaderParser.Entry)]) throws -> [String: Description] {
        var tensors: [String: Description] = [:]
        for (name, entry) in entries { tensors[name] = try describe(name, entry) }
        var end = 0
        // Tensors without elements share a start with their successor, so they go first.
        let ordered = tensors.sorted {
            ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
                < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
        }
        for (name, tensor) in ordered {
            let start = tensor.bytes.lowerBound
            guard start >= end else { throw invalid(name, "it overlaps the tensor that ends at byte \(end)") }
            guard start == end else { throw invalid(name, "bytes \(end)..<\(start) before it belong to no tensor") }
            end = tensor.bytes.upperBound
        }
        guard end == byteCount else {
            throw TensorError.invalidSafetensors(
                path: path, reason: "the last \(byteCount - end) bytes belong to no tensor")
        }
        return tensors
    }

    private func describe(_ name: String, _ entry: HeaderParser.Entry) throws -> Description {
        guard let typeName = entry.elementType else { throw invalid(name, "\"dtype\" is missing") }
        guard let shape = entry.shape else { throw invalid(name, "\"shape\" is missing") }
        guard let offsets = entry.offsets else { throw invalid(name, "\"data_offsets\" is missing") }
        guard let type = ElementType(rawValue: typeName) else {
            throw invalid(name, "the element type \(typeName) is unknown")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw invalid(name, "data_offsets \(offsets) are not a start and an end")
        }
        guard offsets[1] <= byteCount else {
            throw invalid(name, "it ends at byte \(offsets[1]) of \(byteCount)")
        }
        var bytes = type.byteCount
        for dimension in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw invalid(name, "shape \(shape) is too large") }
            bytes = product
        }
        guard bytes == offsets[1] - offsets[0] else {
            throw invalid(
                name,
                "shape \(shape) of \(typeName) takes \(bytes) bytes, but its range holds \(offsets[1] - offsets[0])")
        }
        return Description(elementType: type, shape: shape, bytes: offsets[0]..<offsets[1])
    }

    private func invalid(_ name: String, _ reason: String) -> TensorError {
        .invalidTensor(path: path, tensor: name, reason: reason)
    }
}
