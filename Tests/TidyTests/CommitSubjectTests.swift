import Foundation
import Testing

@Suite("Commit subjects")
struct CommitSubjectTests {
  /// The last commit before the rule.
  private static let start = "47a4181d52b9fbe314b014ed0dd491e9b9256f90"

  /// Subjects since the rule; nil where there is no history that reaches back to it.
  private static let subjects: [String]? = {
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // A container often has the tree from another user: reading its history is harmless.
    git.arguments = [
      "git", "-c", "safe.directory=*", "-C", Tree.root.path, "log", "--no-merges", "--format=%s", "\(start)..HEAD",
    ]
    let output = Pipe()
    (git.standardOutput, git.standardError) = (output, FileHandle.nullDevice)
    guard (try? git.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    guard git.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }()

  @Test(
    "read `target: verb object` in at most 72 characters",
    .enabled("there is no Git history back to the commit that began the rule") { subjects != nil })
  func subjectsHaveOneForm() throws {
    for subject in try #require(Self.subjects) {
      #expect(Self.isGood(subject), "\(subject)")
    }
  }

  private static func isGood(_ subject: String) -> Bool {
    subject.count <= 72 && subject.wholeMatch(of: /[a-z][\w ,.\/-]*: [a-z].*[^.\s]/) != nil
  }

  @Test("of other forms are refused")
  func formIsChecked() {
    #expect(Self.isGood("cluster: retry excluded workers only when no plan works without them"))
    #expect(Self.isGood("chat templates: split the renderer"))
    for bad in [
      "Retry excluded workers", "cluster: Retry", "cluster: retry.", "cluster:retry", "cluster: ",
      "cluster: " + String(repeating: "retry ", count: 11),
    ] { #expect(!Self.isGood(bad), "\(bad)") }
  }
}
