/// A projection that an adapter can change: a module of one layer.
public struct Site: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let layer: Int
    public let module: Module

    public init(layer: Int, module: Module) {
        self.layer = layer
        self.module = module
    }

    /// The projections of an encoder layer, in the order they are applied.
    public enum Module: String, Sendable, Hashable, CaseIterable {
        case query, key, value
        case attentionOutput = "attention_output"
        case intermediate, output
    }

    public var description: String { "layer \(layer) \(module.rawValue)" }

    public static func < (left: Site, right: Site) -> Bool {
        (left.layer, left.module.order) < (right.layer, right.module.order)
    }
}

extension Site.Module {
    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What an adapter needs to know of a site to be built for it and to be saved.
public struct SiteDescription: Sendable, Hashable {
    public let site: Site
    public let inputWidth: Int
    public let outputWidth: Int
    /// Module path in Hugging Face's model without a head, such as `encoder.layer.0.attention.self.query`.
    public let path: String

    public init(site: Site, inputWidth: Int, outputWidth: Int, path: String) {
        self.site = site
        self.inputWidth = inputWidth
        self.outputWidth = outputWidth
        self.path = path
    }
}
