import GRDB
import Schema
import Store
import Testing

@Suite("Held-out examples")
struct HoldoutTests {
    @Test("the hash of a text decides its side, and a held-out text is never trained on")
    func sides() async throws {
        try await StoreFixture.with(holdout: 0.2) { fixture in
            let held = texts(10, heldOut: true, share: 0.2)
            let trained = texts(30, heldOut: false, share: 0.2)
            try await fixture.append((trained + held).map { Example(text: $0, label: "x") })
            let pending = try await fixture.store.pending(fixture.task)
            #expect(pending.training == 30 && pending.heldOut == 10)
            let work = try await fixture.claim()
            #expect(work.training.map(\.text) == trained)
            #expect(work.heldOut.map(\.text) == held)
        }
    }

    @Test("what a label has no other example of is learned, whatever its hash")
    func firstExample() async throws {
        try await StoreFixture.with(holdout: 0.2) { fixture in
            let held = texts(4, heldOut: true, share: 0.2)
            try await fixture.append(Example(text: held[0], label: "x"), Example(text: held[1], label: "x"))
            try await fixture.append(Example(text: held[2], label: "y"))
            let work = try await fixture.claim()
            #expect(work.training.map(\.text) == [held[0], held[2]])
            #expect(work.heldOut.map(\.text) == [held[1]])
            try await fixture.promote(work)
            // Its only example now has another label: x has none but a held-out one.
            try await fixture.append(Example(text: held[0], label: "y"), Example(text: held[3], label: "x"))
            #expect(try await fixture.claim().training.map(\.text) == [held[0], held[3]])
        }
    }

