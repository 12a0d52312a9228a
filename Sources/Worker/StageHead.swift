import Inference
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

  /// Runs the head over the rows that matter, a few at a time. Returns the entries and the wanted logits, row after
  /// row.
  mutating func results(
    of entries: [ForwardEntry], stage: PipelineStage, sequences: StageSequences
  ) throws -> (entries: [StepResultEntry], logits: [Float]) {
    var results = entries.map {
      StepResultEntry(
        sequence: $0.sequence, position: $0.startPosition + $0.tokens.count,
        promptLogprobsFirst: $0.scoresFrom.map { from in max(from, 0) } ?? 0)
    }
    var logits: [Float] = []
    let needs = needs(of: entries)
    for start in stride(from: 0, to: needs.count, by: PipelineStage.logitRowCapacity) {
      let group = needs[start..<min(start + PipelineStage.logitRowCapacity, needs.count)]
      let rows = stage.logits(rows: group.map(\.row)[...])
      for (index, need) in group.enumerated() {
        let row = UnsafeBufferPointer(start: rows + index * vocabularySize, count: vocabularySize)
        try apply(
          row, need: need, entry: entries[need.entry], sequences: sequences, result: &results[need.entry],
          logits: &logits)
      }
    }
    return (results, logits)
  }

  private func needs(of entries: [ForwardEntry]) -> [Need] {
    var needs: [Need] = []
    var firstRow = 0
    for (index, entry) in entries.enumerated() {
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
      firstRow += entry.tokens.count
    }
    return needs
  }

  private mutating func apply(
    _ row: UnsafeBufferPointer<Float>, need: Need, entry: ForwardEntry, sequences: StageSequences,
    result: inout StepResultEntry, logits: inout [Float]
  ) throws {
    guard PipelineStage.isFinite(row) else {
      throw FrameRefusal(
        sequence: entry.sequence, reason: "has logits that are not finite at position \(need.position)")
    }
    if let target = need.target {
      if result.promptLogprobs.isEmpty { result.promptLogprobsFirst = need.position + 1 }
      let logprobs = Logprobs(row)
      result.promptLogprobs.append(logprobs.logprob(of: target))
      if let count = entry.topLogprobCount, count > 0 { result.promptTop.append(logprobs.top(count)) }
    }
    guard need.isLastRow else { return }
    if entry.wantsLogits {
      result.hasLogits = true
      logits.append(contentsOf: row)
    }
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
