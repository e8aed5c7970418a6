import Serving
import Testing

@Suite struct ServingErrorTests {
    @Test func anAdapterOfOtherWeightsNamesTheFileAndTheRemedy() {
        let words = ServingError.otherBase(expected: "sha256:now", found: "sha256:then").description
        for part in ["base model's file does not match", "sha256:now", "sha256:then", "model verify", "model pull"] {
            #expect(words.contains(part), "\(words)")
        }
    }
}
