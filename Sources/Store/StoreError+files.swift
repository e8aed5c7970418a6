import Foundation

extension StoreError {
    /// The store's word for a file of the home that could not be written; the store's own errors pass.
    public init(unwritable file: URL, _ error: any Error) {
        self =
            switch error {
            case let error as StoreError: error
            case CocoaError.fileWriteOutOfSpace: .full(path: file.path)
            default: .cannotWrite(path: file.path, reason: Self.reason(error))
            }
    }

    /// The system's word, which says more than Foundation's.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
        if let cause = (error as? CocoaError)?.underlying { return reason(cause) }
        return error.localizedDescription
    }

    /// Whether the disk is the cause and not what was asked for: the same may go well later.
    public var isOfStorage: Bool {
        switch self {
        case .cannotOpen, .cannotWrite, .busy, .full: true
        default: false
        }
    }
}
