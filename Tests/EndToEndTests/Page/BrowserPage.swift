import Fixtures
import Foundation
import Testing

/// A page in headless Chromium, driven over its DevTools pipe: descriptors 3 and 4, messages that end in a zero byte.
/// Blocking; one thread at a time.
final class BrowserPage {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private let process: Process
  private let input = Pipe()
  private let output = Pipe()
  private let profile: ScratchFolder
  private var received: [UInt8] = []
  private var nextID = 1
  private var session: String?
  /// What the page complained of: exceptions, and errors in its log, such as what its policy refused.
  private(set) var complaints: [String] = []

  init(browser: String) throws {
    profile = try ScratchFolder()
    process = Program.process(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null", browser, "--headless", "--no-sandbox",
        "--disable-gpu", "--hide-scrollbars", "--user-data-dir=\(profile.url.path)", "--remote-debugging-pipe",
        "about:blank",
      ])
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"] as? String
    let attached = try call("Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
    session = attached["sessionId"] as? String
    for domain in ["Page", "Runtime", "Log"] { try call("\(domain).enable") }
  }

  deinit {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  // MARK: Commands

  @discardableResult
  func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    let id = nextID
    nextID += 1
    var message: [String: Any] = ["id": id, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    try input.fileHandleForWriting.write(contentsOf: try JSONSerialization.data(withJSONObject: message) + [0])
    while true {
      let answer = try nextMessage(of: method)
      guard answer["id"] as? Int == id else {
        note(answer)
        continue
      }
      guard let result = answer["result"] as? [String: Any] else {
        throw Failure(description: "\(method): \(answer["error"] ?? "no result")")
      }
      return result
    }
  }

  private func nextMessage(of method: String) throws -> [String: Any] {
    while true {
      if let end = received.firstIndex(of: 0) {
        let message = Data(received[..<end])
        received.removeFirst(end + 1)
        return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
      }
      var ready = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 60_000) > 0 else { throw Failure(description: "the browser does not answer \(method)") }
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { throw Failure(description: "the browser has ended before \(method)") }
      received += piece
    }
  }

  private func note(_ event: [String: Any]) {
    let parameters = event["params"] as? [String: Any] ?? [:]
    if event["method"] as? String == "Runtime.exceptionThrown" {
      complaints.append("\(parameters["exceptionDetails"] ?? "exception")")
    }
    let entry = parameters["entry"] as? [String: Any] ?? [:]
    if event["method"] as? String == "Log.entryAdded", entry["level"] as? String == "error" {
      complaints.append("\(entry["text"] ?? "error") \(entry["url"] ?? "")")
    }
  }

  func open(_ address: String) throws {
    try call("Page.navigate", ["url": address])
    try wait("document.readyState === 'complete'")
  }

  /// The value of a JavaScript expression, which may be a promise.
  func value(_ expression: String) throws -> Any? {
    let answer = try call(
      "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true])
    if let failed = answer["exceptionDetails"] { throw Failure(description: "\(expression): \(failed)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  func text(_ expression: String) throws -> String { try value(expression) as? String ?? "" }

  /// Returns when an expression is true, or throws after `seconds`.
  func wait(_ expression: String, seconds: Int = 60) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try value("Boolean(\(expression))") as? Bool != true {
      guard ContinuousClock.now < end else {
        throw Failure(description: "never true: \(expression); the page: \(try text("document.body.innerText"))")
      }
      usleep(20_000)
    }
  }

  func click(_ selector: String) throws { _ = try value("document.querySelector(\(Self.quoted(selector))).click()") }

  /// Types into a field as a person does, key by key as far as the page can tell.
  func type(_ text: String, into selector: String) throws {
    _ = try value("document.querySelector(\(Self.quoted(selector))).focus()")
    try call("Input.insertText", ["text": text])
  }

  func press(_ key: String, code: Int) throws {
    for kind in ["keyDown", "keyUp"] {
      try call(
        "Input.dispatchKeyEvent",
        ["type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": key == "Enter" ? "\r" : ""])
    }
  }

  func setSize(width: Int, height: Int, isPhone: Bool = false) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 2, "mobile": isPhone])
  }

  func setColors(_ scheme: String) throws {
    try call("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": scheme]]])
  }

  func picture() throws -> Data {
    let answer = try call("Page.captureScreenshot", ["format": "png"])
    guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else {
      throw Failure(description: "the browser gave no picture")
    }
    return data
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8), as: UTF8.self)
  }
}
