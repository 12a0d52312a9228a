import Foundation
import Core

/// How far a command is, on stderr: a bar with the remaining time where that is a terminal, else a line each tenth.
struct ProgressBar {
  /// How progress is shown where stderr is no terminal.
  enum Fallback {
    /// Not at all: the command takes moments, or its output is enough.
    case none
    case lines
  }

  private enum Form {
    case hidden
    case bar
    case lines
  }

  private let title: String
  private let form: Form
  private let started = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var isDrawn = false
  private var tenths = Tenths()
  /// What is counted, where its rate is worth showing.
  private let unit: String?
  /// What was done when the work began: of a download that continues, what was there.
  private var first: Int?

  /// - Parameters:
  ///   - isWanted: false shows nothing, even on a terminal.
  ///   - unit: shows the rate in it.
  init(_ title: String, isWanted: Bool = true, elsewhere fallback: Fallback = .none, unit: String? = nil) {
    self.title = title
    self.unit = unit
    form = !isWanted ? .hidden : StandardError.isTerminal ? .bar : fallback == .lines ? .lines : .hidden
  }

  mutating func update(done: Int, total: Int) {
    guard total > 0 else { return }
    let now = ContinuousClock.now
    let share = min(1, Double(done) / Double(total))
    let first = first ?? done
    self.first = first
    let ahead = total > first ? Double(done - first) / Double(total - first) : 1
    let remaining =
      rate(of: done - first, elapsed: now - started) + Self.remaining(share: ahead, elapsed: now - started)
    switch form {
    case .hidden: return
    case .lines:
      guard let percent = tenths.news(share: share) else { return }
      let rest = remaining.isEmpty ? "" : ", \(remaining)"
      StandardError.line("longhaul: \(title) \(percent) % (\(done)/\(total))\(rest)")
    case .bar:
      if let lastDrawn, now - lastDrawn < .milliseconds(100), done < total { return }
      lastDrawn = now
      isDrawn = true
      let width = 30
      let filled = Int(share * Double(width))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      StandardError.write("\r\(title) \(bar) \(done)/\(total) \(remaining)\(StandardError.eraseRest)")
    }
  }

  mutating func clear() {
    if isDrawn { StandardError.write("\r\(StandardError.eraseRest)") }
    isDrawn = false
  }

  /// Nothing in the first moments, which say little.
  private func rate(of count: Int, elapsed: Duration) -> String {
    guard let unit, elapsed > .milliseconds(200) else { return "" }
    return String(format: "%.1f %@/s ", Double(count) / elapsed.inSeconds, unit)
  }

  static func remaining(share: Double, elapsed: Duration) -> String {
    guard share > 0, share < 1 else { return "" }
    let seconds = elapsed.inSeconds * (1 - share) / share
    return seconds < 90 ? "\(Int(seconds.rounded(.up))) s left" : "\(Int((seconds / 60).rounded(.up))) min left"
  }
}

/// Reports each tenth of a work once, when it is done.
struct Tenths {
  private var reported = 0

  /// The per cent that are done, when a tenth more is than was reported; those in between are left out.
  mutating func news(share: Double) -> Int? {
    let done = Int((share * 10).rounded(.down))
    guard done > reported else { return nil }
    reported = done
    return done * 10
  }
}
