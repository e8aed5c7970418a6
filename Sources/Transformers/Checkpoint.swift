import Tensors

/// The weights of a model by their names in Hugging Face's checkpoint.
struct Checkpoint: Sendable {
    private let file: SafetensorsFile
    private let prefix: String
    private let format: WeightFormat

    /// - Parameter prefixes: what checkpoints of models with and without a head put before every name; the first
    ///   that occurs in the file counts.
    init(path: String, prefixes: [String], format: WeightFormat) throws {
        file = try SafetensorsFile(path: path)
        let names = file.names
        prefix =
            prefixes.first { prefix in names.contains { $0.hasPrefix(prefix + "embeddings.") } } ?? prefixes[0]
        self.format = format
    }

    /// The weights that were packed need not stay in memory twice.
    func releasePages() { file.releasePages() }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> Matrix {
        try file.matrix(named: prefix + name, shape: [rows, columns], finite: true)
    }

    func vector(_ name: String, count: Int) throws -> Matrix {
        try file.matrix(named: prefix + name, shape: [count], finite: true)
    }

    /// Projections of `name.weight` `[outputs, inputs]` and `name.bias`, side by side.
    func linear(_ names: [String], inputs: Int, outputs: Int) throws -> FrozenLinear {
        try FrozenLinear(
            weights: names.map { try matrix($0 + ".weight", rows: outputs, columns: inputs) },
            biases: names.map { try vector($0 + ".bias", count: outputs) },
            packing: format.packing, precision: format.precision)
    }

    func layerNorm(_ name: String, width: Int, epsilon: Float) throws -> LayerNorm {
        LayerNorm(
            gain: try vector(name + ".weight", count: width), bias: try vector(name + ".bias", count: width),
            epsilon: epsilon)
    }
}
