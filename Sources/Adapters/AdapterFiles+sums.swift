import Foundation

/// In an exported directory, `perennial.json` names the analytic head that belongs to the adapter: a copy that lost it
/// is not taken for the whole version. That line is no part of the adapter, nor of its digest.
extension AdapterFiles {
    /// Digest of the sums that `perennial.json` names, `sha256:…`; `nil` where it names none, as in exports of before.
    public var sums: String? { manifestText?.firstMatch(of: Self.sumsLine).map { String($0.1) } }

    /// The files without that line, as the home that exported them has them.
    public var withoutSums: AdapterFiles { replacingManifest { $0.replacing(Self.sumsLine, with: "") } }

    /// The files with that line.
    public func naming(sums: String) -> AdapterFiles {
        withoutSums.replacingManifest {
            $0.replacing("{", with: "{\n  \"analytic\" : \"\(sums)\",", maxReplacements: 1)
        }
    }

    private var manifestText: String? { contents[Self.manifest].flatMap { String(validating: $0, as: UTF8.self) } }

    private func replacingManifest(_ change: (String) -> String) -> AdapterFiles {
        guard let manifestText else { return self }
        return AdapterFiles(contents: contents.merging([Self.manifest: Data(change(manifestText).utf8)]) { $1 })
    }

    private static var sumsLine: Regex<(Substring, Substring)> { /\s*"analytic"\s*:\s*"(sha256:[0-9a-f]{64})",/ }
}
