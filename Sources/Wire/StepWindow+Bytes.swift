package import Core

extension StepWindow {
  /// Bytes of all frames that can wait between two stages, where a step has so many rows at most; saturating.
  package func byteCount(rows: Int, width: Int) -> Int {
    let payload = min(payloadByteCount(rows: rows, width: width), WireLimits.maximumPayloadByteCount)
    return stepCount * (payload + WireLimits.maximumHeaderByteCount)
  }

  /// Rows of hidden states that fit one message.
  package static func maximumRowCount(width: Int) -> Int {
    max(
      1,
      (WireLimits.maximumPayloadByteCount - WireLimits.maximumHeaderByteCount)
        / (max(1, width) * MemoryLayout<Float>.size))
  }
}
