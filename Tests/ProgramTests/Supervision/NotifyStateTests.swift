import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("What a service manager hears of a process")
struct NotifyStateTests {
  private let start = Duration.seconds(100)

  @Test("while it starts: its status, and now and then more time; then READY, once")
  func ready() {
    var state = NotifyState(watchdog: nil)
    #expect(
      state.update("loading 1 %", isReady: false, now: start) == [
        "STATUS=loading 1 %", "EXTEND_TIMEOUT_USEC=60000000",
      ])
    #expect(state.update("loading 2 %", isReady: false, now: start + .milliseconds(10)) == [])
    #expect(state.update("loading 9 %", isReady: false, now: start + .seconds(1)) == ["STATUS=loading 9 %"])
    #expect(state.update("loading 9 %", isReady: false, now: start + .seconds(6)) == ["EXTEND_TIMEOUT_USEC=60000000"])
    #expect(state.update("ready", isReady: true, now: start + .seconds(6)) == ["READY=1", "STATUS=ready"])
    #expect(state.update("ready", isReady: true, now: start + .seconds(60)) == [])
    #expect(state.update("loading 1 %", isReady: false, now: start + .seconds(61)) == ["STATUS=loading 1 %"])
  }

  @Test("the watchdog is fed twice in its time, as long as the loop turns")
  func watchdog() {
    var state = NotifyState(watchdog: .seconds(30))
    #expect(state.update("ready", isReady: true, now: start) == ["READY=1", "STATUS=ready", "WATCHDOG=1"])
    #expect(state.update("ready", isReady: true, now: start + .seconds(14)) == [])
    #expect(state.update("ready", isReady: true, now: start + .seconds(15)) == ["WATCHDOG=1"])
    #expect(state.update("ready", isReady: true, now: start + .seconds(20)) == [])
  }

  @Test("a stop names the time it may take; a status is one line")
  func stop() {
    var state = NotifyState(watchdog: nil)
    #expect(
      state.stop("draining", within: .seconds(30), now: start) == [
        "STOPPING=1", "STATUS=draining", "EXTEND_TIMEOUT_USEC=35000000",
      ])
    #expect(state.update("two\nlines", isReady: true, now: start + .seconds(1)).last == "STATUS=twolines")
  }

  @Test("datagrams arrive at a socket of the file system and of the abstract name space", arguments: ["", "@"])
  func datagrams(prefix: String) throws {
    let folder = try ScratchFolder()
    let path = prefix + folder.path("n")
    let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.map { $0 == 64 ? 0 : $0 }) }
    let length = socklen_t(2 + path.utf8.count + (prefix.isEmpty ? 1 : 0))
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
    }
    #expect(bound == 0)
    let supervisor = try #require(
      Supervisor(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]))
    supervisor.note("ready", isReady: true)
    var bytes = [UInt8](repeating: 0, count: 1000)
    let count = recv(listener, &bytes, bytes.count, 0)
    #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self) == "READY=1\nSTATUS=ready\nWATCHDOG=1")
  }

  @Test("without a manager, or with a name that nothing has, nothing is sent")
  func absent() {
    for path in ["", "relative", "/nowhere/at/all", String(repeating: "/x", count: 100)] {
      #expect(Supervisor(environment: ["NOTIFY_SOCKET": path]) == nil)
    }
    #expect(Supervisor(environment: [:]) == nil)
  }
}
