/// Which base model is meant: one that is packaged on the Python index, or a repository of the hub.
public enum ModelReference: Sendable, Hashable, CustomStringConvertible {
    case packaged(PackagedModel)
    case hub(repository: String, revision: String)

    /// The base model used where none is named.
    public static let standard = Self.packaged(.allMiniLM)

    static let mainRevision = "main"

    /// - Parameter text: The name of a packaged model, or `owner/name` with an optional `@revision`.
    /// - Throws: ``ModelError/invalidReference(_:packaged:)``.
    public init(_ text: String) throws {
        if let model = PackagedModel.all.first(where: { $0.name == text }) {
            self = .packaged(model)
            return
        }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        let revision = parts.count == 2 ? parts[1].split(separator: "/", omittingEmptySubsequences: false) : ["main"]
        guard path.count == 2, (path + revision).allSatisfy(Self.isPathComponent) else {
            throw ModelError.invalidReference(text, packaged: PackagedModel.all.map(\.name))
        }
        self = .hub(repository: String(parts[0]), revision: revision.joined(separator: "/"))
    }

    /// Name of the model's directory.
    public var directoryName: String {
        switch self {
        case .packaged(let model): return model.name
        case .hub(let repository, let revision):
            let suffix = revision == Self.mainRevision ? "" : "@\(revision)"
            return (repository + suffix).split(separator: "/").joined(separator: "--")
        }
    }

    public var description: String {
        switch self {
        case .packaged(let model): model.name
        case .hub(let repository, Self.mainRevision): repository
        case .hub(let repository, let revision): "\(repository)@\(revision)"
        }
    }

    /// Whether text can stand in an address and in a path without being taken for anything else.
    private static func isPathComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
