import Core
import Transformer
import Wire

/// What the last stage makes of a step's final hidden states: new tokens, log-probabilities, logits.
struct StageHead {
  private let vocabularySize: Int
  private var sampler: LogitsSampler

  init(vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    sampler = LogitsSampler(vocabularySize: vocabularySize)
  }

  /// A row of hidden states whose logits are needed, and the entry it belongs to.
  private struct Need {
    let entry: Int
    let row: Int
    /// Position of the row's token in its sequence.
    let position: Int
    let isLastRow: Bool
    /// The token whose log-probability this row gives.
    let target: TokenID?
  }

  /// What came of a step: an entry for each sequence but the refused ones, and the wanted logits, row after row.
  struct Results {
    var entries: [StepResultEntry]
    var logits: [Float]
    var refusals: [FrameRefusal]
  }

  /// Runs the head over the rows that matter, a few at a time.
  /// - Parameter rows: the first row of each entry.
  mutating func results(
    of entries: [ForwardEntry], rows firstRows: [Int], stage: PipelineStage, sequences: StageSequences
  ) throws -> Results {
    var results = entries.map {
      StepResultEntry(
        sequence: $0.sequence, position: $0.startPosition + $0.tokens.count,
        promptLogprobsFirst: $0.scoresFrom.map { from in max(from, 0) } ?? 0)
    }
    var logits: [SequenceID: [Float]] = [:]
    var refusals: [SequenceID: FrameRefusal] = [:]
    let needs = needs(of: entries, firstRows: firstRows)
    for start in stride(from: 0, to: needs.count, by: PipelineStage.logitRowCapacity) {
      let group = needs[start..<min(start + PipelineStage.logitRowCapacity, needs.count)]
      let rows = stage.logits(rows: group.map(\.row)[...])
      for (index, need) in group.enumerated() {
        let row = UnsafeBufferPointer(start: rows + index * vocabularySize, count: vocabularySize)
        let entry = entries[need.entry]
        guard PipelineStage.isFinite(row) else {
          refusals[entry.sequence] = FrameRefusal(
            sequence: entry.sequence, reason: "has logits that are not finite at position \(need.position)")
          continue
        }
        apply(row, need: need, entry: entry, sequences: sequences, result: &results[need.entry])
        if need.isLastRow, entry.wantsLogits { logits[entry.sequence] = Array(row) }
      }
    }
    let kept = results.filter { refusals[$0.sequence] == nil }
    return Results(
      entries: kept, logits: kept.flatMap { logits[$0.sequence] ?? [] },
      refusals: entries.compactMap { refusals[$0.sequence] })
  }

  private func needs(of entries: [ForwardEntry], firstRows: [Int]) -> [Need] {
    var needs: [Need] = []
    for (index, (entry, firstRow)) in zip(entries, firstRows).enumerated() {
      let last = entry.tokens.count - 1
      for offset in 0...last {
        var target: TokenID?
        if let from = entry.scoresFrom, entry.startPosition + offset + 1 >= from {
          target = offset < last ? entry.tokens[offset + 1] : entry.followingToken
        }
        let isLastRow = offset == last
        guard target != nil || (isLastRow && (entry.samples || entry.wantsLogits)) else { continue }
        needs.append(
          Need(
            entry: index, row: firstRow + offset, position: entry.startPosition + offset, isLastRow: isLastRow,
            target: target))
      }
    }
    return needs
  }

  private mutating func apply(
    _ row: UnsafeBufferPointer<Float>, need: Need, entry: ForwardEntry, sequences: StageSequences,
    result: inout StepResultEntry
  ) {
    if let target = need.target {
      if result.promptLogprobs.isEmpty { result.promptLogprobsFirst = need.position + 1 }
      let logprobs = Logprobs(row)
      result.promptLogprobs.append(logprobs.logprob(of: target))
      if let count = entry.topLogprobCount, count > 0 { result.promptTop.append(logprobs.top(count)) }
    }
    guard need.isLastRow else { return }
    if entry.wantsLogits { result.hasLogits = true }
    guard entry.samples, let sampling = sequences.sampling(of: entry.sequence) else { return }
    let token = sampler.sample(
      row, parameters: sampling.parameters, history: sampling.history, position: need.position + 1)
    result.token = token
    if let count = entry.topLogprobCount {
      let logprobs = Logprobs(row)
      result.logprob = logprobs.logprob(of: token)
      result.top = logprobs.top(count)
    }
  }
}
