import Foundation
import Core

/// A progress bar with the remaining time on stderr, if that is a terminal.
struct ProgressBar {
  private let title: String
  private let isShown: Bool
  private let started = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var isDrawn = false

  /// - Parameter isWanted: false draws nothing, even on a terminal.
  init(_ title: String, isWanted: Bool = true) {
    self.title = title
    isShown = isWanted && StandardError.isTerminal
  }

  mutating func update(done: Int, total: Int) {
    guard isShown, total > 0 else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100), done < total { return }
    lastDrawn = now
    isDrawn = true
    let share = min(1, Double(done) / Double(total))
    let width = 30
    let filled = Int(share * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    StandardError.write(
      "\r\(title) \(bar) \(done)/\(total) \(Self.remaining(share: share, elapsed: now - started))\u{1B}[K")
  }

  mutating func clear() {
    if isDrawn { StandardError.write("\r\u{1B}[K") }
    isDrawn = false
  }

  static func remaining(share: Double, elapsed: Duration) -> String {
    guard share > 0, share < 1 else { return "" }
    let seconds = elapsed.inSeconds * (1 - share) / share
    return seconds < 90 ? "\(Int(seconds.rounded(.up))) s left" : "\(Int((seconds / 60).rounded(.up))) min left"
  }
}