    @Test("copies of a text that mark other words are all held out, or all trained on")
    func markedCopies() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            let examples = (0..<40).flatMap { number in
                ["<< a\(number) >> blocks [[ b ]] and c.", "[[A\(number)]] blocks b and <<c>>."]
                    .map { Example(text: $0, label: "sentence \(number)") }
            }
            // So that no copy is the first of its label.
            try await fixture.append((0..<40).map { Example(text: "\($0)", label: "sentence \($0)") })
            try await fixture.learn()
            try await fixture.append(examples)
            let work = try await fixture.claim()
            let sides = [work.training, work.heldOut].map { Set($0.map(\.label)) }
            #expect(sides[0].isDisjoint(with: sides[1]))
            #expect(sides.allSatisfy { $0.count > 8 } && work.training.count + work.heldOut.count == 80)
            // A text that marks nothing goes by its bytes, as ever.
            #expect(ContentHash.place(of: "a [b] < c") == ContentHash("a [b] < c").fraction)
        }
    }

    @Test("a label with four examples and none held out gives up the one with the smallest hash")
    func atLeastOne() async throws {
        try await StoreFixture.with(holdout: 0.01) { fixture in
            let trained = texts(5, heldOut: false, share: 0.01)
            let smallest = try #require(trained.prefix(4).min { ContentHash($0) < ContentHash($1) })
            for text in trained.prefix(3) { try await fixture.append(Example(text: text, label: "x")) }
            #expect(try await fixture.store.pending(fixture.task).heldOut == 0)
            for text in trained.dropFirst(3) { try await fixture.append(Example(text: text, label: "x")) }
            #expect(try await fixture.store.pending(fixture.task).heldOut == 1)
            #expect(try await fixture.claim().heldOut.map(\.text) == [smallest])
        }
    }

    @Test("what was trained on stays on its side, also under another label")
    func trainedStays() async throws {
        try await StoreFixture.with(holdout: 0.01) { fixture in
            let trained = texts(4, heldOut: false, share: 0.01)
            try await fixture.append(trained.prefix(3).map { Example(text: $0, label: "old") })
            try await fixture.learn()
            // Four examples of "new", but the three relabelled ones were trained on: only the fourth may go.
            try await fixture.append(trained.map { Example(text: $0, label: "new") })
            let work = try await fixture.claim()
            #expect(work.heldOut.map(\.text) == [trained[3]])
            #expect(work.training.map(\.text) == Array(trained.prefix(3)))
        }
    }

    @Test("a held-out example that is relabelled leaves its slice, and joins the next one with its new label")
    func relabelledHoldout() async throws {
        try await StoreFixture.with(holdout: 0.2) { fixture in
            let held = texts(3, heldOut: true, share: 0.2)
            let trained = texts(4, heldOut: false, share: 0.2)
            try await fixture.append((trained.prefix(3) + held).map { Example(text: $0, label: "a") })
            try await fixture.learn()
            #expect(try await fixture.store.slices(fixture.task).map { $0.examples.map(\.text) } == [held])

            try await fixture.append(Example(text: held[1], label: "b"), Example(text: trained[3], label: "a"))
            #expect(
                try await fixture.store.slices(fixture.task).map { $0.examples.map(\.text) } == [[held[0], held[2]]])
            try await fixture.learn()
            let slices = try await fixture.store.slices(fixture.task)
            #expect(slices.map(\.experience) == [1, 2])
            #expect(slices[1].examples.map(\.label) == ["b"])
        }
    }

    @Test("a text that comes back after its id moved away is on the side it was on")
    func returningText() async throws {
        try await StoreFixture.with(holdout: 0.2) { fixture in
            let held = try #require(texts(1, heldOut: true, share: 0.2).first)
            let trained = texts(2, heldOut: false, share: 0.2)
            try await fixture.append(Example(text: trained[0], label: "a"))
            try await fixture.append(Example(text: held, label: "a", id: "1"))
            try await fixture.append(Example(text: trained[1], label: "a", id: "1"))
            // With another share, the hash alone would now put it on the training side.
            var policy = UpdatePolicy()
            policy.holdout = 0
            _ = try await fixture.store.putTask(fixture.task, update: policy)
            try await fixture.append(Example(text: held, label: "a"))
            let pending = try await fixture.store.pending(fixture.task)
            #expect(pending.heldOut == 1 && pending.training == 2)
        }
    }

    @Test("slices keep within their bounds: the largest groups give way, by hash, and stay out of training")
    func bounds() async throws {
        try await StoreFixture.with(holdout: 0.5, limits: HeldOutLimits(examples: 10)) { fixture in
            let many = texts(20, heldOut: true, share: 0.5, prefix: "many")
            let few = texts(3, heldOut: true, share: 0.5, prefix: "few")
            for (trained, label) in zip(texts(2, heldOut: false, share: 0.5), ["many", "few"]) {
                try await fixture.append(Example(text: trained, label: label))
            }
            try await fixture.append(many.map { Example(text: $0, label: "many") })
            try await fixture.append(few.map { Example(text: $0, label: "few") })
            try await fixture.learn()
            let slice = try #require(try await fixture.store.slices(fixture.task).first)
            #expect(slice.examples.count == 10)
            #expect(Set(slice.examples.filter { $0.label == "few" }.map(\.text)) == Set(few))
            let smallest = many.sorted { ContentHash($0) < ContentHash($1) }.prefix(7)
            #expect(Set(slice.examples.filter { $0.label == "many" }.map(\.text)) == Set(smallest))
            // Sent again, they are known, and not trained on.
            let again = try await fixture.append(many.map { Example(text: $0, label: "many") })
            #expect(again.duplicates == 20)
        }
    }

    @Test("of a long history the older part keeps as many as one recent experience, and no part loses all")
    func longHistory() async throws {
        try await StoreFixture.with(holdout: 0.5, limits: HeldOutLimits(examples: 60)) { fixture in
            for experience in 1...40 {
                let held = texts(12, heldOut: true, share: 0.5, prefix: "\(experience)")
                let trained = texts(1, heldOut: false, share: 0.5, prefix: "\(experience)")
                try await fixture.append((trained + held).map { Example(text: $0, label: "x") })
                try await fixture.learn()
            }
            let slices = try await fixture.store.slices(fixture.task)
            let spans = SliceSpans(newest: 40)
            let counts = Dictionary(
                slices.map { (spans.index(of: $0.experience), $0.examples.count) }, uniquingKeysWith: +)
            #expect(counts.values.reduce(0, +) == 60)
            // The newest, eight that stand alone, 24 to 31, 8 to 23, 1 to 7: twelve spans of five each, but for those
            // that have just become wider.
            #expect(counts.keys.sorted() == Array(0...11))
            #expect(counts.values.allSatisfy { (4...6).contains($0) })
        }
    }

    @Test("what is judged is what is kept afterwards")
    func cut() async throws {
        try await StoreFixture.with(holdout: 0.5, limits: HeldOutLimits(examples: 25, bytes: 300)) { fixture in
            for experience in 1...5 {
                let held = (0..<3).flatMap { label in
                    texts(5, heldOut: true, share: 0.5, prefix: "\(experience) \(label)")
                        .map { Example(text: $0, label: "label \(label)") }
                }
                let trained = texts(1, heldOut: false, share: 0.5, prefix: "\(experience)")
                try await fixture.append(held + trained.map { Example(text: $0, label: "label 0") })
                let work = try await fixture.claim()
                let old = try await fixture.store.slices(fixture.task)
                let limits = HeldOutLimits(examples: 25, bytes: 300)
                let judged = limits.cut(old + [HeldOutSlice(experience: experience, examples: work.heldOut)])
                try await fixture.promote(work)
                #expect(try await fixture.store.slices(fixture.task) == judged)
                #expect(judged.flatMap(\.examples).count <= 25)
            }
        }
    }

    @Test("slices keep within their bytes")
    func byteBounds() async throws {
        try await StoreFixture.with(holdout: 0.5, limits: HeldOutLimits(bytes: 100)) { fixture in
            let held = texts(20, heldOut: true, share: 0.5, prefix: "ééééé")
            try await fixture.append(Example(text: texts(1, heldOut: false, share: 0.5)[0], label: "x"))
            try await fixture.append(held.map { Example(text: $0, label: "x") })
            try await fixture.learn()
            let kept = try await fixture.store.slices(fixture.task).flatMap(\.examples)
            let bytes = kept.map(\.text.utf8.count).reduce(0, +)
            #expect(bytes <= 100 && bytes > 80)
        }
    }
}
