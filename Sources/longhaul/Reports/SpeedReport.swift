import Core
import Foundation

/// A worker's speed, in threads of the machine that the program was tuned on.
struct SpeedReport: Encodable {
  let prefill: Double
  let decode: Double

  init(_ speed: StageSpeed) { (prefill, decode) = (speed.prefill, speed.decode) }

  init(prefill: Double, decode: Double) { (self.prefill, self.decode) = (prefill, decode) }

  var text: String { String(format: "%.1f/%.1f", prefill, decode) }
}
