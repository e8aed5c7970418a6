/// Why a base model could not be fetched or checked.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// The name is neither a packaged model nor `owner/name[@revision]`.
    case invalidReference(String, packaged: [String])
    /// An environment variable does not hold a usable address. The value may hold a password and is not repeated.
    case invalidAddress(variable: String)
    /// The hub or index has no such repository, revision, project or file.
    case notFound(String, address: String)
    /// The host asks for a token, or refuses the one given.
    case notAuthorized(String, address: String)
    /// The source lacks a file that a base model needs.
    case missingFile(String, source: String)
    /// The weights lie in several files.
    case spreadWeights(String)
    /// A model that was fetched has lost a file.
    case lostFile(path: String)
    /// The host answered with an unexpected status, again and again where that may pass.
    case unexpectedStatus(Int, address: String)
    /// No answer, or one cut off, however often it was tried.
    case connectionFailed(address: String, reason: String)
    /// The answer is not what the protocol asks for.
    case malformedResponse(address: String, expected: String)
    case checksumMismatch(file: String, expected: String, found: String)
    case sizeMismatch(file: String, expected: Int64, found: Int64)
    case corruptArchive(String, reason: String)
    case cannotRead(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    /// Another process is fetching the same model.
    case busy(String)
    case notInstalled(String, directory: String)
    /// The directory was not written by a pull, so there is nothing to verify it against.
    case noManifest(String, path: String)

    public var description: String {
        switch self {
        case .invalidReference(let name, let packaged):
            "model \"\(name)\" is not known; use \(packaged.joined(separator: ", ")), "
                + "or owner/name[@revision] of the hub"
        case .invalidAddress(let variable):
            "\(variable) does not hold an address; set it to one such as https://host/path"
        case .notFound(let what, let address):
            "\(what) was not found at \(address); check the name and the revision"
        case .notAuthorized(let what, let address):
            "\(address) refuses access to \(what); set HF_TOKEN to a token that may read it"
        case .missingFile(let file, let source):
            "\(source) has no \(file); choose a model in Hugging Face layout with safetensors weights"
        case .spreadWeights(let source):
            "\(source) spreads its weights over several files; choose a model with one model.safetensors, or save it as "
                + "one and name its directory"
        case .lostFile(let path):
            "\(path) is missing; pull again"
        case .unexpectedStatus(let status, let address):
            "\(address) answered with status \(status); try again later"
        case .connectionFailed(let address, let reason):
            "\(address) could not be reached (\(reason)); check the network and the proxy settings, then pull again: "
                + "it goes on where it stopped"
        case .malformedResponse(let address, let expected):
            "the answer of \(address) is not \(expected); check that the address is the right one"
        case .checksumMismatch(let file, let expected, let found):
            "\(file) has digest \(found), expected \(expected); pull again, and if that does not help, do not use it"
        case .sizeMismatch(let file, let expected, let found):
            "\(file) has \(found) bytes, expected \(expected); pull again"
        case .corruptArchive(let archive, let reason):
            "\(archive) is not a usable ZIP archive: \(reason); pull again"
        case .cannotRead(let path, let reason):
            "cannot read \(path): \(reason)"
        case .cannotWrite(let path, let reason):
            "cannot write \(path): \(reason); check free space and permissions, then pull again"
        case .busy(let name):
            "model \"\(name)\" is being fetched by another process; wait for it to end"
        case .notInstalled(let name, let directory):
            "model \"\(name)\" is not in \(directory); fetch it with: perennial model pull \(name)"
        case .noManifest(let name, let path):
            "model \"\(name)\" has no \(path); it can be verified only after: perennial model pull \(name)"
        }
    }
}
