import Foundation

/// In an exported directory, `perennial.json` names the adapter's own digest, and that of the analytic head that
/// belongs to it: a copy that was damaged, or that lost the head, is not taken for the whole version. These lines are
/// no part of the adapter, nor of its digest.
extension AdapterFiles {
    /// Digest of the sums that `perennial.json` names, `sha256:…`; `nil` where it names none, as in exports of before.
    public var sums: String? { manifestText?.firstMatch(of: Self.sumsLine).map { String($0.1) } }

    /// The files without these lines, as the home that exported them has them.
    public var withoutExportLines: AdapterFiles {
        replacingManifest { $0.replacing(Self.digestLine, with: "").replacing(Self.sumsLine, with: "") }
    }

    /// The files with a line for their digest, and one for that of the sums where there are some.
    public func naming(sums: String?) -> AdapterFiles {
        let files = withoutExportLines
        let lines = [("adapter", files.digest.description)] + (sums.map { [("analytic", $0)] } ?? [])
        let text = lines.map { "\n  \"\($0)\" : \"\($1)\"," }.joined()
        return files.replacingManifest { $0.replacing("{", with: "{" + text, maxReplacements: 1) }
    }

    /// Passes where `perennial.json` names no digest, as in exports of before.
    ///
    /// - Parameter directory: where the files stand, for the message.
    /// - Throws: ``AdapterError/invalidFile(name:reason:)`` where they are not what it names.
    public func requireUndamaged(in directory: URL) throws(AdapterError) {
        guard let named = manifestText?.firstMatch(of: Self.digestLine)?.1 else { return }
        guard withoutExportLines.digest.description == named else {
            throw .invalidFile(
                name: directory.path,
                reason: "its adapter is not \(named) but was changed or damaged; restore it from a copy or export it "
                    + "again, or, where the change was meant, delete the line \"adapter\" of its perennial.json")
        }
    }

    private var manifestText: String? { contents[Self.manifest].flatMap { String(validating: $0, as: UTF8.self) } }

    private func replacingManifest(_ change: (String) -> String) -> AdapterFiles {
        guard let manifestText else { return self }
        return AdapterFiles(contents: contents.merging([Self.manifest: Data(change(manifestText).utf8)]) { $1 })
    }

    private static var digestLine: Regex<(Substring, Substring)> { /\s*"adapter"\s*:\s*"(sha256:[0-9a-f]{64})",/ }
    private static var sumsLine: Regex<(Substring, Substring)> { /\s*"analytic"\s*:\s*"(sha256:[0-9a-f]{64})",/ }
}
