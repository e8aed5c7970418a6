import CKernels

/// A frozen weight W `[outputs, inputs]`, copied into the order in which kernels read it: panels of some outputs each.
struct PackedWeight: Sendable {
    let outputs: Int
    let inputs: Int
    private let panels: FloatStorage
    private let form: Form

    private enum Form {
        case float32(ck_kernels)
        case bfloat16(ck_bf16_kernels)
        /// Scale of every output's weights, and their sum.
        case int8(ck_int8_kernels, scales: FloatStorage, sums: FloatStorage)
    }

    /// - Parameter kernels: of float32 products; each set has an order of its own.
    /// - Throws: ``TensorError/unsupportedPrecision(_:needs:)``.
    init(_ weight: Matrix, precision: Precision, kernels: KernelSet) throws(TensorError) {
        try self.init(
            weight.base, outputs: weight.rows, inputs: weight.columns, strides: (weight.columns, 1),
            precision: precision, kernels: kernels)
    }

    /// Packs the weight's transpose, so that products with it are those with W from the other side.
    ///
    /// - Throws: ``TensorError/unsupportedPrecision(_:needs:)``.
    init(transposed weight: Matrix, precision: Precision, kernels: KernelSet) throws(TensorError) {
        try self.init(
            weight.base, outputs: weight.columns, inputs: weight.rows, strides: (1, weight.columns),
            precision: precision, kernels: kernels)
    }

    /// - Parameter strides: from one output to the next and from one input to the next, in elements.
    private init(
        _ base: UnsafePointer<Float>, outputs: Int, inputs: Int, strides: (output: Int, input: Int),
        precision: Precision, kernels: KernelSet
    ) throws(TensorError) {
        self.outputs = outputs
        self.inputs = inputs
        switch precision {
        case .float32:
            let panel = kernels.table.panel
            panels = FloatStorage(count: ck_packed_count(panel, outputs, inputs))
            if strides.input == 1 {
                ck_pack(panel, outputs, inputs, base, strides.output, panels.base)
            } else {
                ck_pack_transposed(panel, outputs, inputs, base, strides.input, panels.base)
            }
            form = .float32(kernels.table)
        case .bfloat16:
            guard let kernels = ck_bf16_best() else { throw precision.unsupported }
            panels = FloatStorage(count: ck_packed_count(Int(CK_WORD_PANEL), outputs, ck_bf16_words(inputs)))
            ck_pack_bf16(outputs, inputs, base, strides.output, strides.input, panels.base)
            form = .bfloat16(kernels.pointee)
        case .int8:
            guard let kernels = ck_int8_best() else { throw precision.unsupported }
            panels = FloatStorage(count: ck_packed_count(Int(CK_WORD_PANEL), outputs, ck_int8_words(inputs)))
            let (scales, sums) = (FloatStorage(count: outputs), FloatStorage(count: outputs))
            ck_pack_int8(
                outputs, inputs, base, strides.output, strides.input, panels.base, scales.base, sums.base)
            form = .int8(kernels.pointee, scales: scales, sums: sums)
        }
    }

    /// y `[rows, outputs]` = xWᵀ + bias and what `epilogue` does with it. x is `[rows, inputs]`; `derivative`, laid
    /// out as y, is written with GELU where asked for, and int8 offers none.
    func multiply(
        on tape: Tape, rows: Int, _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        into y: UnsafeMutablePointer<Float>, _ epilogue: ck_epilogue, derivative: UnsafeMutablePointer<Float>? = nil
    ) {
        nonisolated(unsafe) let (bias, y, derivative) = (bias, y, derivative)
        let (panels, inputs, outputs) = (panels, inputs, outputs)
        switch form {
        case .float32(let kernels):
            nonisolated(unsafe) let x = x
            forEachPart(of: kernels.panel, tape) { first, count in
                kernels.linear(
                    rows, count, inputs, x, inputs, panels.base + first * inputs, bias.map { $0 + first }, y + first,
                    outputs, epilogue, derivative.map { $0 + first })
            }
        case .bfloat16(let kernels):
            let words = ck_bf16_words(inputs)
            tape.withScratch(rows * words) { narrowed in
                kernels.narrow(rows, inputs, x, narrowed)
                nonisolated(unsafe) let narrowed = narrowed
                forEachPart(of: Int(CK_WORD_PANEL), tape) { first, count in
                    kernels.linear(
                        rows, count, inputs, narrowed, panels.base + first * words, bias.map { $0 + first }, y + first,
                        outputs, epilogue, derivative.map { $0 + first })
                }
            }
        case .int8(let kernels, let scales, let sums):
            precondition(derivative == nil && epilogue != CK_ACCUMULATE, "int8 products only store")
            let words = ck_int8_words(inputs)
            tape.withScratch(rows * (words + 2)) { levels in
                nonisolated(unsafe) let (levels, factors) = (levels, levels + rows * words)
                kernels.quantize(rows, inputs, x, levels, factors, factors + rows)
                forEachPart(of: Int(CK_WORD_PANEL), tape) { first, count in
                    kernels.linear(
                        rows, count, inputs, levels, factors, factors + rows, panels.base + first * words,
                        scales.base + first, sums.base + first, bias.map { $0 + first }, y + first, outputs, epilogue)
                }
            }
        }
    }

    /// The outputs in parts of whole panels of so many, one for each thread of the tape's team.
    private func forEachPart(
        of panel: Int, _ tape: Tape, _ body: @Sendable (_ first: Int, _ count: Int) -> Void
    ) {
        tape.forEachShare(of: (outputs + panel - 1) / panel) { _, part in
            let first = part.lowerBound * panel
            body(first, min(part.upperBound * panel, outputs) - first)
        }
    }
}
