import Tensors

/// Multi-head self-attention with joint query, key and value weights, and its output projection.
struct SelfAttention: Sendable {
    let joint: FrozenLinear
    let output: FrozenLinear
    let headCount: Int

    func callAsFunction(_ x: Variable, layer: Int, context: EncoderContext) -> Variable {
        let tape = context.tape
        let width = x.columns
        let projected = tape.linear(x, joint)
        for (part, module) in [Site.Module.query, .key, .value].enumerated() {
            context.adapt(
                Site(layer: layer, module: module), input: x,
                output: projected.slice(columns: part * width..<(part + 1) * width))
        }
        let attended = tape.attention(projected, offsets: context.offsets, headCount: headCount)
        let y = tape.linear(attended, output)
        context.adapt(Site(layer: layer, module: .attentionOutput), input: attended, output: y.slice)
        return y
    }
}

/// Two projections with GELU between them.
struct FeedForward: Sendable {
    let intermediate: FrozenLinear
    let output: FrozenLinear

    func callAsFunction(_ x: Variable, layer: Int, context: EncoderContext) -> Variable {
        let tape = context.tape
        let site = Site(layer: layer, module: .intermediate)
        let hidden: Variable
        if context.adapts(site) {
            let projected = tape.linear(x, intermediate)
            context.adapt(site, input: x, output: projected.slice)
            hidden = tape.gelu(projected, after: intermediate.precision)
        } else {
            hidden = tape.linear(x, intermediate, gelu: true)
        }
        let y = tape.linear(hidden, output)
        context.adapt(Site(layer: layer, module: .output), input: hidden, output: y.slice)
        return y
    }
}

/// Gain, bias and epsilon of a layer norm.
struct LayerNorm: Sendable {
    let gain: Matrix
    let bias: Matrix
    let epsilon: Float

    func callAsFunction(_ x: Variable, residual: Variable? = nil, tape: Tape) -> Variable {
        tape.layerNorm(x, residual: residual, gain: gain, bias: bias, epsilon: epsilon)
    }
}

/// Post-norm encoder layer: each sublayer's result is added to its input, then normalised.
struct EncoderLayer: Sendable {
    let attention: SelfAttention
    let attentionNorm: LayerNorm
    let feedForward: FeedForward
    let outputNorm: LayerNorm

    func callAsFunction(_ x: Variable, layer: Int, context: EncoderContext) -> Variable {
        let attended = attention(x, layer: layer, context: context)
        let h = attentionNorm(attended, residual: x, tape: context.tape)
        let fed = feedForward(h, layer: layer, context: context)
        return outputNorm(fed, residual: h, tape: context.tape)
    }
}

/// What every block of one pass shares.
struct EncoderContext {
    let tape: Tape
    let offsets: [Int]
    let adapter: (any SiteAdapter)?

    func adapts(_ site: Site) -> Bool { adapter?.adapts(site) ?? false }

    func adapt(_ site: Site, input: Variable, output: Variable.Slice) {
        guard let adapter, adapter.adapts(site) else { return }
        adapter.apply(at: site, input: input, output: output, tape: tape)
    }
}
