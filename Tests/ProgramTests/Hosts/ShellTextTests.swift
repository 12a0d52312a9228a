import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("A command for a host's shell")
struct ShellTextTests {
  /// What a shell makes of the words of a command.
  private func words(of text: ShellText, shell: String = "/bin/sh") throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: shell)
    process.arguments = ["-c", "printf '%s\\0' \(text.text())"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static let hostile = [
    "", "a b", "it's", "$(reboot)", "`reboot`", "; reboot", "a\nb", #"back\slash"#, "\"quoted\"", "'", "''", "-rf", "*",
    "~root", "!history", "a&b|c>d<e", "näme", "#note", "{a,b}", "$HOME", "\t",
  ]

  @Test("takes every value as one word, whatever is in it", arguments: hostile)
  func values(value: String) throws {
    #expect(try words(of: "\(value)") == [value])
    #expect(try words(of: "\("/srv")/\(value)") == ["/srv/" + value])
    #expect(try words(of: "\("/srv")/\(value)", shell: "/bin/bash") == ["/srv/" + value])
  }

  @Test("takes a value as one word within a shell within ssh", arguments: hostile)
  func nested(value: String) throws {
    let inner: ShellText = "printf %s \(value)"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // As sshd runs the last word.
    let host = try HostName("a")
    process.arguments = ["-c", try #require(SSH().words(host, inner.text()).last)]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(String(decoding: data, as: UTF8.self) == value)
  }

  @Test("leaves names and paths as they are, and quotes lists word by word")
  func plain() throws {
    let text: ShellText = "rm \(["/etc/longhaul/a.yaml", "b c"]) \(7)"
    #expect(text.text() == "rm /etc/longhaul/a.yaml 'b c' 7")
    #expect(ShellText.all(["a", "b \("c d")"]).text() == "a && b 'c d'")
  }

  @Test("has the name of a public key in its place until that is known")
  func keys() {
    let text: ShellText = "init --allow \("a")=\(CapturedKey.worker("a"))"
    #expect(text.text() == "init --allow a=KEY-OF-a")
    #expect(text.text([.worker("a"): "f00d"]) == "init --allow a=f00d")
    #expect(text.keys == [.worker("a")])
  }
}

@Suite("The name of a host")
struct HostNameTests {
  @Test("is a name or an address, with or without a user")
  func good() throws {
    for name in ["a", "node-1.example.com", "10.0.0.1", "root@10.0.0.1", "fd00::7", "node_2"] {
      #expect(try HostName(name).description == name)
    }
    #expect(try HostName("root@10.0.0.1").name == "10.0.0.1")
    #expect(try HostName("fd00::7").name == "fd00--7")
  }

  @Test(
    "that ssh or a shell would take for something else is refused",
    arguments: ["", "-oProxyCommand=reboot", "a b", "a;b", "a@b@c", "@a", "a@", "a/b", "$(a)", "a\nb", "ä", ".hidden"])
  func bad(name: String) {
    #expect(throws: HostName.Refusal.self) { try HostName(name) }
  }

  @Test("is there once in a list")
  func lists() throws {
    #expect(try HostName.list("a,root@b").map(\.name) == ["a", "b"])
    for text in ["a,,b", "a,a", "root@a,a", ""] {
      #expect(throws: CommandFailure.self) { try HostName.list(text) }
    }
  }
}
