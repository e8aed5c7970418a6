/// A labelled text kept to be learned again.
public struct Exemplar: Sendable, Hashable {
    public var text: String
    public var label: String
    /// Position in the stream it came from. Orders exemplars by age; the smallest is the oldest.
    public var sequence: Int64
    /// The experience it was first learned in.
    public var experience: Int
    /// Where it came from, as the source names itself.
    public var source: String?
    /// Bytes that the learner keeps beside the text, such as what a model answered to it; unknown to the memory.
    public var payload: [UInt8]

    public init(
        text: String, label: String, sequence: Int64, experience: Int = 0, source: String? = nil, payload: [UInt8] = []
    ) {
        self.text = text
        self.label = label
        self.sequence = sequence
        self.experience = experience
        self.source = source
        self.payload = payload
    }
}
