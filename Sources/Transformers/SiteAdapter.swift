import Tensors

/// What a model calls after each adaptable projection.
public protocol SiteAdapter {
    /// The lowest layer at which it adapts anything; below, states are the base model's.
    var lowestLayer: Int { get }

    /// Whether `apply` does anything at the site; where it does not, the model may fuse what follows.
    func adapts(_ site: Site) -> Bool

    /// Adds to `output`, in place.
    ///
    /// - Parameters:
    ///   - input: what the projection was applied to, `[T, in]`.
    ///   - output: the projection's result before any activation, `[T, out]`.
    func apply(at site: Site, input: Variable, output: Variable.Slice, tape: Tape)
}
