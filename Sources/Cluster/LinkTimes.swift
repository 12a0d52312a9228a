import Core

/// What a step's hidden states take on the links of a pipeline, in picoseconds: link k is that of stages k and k + 1.
struct LinkTimes: Hashable, Sendable {
  /// One link of a pipeline and the workers at its ends.
  struct Hop: Hashable, Sendable {
    let from: String
    let to: String
    let link: WorkerLink

    var text: String {
      let rate = link.bytesPerSecond < .infinity ? link.rateText : nil
      let trip = link.roundTripSeconds > 0 ? link.roundTripText : nil
      return "\(from) → \(to): " + [rate, trip].compactMap { $0 }.joined(separator: ", ")
    }
  }

  let hops: [Hop]
  /// How long a step occupies each link.
  let prefill: [Double]
  let decode: [Double]
  /// From the last stage to the first, for the next token: as if the coordinator were beside one of them.
  let back: Double

  /// - Parameters:
  ///   - workers: by stage.
  ///   - rowByteCount: of one token's hidden states.
  init(_ links: WorkerLinks, workers: [String], rowByteCount: Int, prefillRows: Int, decodeRows: Int) {
    let hops = zip(workers, workers.dropFirst()).map { Hop(from: $0, to: $1, link: links[$0, $1]) }
    func transfers(_ rows: Int) -> [Double] { hops.map { $0.link.transferTime(rowByteCount.cappedProduct(rows)) } }
    self.hops = hops
    (prefill, decode) = (transfers(prefillRows), transfers(decodeRows))
    if let first = workers.first, let last = workers.last, workers.count > 1 {
      back = links[last, first].delay
    } else {
      back = 0
    }
  }

  /// Links of which anything is known.
  var known: [PlanForecast.Link] {
    hops.indices.filter { hops[$0].link != .unknown }.map {
      PlanForecast.Link(
        from: hops[$0].from, to: hops[$0].to, link: hops[$0].link, prefillSeconds: prefill[$0] / 1e12,
        decodeSeconds: decode[$0] / 1e12)
    }
  }

  func transfers(_ phase: Phase) -> [Double] { phase == .prefill ? prefill : decode }

  /// How long a step is under way on each link.
  func passages(_ phase: Phase) -> [Double] { zip(transfers(phase), hops).map { $0 + $1.link.delay } }
}
