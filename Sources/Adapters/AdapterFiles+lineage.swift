import Foundation
import Schema

/// What `perennial.json` tells of an adapter that does not have to be loaded for it.
extension AdapterFiles {
    /// Labels, in the order of the head's rows, and lineage of the adapter in `directory`; reads no other file there.
    ///
    /// - Throws: ``AdapterError/missingFile(name:directory:)``, ``AdapterError/unreadable(path:reason:)``,
    ///   ``AdapterError/invalidFile(name:reason:)``.
    public static func origin(
        in directory: URL
    ) throws(AdapterError) -> (labels: [String], lineage: AdapterLineage) {
        let files = AdapterFiles(contents: [manifest: try content(of: manifest, in: directory)])
        return (try files.decode(AdapterManifest.Head.self, manifest).labels, try files.lineage())
    }

    /// Keys that its recipe lacks, because an earlier version wrote it, have their defaults.
    public func lineage() throws(AdapterError) -> AdapterLineage {
        do {
            let manifest = try JSONSerialization.jsonObject(with: contents[Self.manifest] ?? Data())
            let defaults = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Recipe()))
            let merged = Self.merge(manifest, over: ["lineage": ["recipe": defaults]])
            let data = try JSONSerialization.data(withJSONObject: merged)
            return try JSONDecoder().decode(AdapterManifest.Origin.self, from: data).lineage
        } catch {
            throw .invalidFile(name: Self.manifest, reason: "\(error)")
        }
    }

    private static func merge(_ value: Any, over base: Any) -> Any {
        guard let value = value as? [String: Any], let base = base as? [String: Any] else { return value }
        return base.merging(value) { merge($1, over: $0) }
    }
}
